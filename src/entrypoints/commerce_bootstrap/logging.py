"""Structured logs: one JSON object a line, or plain text for people."""

import logging
import sys
from typing import Any, Final

import structlog

from commerce_bootstrap.tracing import add_names

_HANDLER: Final = "commerce"


def configure_logging(log_format: str, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's records to standard error in *log_format* (``json`` or ``plain``). Idempotent."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_names,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    last: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
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
