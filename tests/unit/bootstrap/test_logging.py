"""A line of the log in either format: no local variable, no secret, and not longer than somebody
reads.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import structlog

from commerce_bootstrap.logging import configure_logging

CARD = "4539578763621486"
FORMATS = ("json", "plain")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """What is configured meanwhile is undone."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


def fails(depth: int) -> int:
    number, password = CARD, "hunter2" * depth
    return fails(depth - 1) if depth else len(number) // len(password)


def by_library() -> None:
    try:
        fails(300)
    except ZeroDivisionError:
        logging.getLogger("somebody").exception("it failed for %s", CARD)


def by_structlog() -> None:
    try:
        fails(300)
    except ZeroDivisionError as error:
        structlog.get_logger().error(
            "it failed", password="hunter2", note=f"card {CARD}", exc_info=error
        )


def in_a_thread() -> None:
    thread = threading.Thread(target=fails, args=(300,))
    thread.start()
    thread.join()


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("fail", [by_library, by_structlog, in_a_thread])
def test_an_error_is_shown_in_few_lines_without_a_value(
    log_format: str, fail: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(log_format)
    fail()
    text = capsys.readouterr().err
    assert "ZeroDivisionError" in text
    assert "test_logging.py" in text
    assert CARD not in text
    assert "hunter2" not in text
    assert len(text) < 5_000
    assert len(text.splitlines()) < 30
    if log_format == "json":
        (line,) = text.splitlines()
        assert json.loads(line)["level"] in ("error", "critical")


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_line_is_bounded_and_holds_no_value_that_shows_itself(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class Held:
        def __repr__(self) -> str:
            return f"Held(password='hunter2', card={CARD})"

        __str__ = __repr__

    configure_logging(log_format)
    logging.getLogger("somebody").warning(
        "x" * 1_000_000, extra={"held": Held(), "api_key": "hunter2"}
    )
    text = capsys.readouterr().err
    assert len(text) < 6_000
    assert "held" in text
    assert "hunter2" not in text
    assert CARD not in text
