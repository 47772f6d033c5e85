"""Structured logs: one JSON object a line, or plain text for people."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import structlog

from commerce_bootstrap.tracing import add_names

_HANDLER: Final = "commerce"


def configure_logging(log_format: str, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's records to standard error in *log_format* (``json`` or ``plain``). Idempotent."""
    named: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_names,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(_as_json)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    # Straight to the stream: a line about every change is among what an order costs, and the way through the standard library is long.
    structlog.configure(
        processors=[*named, *last],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    foreign = [*named, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=foreign, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for before in [h for h in root.handlers if h.get_name() == _HANDLER]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # a dozen lines for a failed connection; the adapter says it in one


def _as_json(event: Mapping[str, Any], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
