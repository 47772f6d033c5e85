"""Wakes threads that wait for work, in this process and others."""

import threading
from collections.abc import Callable


class WakeUp:
    """Notified when there is work; a hint only: the work itself is in the database."""

    def __init__(self) -> None:
        self._notify_others: Callable[[], None] = _no_other_process
        self._listening: Callable[[], bool] = _not_listening
        self._notified = threading.Condition()
        self._count = 0

    def notify(self) -> None:
        """Wake all waiting threads, in other processes as well."""
        self.notify_here()
        self._notify_others()

    def connect(self, notify_others: Callable[[], None], listening: Callable[[], bool]) -> None:
        """Call *notify_others* on every notification of this process; *listening*: whether those of
        other processes arrive here. Both must return at once.
        """
        self._notify_others, self._listening = notify_others, listening

    def listens_to_others(self) -> bool:
        """Whether other processes' notifications arrive here, so that polling can be rare."""
        return self._listening()

    def notify_here(self) -> None:
        """Wake all waiting threads of this process."""
        with self._notified:
            self._count += 1
            self._notified.notify_all()

    def count(self) -> int:
        """The number of notifications so far: read it before looking for work, so that none is
        missed meanwhile.
        """
        return self._count

    def wait(self, seen_count: int, timeout: float) -> bool:
        """Wait up to *timeout* seconds for a notification after *seen_count*; whether one came."""
        with self._notified:
            return self._notified.wait_for(lambda: self._count > seen_count, timeout)


def _no_other_process() -> None:
    """There is no other process, or it polls."""


def _not_listening() -> bool:
    """Notifications of other processes do not arrive."""
    return False
