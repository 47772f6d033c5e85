"""Working one after the other."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Turns:
    """For threads whose work is all done by this process's one interpreter: side by side they would only take it from one another.

    Every statement gives the interpreter up for a moment; with several threads that want it back, a third of the machine goes into
    waking and putting to sleep (`docs/adr/0012-one-at-a-time.md`).
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def queued(self, function: Callable[P, R]) -> Callable[P, R]:
        """*function*, which waits until nothing else that is queued here runs. It must not call another one of these."""

        @wraps(function)
        def in_turn(*arguments: P.args, **named: P.kwargs) -> R:
            with self._turn:
                return function(*arguments, **named)

        return in_turn
