"""Groups on one thread, on request."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from commerce_core.kernel.batching import Batcher, GroupFunction, Overloaded

T = TypeVar("T")
R = TypeVar("R")


class SteppedBatcher(Batcher[T, R], Generic[T, R]):
    """Runs a group on request.

    Args:
        group_function: decides a group.
        limit: the most items in a group.
        queue: the most items that wait.
        at_once: run a group right after each item came in, so that ``submit(…).result()`` works on
            one thread.
    """

    def __init__(
        self,
        group_function: GroupFunction[T, R],
        *,
        limit: int = 64,
        queue: int = 1_000,
        at_once: bool = False,
    ) -> None:
        self._group_function = group_function
        self._limit = limit
        self._room = queue
        self._at_once = at_once
        self._waiting: deque[tuple[T, Future[R]]] = deque()

    def submit(self, item: T, /) -> "Future[R]":
        if len(self._waiting) >= self._room:
            raise Overloaded(f"{self._room} are waiting already")
        future: Future[R] = Future()
        self._waiting.append((item, future))
        if self._at_once:
            self.step()
        return future

    def step(self) -> int:
        """Run one group of what waits; how many items it had."""
        batch = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
        group = [(item, future) for item, future in batch if future.set_running_or_notify_cancel()]
        if group:
            self._decide(group)
        return len(batch)

    def _decide(self, group: Sequence[tuple[T, "Future[R]"]]) -> None:
        try:
            answers = self._group_function([item for item, _ in group])
            pairs = list(zip(group, answers, strict=True))
        except Exception as error:  # noqa: BLE001 - it goes to everyone who waits
            pairs = [(entry, error) for entry in group]
        for (_, future), answer in pairs:
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
