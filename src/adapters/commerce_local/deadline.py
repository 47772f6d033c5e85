"""A time limit on calls, whatever is called: the caller goes on, the thread that hangs is left
behind, and of those there are only so many.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, TypeVar

from commerce_core.kernel.errors import Unavailable

T = TypeVar("T")


class NoAnswer(Unavailable):
    """A call was not answered in time: it may have been carried out, or be carried out later."""

    code = "no-answer"


class TooManyHang(NoAnswer):
    """So many calls are still under way that none was made."""


class Deadline:
    """Makes calls to one party on threads of its own, and waits for each at most *limit*.

    Args:
        party: who is called, for sentences.
        limit: how long an answer is waited for.
        threads: the most calls under way, those that hang included. Beyond it none is made.
    """

    def __init__(self, party: str, limit: timedelta, threads: int) -> None:
        self._party = party
        self._seconds = limit.total_seconds()
        self._most = threads
        self._turn = threading.Lock()
        self._idle: list[_CallThread] = []
        self._threads = 0

    def call(self, function: Callable[[], T]) -> T:
        """What *function* answers.

        Raises:
            NoAnswer: it has not answered in time, or too many calls hang already; then it was not
                called.
            Exception: what *function* raised.
        """
        thread = self._take()
        answer: Future[T] = Future()
        thread.work.put((contextvars.copy_context(), function, answer))
        try:
            return answer.result(self._seconds)
        except TimeoutError:
            if answer.done():
                raise  # its own
        raise NoAnswer(f"{self._party} has not answered within {self._seconds:g} s")

    @property
    def busy(self) -> int:
        """How many calls are under way, those that hang included."""
        with self._turn:
            return self._threads - len(self._idle)

    def close(self) -> None:
        """End the threads that are idle; one that hangs ends with its call, or with the process.
        Idempotent.
        """
        with self._turn:
            idle, self._idle = self._idle, []
            self._threads -= len(idle)
        for thread in idle:
            thread.work.put(None)

    def _take(self) -> "_CallThread":
        with self._turn:
            if self._idle:
                return self._idle.pop()
            if self._threads >= self._most:
                raise TooManyHang(
                    f"{self._party} has not answered {self._most} calls that are still under way"
                )
            self._threads += 1
        return _CallThread(f"call-{self._party}", self._give_back)

    def _give_back(self, thread: "_CallThread") -> None:
        with self._turn:
            self._idle.append(thread)


class _CallThread:
    """Makes one call after the other. A daemon: a call that hangs keeps no process from ending."""

    def __init__(self, name: str, done: "Callable[[_CallThread], None]") -> None:
        self.work: SimpleQueue[
            tuple[contextvars.Context, Callable[[], Any], Future[Any]] | None
        ] = SimpleQueue()
        self._done = done
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        while (job := self.work.get()) is not None:
            context, function, answer = job
            try:
                outcome, error = context.run(function), None
            except BaseException as raised:  # noqa: BLE001 (raised where the result is awaited)
                outcome, error = None, raised
            self._done(self)
            answer.set_exception(error) if error is not None else answer.set_result(outcome)
