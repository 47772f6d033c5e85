"""A loop: the same step again and again, at once while there is work, and never ended by an
error.
"""

import logging
import threading
from abc import abstractmethod
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

import attrs

from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.redaction import message_of, trace_of

_LOG: Final = logging.getLogger("commerce.worker")
_MOST_DOUBLINGS: Final = 16
#: A loop that failed so often in a row is logged.
_UNWELL_AFTER: Final = 5


@attrs.frozen(kw_only=True)
class Pace:
    """How long a loop waits, in seconds: ``idle`` when nothing was to be done, after an error
    ``retry``, doubled up to ``longest_retry``.

    After a turn that found work it waits for ``gather``, so that the next one finds more: what a
    turn costs whatever it finds, its transactions above all, is shared.

    Where notifications of all processes arrive, a loop that they wake waits for ``called``: only
    what is due by the clock comes without one. A loop that is not ``woken`` polls: orders notify
    hundreds of times a second.
    """

    idle: float = 0.05
    called: float = 1.0
    woken: bool = True
    gather: float = 0.0
    retry: float = 0.1
    longest_retry: float = 10.0

    def back_off(self, failures: int) -> float:
        """The pause after *failures* errors in a row."""
        return min(self.retry * (1 << min(failures - 1, _MOST_DOUBLINGS)), self.longest_retry)


class Wakes(Protocol):
    """Signals that there is work. A hint only: a missed one delays and loses nothing."""

    @abstractmethod
    def notify(self) -> None:
        """Wake all waiting threads."""

    @abstractmethod
    def count(self) -> int:
        """The number of notifications so far."""

    @abstractmethod
    def wait(self, seen_count: int, timeout: float) -> bool:
        """Wait up to *timeout* seconds for a notification after *seen_count*; whether one came."""

    @abstractmethod
    def listens_to_others(self) -> bool:
        """Whether notifications of other processes arrive as well."""


class After(StrEnum):
    """The outcome of a turn."""

    WORK = "work"
    NOTHING = "nothing"
    ERROR = "error"


class Loop:
    """Drives *step*, which answers how much it did.

    Args:
        name: of its thread, and in the log.
        step: one turn; idempotent, as it is taken again after any error.
        pace: how long to wait between turns.
    """

    def __init__(self, name: str, step: Callable[[], int], pace: Pace) -> None:
        self.name = name
        self._step = step
        self._pace = pace
        self._failures = 0
        self._last_error = ""

    @property
    def failure(self) -> str | None:
        """What keeps the loop from its work; ``None``: nothing, or nothing that lasts."""
        return f"{self.name}: {self._last_error}" if self._failures >= _UNWELL_AFTER else None

    def turn(self) -> tuple[After, float]:
        """Take one step: what it came to, and how long to wait before the next. Never raises but
        for what ends the process.
        """
        try:
            done = self._step()
        except Unavailable as error:
            return self._failed(error, known=True)
        except Exception as error:  # noqa: BLE001 (the loop must go on)
            return self._failed(error, known=False)
        if self._failures:
            _LOG.info("%s goes on after %d errors", self.name, self._failures)
        self._failures = 0
        return (After.WORK, self._pace.gather) if done else (After.NOTHING, self._pace.idle)

    def run(self, stop: threading.Event, wake_up: Wakes) -> None:
        """Take turns until *stop* is set; idle, wait for *wake_up*."""
        while not stop.is_set():
            seen_count = wake_up.count()
            after, pause = self.turn()
            if after is After.NOTHING and self._pace.woken:
                wake_up.wait(
                    seen_count, self._pace.called if wake_up.listens_to_others() else pause
                )
            elif pause:  # work that arrives meanwhile does not make a fault go away
                stop.wait(pause)

    def _failed(self, error: Exception, *, known: bool) -> tuple[After, float]:
        self._failures += 1
        self._last_error = message_of(error)
        pause = self._pace.back_off(self._failures)
        if known:
            _LOG.warning("%s waits %.1f s: %s", self.name, pause, error)
        else:
            _LOG.error("%s failed and waits %.1f s: %s", self.name, pause, trace_of(error))
        return After.ERROR, pause
