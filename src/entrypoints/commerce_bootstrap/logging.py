"""Structured logs: one JSON object a line, or plain text for people. No line holds a secret or a
local variable.
"""

import logging
import sys
import threading
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from types import TracebackType
from typing import Any, Final, TextIO, cast

import msgspec
import structlog

from commerce_bootstrap.tracing import add_names
from commerce_core.kernel.redaction import HIDDEN, LONGEST_TEXT, redacted, trace_of

_HANDLER: Final = "commerce"
_HTTP: Final = "commerce.http"
#: What every record has; whatever else it has was given to the line as *extra*.
_OF_RECORDS: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})
_LOG: Final = logging.getLogger("commerce")
#: Fields that only this program writes, or that were checked before: ids, route names, times.
_OWN: Final = frozenset({
    "component", "item_id", "level", "logger", "method", "order_id", "request_id", "route",
    "timestamp", "trace_id",
})  # fmt: skip
_SECRET_WORDS: Final = (
    "passw",
    "secret",
    "token",
    "authorization",
    "api_key",
    "apikey",
    "card_no",
    "cardno",
    "cvc",
)
#: Texts so short hold none of the shapes that are looked for.
_SHORTEST: Final = 7
_NUMBERS: Final = (int, float, type(None))


def configure_logging(
    log_format: str, level: int = logging.INFO, secrets: Iterable[str] = ()
) -> None:
    """Send structlog's and the standard library's records to standard error in *log_format*
    (``json`` or ``plain``). Idempotent.

    So do threads, and the process, that end with an error nobody expected, and warnings. No line
    holds one of *secrets*.
    """
    named: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_names,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [
        with_trace,
        partial(without_secrets, secrets=tuple(secrets)),
        _as_json
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
    # For parts of a shop's own that log by structlog.
    structlog.configure(
        processors=[*named, *last],
        logger_factory=structlog.WriteLoggerFactory(cast("Any", _Unfailing(sys.stderr))),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    # What no line shows is not looked up for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.handleError = _line_lost  # type: ignore[method-assign]
    handler.set_name(_HANDLER)
    handler.setFormatter(_Lines([*named, *last]))
    root = logging.getLogger()
    for before in [h for h in root.handlers if h.get_name() == _HANDLER]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("pika").setLevel(
        logging.CRITICAL
    )  # a dozen lines for a failed connection; the adapter says it in one
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended
    sys.excepthook = _process_ended


class _Lines(logging.Formatter):
    """Records as lines that *processors* make of them: with their extra fields, and without what
    another handler's formatter left in them.
    """

    def __init__(self, processors: Sequence[Any]) -> None:
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        line: Any = {k: value for k, value in record.__dict__.items() if k not in _OF_RECORDS}
        if "event" not in line:
            line["event"] = record.getMessage()
        line["component" if record.name == _HTTP else "logger"] = record.name
        if record.exc_info:
            line["exc_info"] = record.exc_info
        for process in self._processors:
            line = process(None, record.levelname.lower(), line)
        return str(line)


class _Unfailing:
    """A stream to which a line that cannot be written, as the disk is full or nobody reads, is
    lost: no order fails with it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def with_trace(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put the trace of an error, if the line has one, in words that hold nothing but places in the
    code; for structlog.
    """
    exception: Any = event.pop("exc_info", None)
    if exception:
        error: object = (
            sys.exc_info()[1]
            if exception is True
            else cast("tuple[object, ...]", exception)[1]
            if isinstance(exception, tuple)
            else exception
        )
        if isinstance(error, BaseException):
            event["exception"] = trace_of(error)
    event.pop("stack_info", None)
    if "trace" in event:
        event["exception"] = event.pop("trace")
    return event


def without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any], secrets: Iterable[str] = ()
) -> MutableMapping[str, Any]:
    """Leave *secrets* out of a line and what looks like one, and bound its texts; for structlog."""
    for name, value in event.items():
        if name in _OWN or isinstance(value, _NUMBERS):
            continue
        if _is_secret(name):
            event[name] = HIDDEN
        elif not isinstance(value, str) or len(value) > _SHORTEST:
            event[name] = redacted(
                value if isinstance(value, str) else str(value), secrets, LONGEST_TEXT
            )
    return event


@lru_cache(maxsize=512)  # the names of what lines hold are few, and written by programmers
def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def _as_json(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _line_lost(record: logging.LogRecord) -> None:
    """A line that cannot be written is one line about it: the library would print the values that
    it was to hold.
    """
    error = sys.exc_info()[0]
    if sys.__stderr__ is not None:
        _Unfailing(sys.__stderr__).write(
            f"a line of {record.name} was lost ({error.__name__ if error else 'no reason'})\n"
        )


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    name = ended.thread.name if ended.thread else "a thread"
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        _LOG.critical("%s ended: %s", name, trace_of(ended.exc_value))


def _process_ended(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _LOG.critical("the process ends: %s", trace_of(error))
