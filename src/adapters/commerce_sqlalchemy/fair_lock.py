"""The queue in which the writers of a SQLite file wait."""

import threading
from collections import deque


class FairLock:
    """A lock that is acquired in the order of the calls.

    SQLite's own busy handler is a lottery: with sixteen writing threads some starve for seconds.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait for the turn, at most *timeout* seconds; whether it came."""
        with self._mutex:
            if not self._held:
                self._held = True
                return True
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=timeout):
            return True
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        return True  # the turn came between the time-out and here

    def release(self) -> None:
        """Pass the turn on."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False
