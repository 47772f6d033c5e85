"""The five families of refusals. A family says what a caller can do; a ``code`` says what happened;
neither is an HTTP status.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import attrs

#: Characters of a pointer; of a longer one the beginning is shown.
LONGEST_POINTER: Final = 500


class CommerceError(Exception):
    """A refusal with a stable ``code``.

    Args:
        detail: one sentence for a person; never holds a secret or a card number.
        facts: what a program needs to act on it (JSON-ready, camelCase keys), e.g.
            ``{"currentAmount": …}``.
    """

    code: ClassVar[str] = "error"

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, Any] = facts


class NotFound(CommerceError):
    """The thing does not exist, or belongs to another account."""

    code = "not-found"


class Conflict(CommerceError):
    """The request is sound but the present state forbids it; reading again and retrying may
    help.
    """

    code = "conflict"


class Rejected(CommerceError):
    """The request itself is wrong; repeating it unchanged can never succeed."""

    code = "rejected"


class Unauthorized(CommerceError):
    """The caller is not authenticated, or may not do this."""

    code = "unauthorized"


class Unavailable(CommerceError):
    """A part is down or overloaded; nothing was changed; the same request may succeed later.

    ``retry_after`` is in seconds.
    """

    code = "unavailable"
    retry_after: int = 1


def _bounded(pointer: str) -> str:
    return (
        pointer
        if len(pointer) <= LONGEST_POINTER
        else f"{pointer[:LONGEST_POINTER]}\N{HORIZONTAL ELLIPSIS}"
    )


@attrs.frozen
class FieldProblem:
    """One field of a request that cannot be taken: a JSON pointer (RFC 6901) and why. A client may
    have made its names as long as a body: the pointer ends with an ellipsis where it is cut.
    """

    pointer: str = attrs.field(converter=_bounded)
    detail: str


class Invalid(Rejected):
    """One or more fields are wrong; all of them are named, but where so many are that reading
    stopped: it is *truncated* then.
    """

    code = "invalid"

    def __init__(self, problems: Sequence[FieldProblem], *, truncated: bool = False) -> None:
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.detail}" for p in problems[:5]))
        self.problems = tuple(problems)
        self.truncated = truncated

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """The error for a single field."""
        return cls([FieldProblem(pointer, detail)])


class StaleVersion(Conflict):
    """The aggregate was changed since it was read; nothing was written."""

    code = "stale-version"


class TransactionLost(Unavailable):
    """The database gave up on a transaction (deadlock, serialization, busy, connection lost); the
    whole of it may be tried again.
    """

    code = "database-busy"


class StaleRead(TransactionLost):
    """Others have changed what a transaction had read before it could write; nothing was written,
    and the whole, or a part of it, may be tried again at once.
    """


class StorageFull(TransactionLost):
    """There is no room for what was to be written: it was not. The whole may be tried again, and
    goes on when there is room.
    """

    code = "storage-full"
