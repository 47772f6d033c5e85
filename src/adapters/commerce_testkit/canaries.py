"""Secrets that stand nowhere else, and a search for them in everything that is written while
something fails.
"""

import base64
import json
import logging
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote, quote_plus

import attrs

#: What every record has; anything else in one was added by its caller.
_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


@attrs.frozen(kw_only=True)
class Canaries:
    """A card number that passes its check digit, a password, the token of a session and that of a
    guest's cart.
    """

    card: str = "4539578763621486"
    password: str = "canary of the ninth of June"
    bearer: str = "cAnArYbEaReR0123456789-_cAnArYbEaReR0123456"
    cart_token: str = "cAnArYcArT00123456789-_cAnArYcArT0012345678"

    def found_in(self, text: str) -> list[str]:
        """The names of those that stand in *text*, in whatever spelling."""
        return sorted(
            name
            for name, secret in attrs.asdict(self).items()
            if any(one in text for one in spellings(secret))
        )


def spellings(secret: str) -> frozenset[str]:
    """*secret* as it may be written: itself, escaped, in base64 and hexadecimal digits, and like a
    card number in groups.
    """
    raw = secret.encode()
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    encoded = (
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
    )
    grouped = (" ".join(groups), "-".join(groups)) if secret.isdecimal() else ()
    return frozenset(
        {
            secret,
            json.dumps(secret)[1:-1],
            repr(secret)[1:-1],
            quote(secret),
            quote_plus(secret),
            *encoded,
            *grouped,
        }
    )


class CapturedLogs:
    """Everything that was written or raised, as text."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self._texts)

    def add(self, *values: object) -> None:
        """Take in what *values* show of themselves."""
        self._texts += [shown for value in values for shown in (str(value), repr(value))]

    def add_error(self, error: BaseException) -> None:
        """Take in *error* with its causes, and its notes."""
        self._texts += traceback.format_exception(error)
        present: BaseException | None = error
        while present is not None:
            self.add(present, *present.args)
            present = present.__cause__ or present.__context__

    def add_record(self, record: logging.LogRecord) -> None:
        """Take in a line of the log, with all that any formatter may show of it."""
        fields: Mapping[str, Any] = {
            name: value for name, value in vars(record).items() if name not in _ORDINARY
        }
        self.add(record.getMessage(), record.args, fields)
        if record.exc_info and record.exc_info[1]:
            self.add_error(record.exc_info[1])


@contextmanager
def listening() -> Generator[CapturedLogs]:
    """What is logged by anybody, down to the last detail, while the block lasts."""
    captured = CapturedLogs()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            captured.add_record(record)

    root, handler = logging.getLogger(), Handler(logging.DEBUG)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield captured
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
