"""Pages and the opaque cursors between them."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import attrs

from commerce_core.kernel.codec import storable
from commerce_core.kernel.errors import Rejected

T = TypeVar("T")


class BadCursor(Rejected):
    """Not a cursor that this list gave out."""

    code = "bad-cursor"


class CursorExpired(Rejected):
    """A cursor of this list whose pinned state is gone: start again from the first page."""

    code = "cursor-expired"


@attrs.frozen
class Page(Generic[T]):
    """Some items of a list and where it goes on (``None``: this was the last page)."""

    items: Sequence[T]
    next_cursor: str | None = None


def encode_cursor(kind: str, *position: str | int | float) -> str:
    """An opaque, URL-safe text for *position* in the list *kind*."""
    raw = json.dumps([kind, *position], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(kind: str, cursor: str, *types: type) -> list[Any]:
    """The position that :func:`encode_cursor` was given; every value has the given type.

    Raises:
        BadCursor: anything else.
    """
    try:
        raw = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        found, *position = json.loads(raw)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("not a cursor") from error
    if (
        found != kind
        or len(position) != len(types)
        or not all(_fits(v, t) for v, t in zip(position, types, strict=True))
    ):
        raise BadCursor("not a cursor of this list")
    return list(position)


def _fits(value: Any, kind: type) -> bool:
    """Whether *value* has the given type, and is nothing that a database chokes on: a cursor can
    be forged.
    """
    if type(value) is not kind:
        return False
    if isinstance(value, str):
        return storable(value)
    return not isinstance(value, (int, float)) or -(2**63) <= value < 2**63
