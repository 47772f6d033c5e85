"""Waking those who wait for work inside the process."""

import threading
from collections.abc import Callable


class WakeUp:
    """Rung when there is work; a wake-up only: what is to be done stands in the database."""

    def __init__(self) -> None:
        self._further: Callable[[], None] = _nobody
        self._hears: Callable[[], bool] = _nothing
        self._rung = threading.Condition()
        self._count = 0

    def notify(self) -> None:
        """Wake everybody who waits, in other processes as well."""
        self.notify_here()
        self._further()

    def tell(self, further: Callable[[], None], hears: Callable[[], bool]) -> None:
        """Have *further* tell other processes whenever this one rings; *hears*: whether they are
        heard. Both must return at once.
        """
        self._further, self._hears = further, hears

    def hears_other_processes(self) -> bool:
        """Whether the work of other processes rings here as well, so that looking for it is for
        what nobody rings for.
        """
        return self._hears()

    def notify_here(self) -> None:
        """Wake everybody who waits in this process."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def count(self) -> int:
        """How often it was rung: ask before looking for work, so that no ring is missed while
        looking.
        """
        return self._count

    def wait(self, heard: int, timeout: float) -> bool:
        """Wait at most *timeout* seconds for a ring after the *heard*-th; whether there was one."""
        with self._rung:
            return self._rung.wait_for(lambda: self._count > heard, timeout)


def _nobody() -> None:
    """There is no other process, or it looks for itself."""


def _nothing() -> bool:
    """What other processes do is not heard."""
    return False
