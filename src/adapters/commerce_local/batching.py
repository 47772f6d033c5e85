"""Threads: one that works group by group, and several that call side by side."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from commerce_core.kernel.batching import Batcher, Calls, FanOut, GroupFunction, Overloaded
from commerce_core.kernel.process import ProcessGuard

T = TypeVar("T")
R = TypeVar("R")

#: Seconds. A database gives up on its statements before.
_LONGEST_GROUP: Final = 20.0


class ThreadBatcher(Batcher[T, R], Generic[T, R]):
    """A thread, or several: whatever queued up while the last group was worked on is the next.

    An item whose future was cancelled before its group began is left out.

    Args:
        group_function: decides a group; runs on this batcher's threads.
        limit: the most items in a group.
        queue: the most items that wait.
        name: of the thread.
        threads: how many groups are worked on at the same time.
    """

    def __init__(
        self,
        group_function: GroupFunction[T, R],
        *,
        limit: int,
        queue: int,
        name: str,
        threads: int = 1,
    ) -> None:
        self._group_function = group_function
        self._limit = limit
        self._room = queue
        self._name = name
        self._process = ProcessGuard(f"group thread of {name}")
        self._waiting: deque[tuple[T, Future[R]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        # A daemon, so that a program that ends without closing is not held up: what was not
        # answered was not promised.
        self._threads = [
            threading.Thread(target=self._work, name=name, daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, item: T, /) -> "Future[R]":
        self._process.check()
        future: Future[R] = Future()
        with self._changed:
            if self._closed:
                raise Overloaded(f"{self._name} is closed")
            if len(self._waiting) >= self._room:
                raise Overloaded(f"{self._name} has {self._room} waiting already")
            self._waiting.append((item, future))
            self._changed.notify()
        return future

    @property
    def waiting(self) -> int:
        """How many items wait for their group."""
        return len(self._waiting)

    def close(self) -> None:
        """Take nothing more, finish what is queued, and end the thread. Idempotent.

        A group that hangs, at a server that is frozen, is waited for so long that it can have no
        answer any more, and is left.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        deadline = time.monotonic() + _LONGEST_GROUP
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while group := self._next_group():
            decide_group(self._group_function, group)

    def _next_group(self) -> list[tuple[T, "Future[R]"]]:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            return [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]


def decide_group(
    group_function: GroupFunction[T, R], group: Sequence[tuple[T, "Future[R]"]]
) -> None:
    """Run *group_function* over the items that are still wanted and give each future its answer;
    never raises.
    """
    wanted = [(item, future) for item, future in group if future.set_running_or_notify_cancel()]
    if not wanted:
        return
    try:
        answers = group_function([item for item, _ in wanted])
        if len(answers) != len(wanted):
            raise RuntimeError(
                f"{len(wanted)} items were given and {len(answers)} answers came back"
            )
    except BaseException as error:  # noqa: BLE001 - nobody may wait for ever: the whole group fails
        for _, future in wanted:
            future.set_exception(error)
        return
    for (_, future), answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


class ThreadFanOut(FanOut):
    """A pool of *width* threads, shared by all that open it."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._slots = _Slots(width)
        self._pool = ThreadPoolExecutor(max_workers=width, thread_name_prefix="fan-out")

    @property
    def width(self) -> int:
        return self._width

    def open(self, perform: Callable[[T], R]) -> Calls[T, R]:
        return _ThreadCalls(self._pool, self._slots, perform)

    def close(self) -> None:
        """Let the calls under way end, and the threads. Idempotent."""
        self._pool.shutdown()


class _Slots:
    """A number of slots, taken and given back by any thread."""

    def __init__(self, width: int) -> None:
        self._free = width
        self._turn = threading.Lock()

    def take(self, most: int) -> int:
        with self._turn:
            reserved = max(0, min(most, self._free))
            self._free -= reserved
            return reserved

    def give_back(self, slots: int) -> None:
        with self._turn:
            self._free += slots


class _ThreadCalls(Calls[T, R]):
    def __init__(self, pool: ThreadPoolExecutor, slots: _Slots, perform: Callable[[T], R]) -> None:
        self._pool = pool
        self._slots = slots
        self._perform = perform
        self._arrived: SimpleQueue[tuple[T, R | Exception]] = SimpleQueue()
        self._turn = threading.Lock()
        self._open = 0

    def take(self, most: int) -> int:
        return self._slots.take(most)

    def give_back(self, slots: int) -> None:
        self._slots.give_back(slots)

    def begin(self, tasks: Sequence[T]) -> None:
        with self._turn:
            self._open += len(tasks)
        for task in tasks:
            self._pool.submit(self._answer, task)

    def answers(self, patience: float) -> Sequence[tuple[T, R | Exception]]:
        found: list[tuple[T, R | Exception]] = []
        with contextlib.suppress(Empty):
            if patience > 0 and self.in_flight:
                found.append(self._arrived.get(timeout=patience))
            while True:
                found.append(self._arrived.get_nowait())
        with self._turn:
            self._open -= len(found)
        return found

    @property
    def in_flight(self) -> int:
        return self._open

    def _answer(self, task: T) -> None:
        try:
            answer: R | Exception = self._perform(task)
        except Exception as error:  # noqa: BLE001 (the port returns exceptions)
            answer = error
        self._arrived.put((task, answer))
