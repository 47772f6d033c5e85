"""Lines about requests, through the standard library: whoever serves them says where they go."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from structlog.contextvars import get_contextvars

_LOG: Final = logging.getLogger("commerce.http")
#: Found out while a request is answered, and part of every line about it.
_NAMES: Final = ("request_id", "trace_id", "order_id")


class _Text:
    """What a line holds, as words for formatters that show the message alone."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self._fields.items())


def log(level: int, event: str, **fields: Any) -> None:
    """Log *event* with *fields*, and with the names of the request and of its order. They are in
    the message, and each is an attribute of the record.
    """
    if _LOG.isEnabledFor(level):
        known = get_contextvars()
        fields |= {name: known[name] for name in _NAMES if name in known}
        # Made here, as looking for the calling line costs more than the rest of a record.
        _LOG.handle(
            _LOG.makeRecord(
                _LOG.name, level, __file__, 0, "%s %s", (event, _Text(fields)), None,
                extra={"event": event, **fields},
            )
        )  # fmt: skip
