"""Runs work one after the other."""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

#: Seconds to wait for the lock. It saves work and guards nothing: a call that hangs in it must not
#: stop the others.
_PATIENCE: Final = 0.5


class Serializer:
    """For threads whose work is all done by this process's one interpreter: side by side they would
    only take it from one another.

    Every statement gives the interpreter up for a moment; with several threads that want it back, a
    third of the machine goes into waking and putting to sleep (`docs/adr/0012-one-at-a-time.md`).
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._taken_at = 0.0

    def serialized(self, function: Callable[P, R]) -> Callable[P, R]:
        """*function*, which waits until nothing else that is queued here runs, or has run for so
        long that it must be stuck.

        It must not call another one of these.
        """

        @wraps(function)
        def in_turn(*arguments: P.args, **named: P.kwargs) -> R:
            in_time = self._turn.acquire(timeout=self._patience())
            try:
                if in_time:
                    self._taken_at = time.monotonic()
                return function(*arguments, **named)
            finally:
                if in_time:
                    self._turn.release()

        return in_turn

    def _patience(self) -> float:
        """How long to wait yet for the current holder of the lock."""
        return (
            max(0.0, self._taken_at + _PATIENCE - time.monotonic())
            if self._turn.locked()
            else _PATIENCE
        )
