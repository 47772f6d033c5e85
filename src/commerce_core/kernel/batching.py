"""Groups: what arrived while the last group was being worked on becomes the next one. And calls made side by side.

What waits or runs in parallel, which the core itself never does, is an adapter: threads live in ``commerce_local``, single steps in the testkit.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, TypeAlias, TypeVar

from commerce_core.kernel.errors import TransactionLost, Unavailable

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)

#: What decides a group: one result or one exception per item, in the order of the items. It must not raise for one item's sake.
GroupFunction: TypeAlias = Callable[[Sequence[T]], Sequence[R | Exception]]


def bisected(function: Callable[[Sequence[T]], Sequence[R]], group: Sequence[T]) -> list[R | Exception]:
    """What *function* answers to *group*; where it raises, what it answers to its halves, down to the one that spoils it.

    A lost transaction is everybody's answer: smaller groups would fare no better, and those who wait should hear of it soon.
    """
    if not group:
        return []
    try:
        return list(function(group))
    except TransactionLost as error:
        return [error] * len(group)
    except Exception as error:  # noqa: BLE001 (whatever it is, it must not spoil the neighbours: acceptance 37)
        if len(group) == 1:
            return [error]
    middle = len(group) // 2
    return bisected(function, group[:middle]) + bisected(function, group[middle:])


class Overloaded(Unavailable):
    """Too many requests are waiting for their group; nothing was done."""

    code = "overloaded"


class Batcher(Protocol[T_contra, R]):
    """Hands items to a :data:`GroupFunction`, group by group; no timer, so that an idle system adds no latency."""

    @abstractmethod
    def submit(self, item: T_contra, /) -> "Future[R]":
        """Queue *item*; the future gets its result, or the exception that the group function returned for it.

        Raises:
            Overloaded: the queue is full.
        """


class FanOut(Protocol):
    """Runs calls side by side."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many calls run at the same time at most."""

    @abstractmethod
    def run(
        self, perform: Callable[[T], R], first: Sequence[T], then: Callable[[Sequence[tuple[T, R | Exception]]], Sequence[T]], /
    ) -> None:
        """Perform every task, and whatever more comes of it, until none is left.

        ``perform(task)`` runs on any thread, at most :attr:`width` at a time. ``then(answers)`` runs on the calling thread with
        the answers that have arrived since it last ran (at least one; an exception stands for its task's answer) and
        returns the tasks that follow from them. What *then* raises ends the run once the tasks under way have ended.
        """


class InlineFanOut(FanOut):
    """Makes calls one after the other on the calling thread, *width* of them and then what follows from them, oldest first.

    For parties that live in this process and answer at once, where threads would only take the interpreter from one another,
    and wherever everything is to happen in a fixed order.
    """

    def __init__(self, width: int) -> None:
        self._width = width

    @property
    def width(self) -> int:
        return self._width

    def run(
        self, perform: Callable[[T], R], first: Sequence[T], then: Callable[[Sequence[tuple[T, R | Exception]]], Sequence[T]], /
    ) -> None:
        waiting = deque(first)
        while waiting:
            tasks = [waiting.popleft() for _ in range(min(self._width, len(waiting)))]
            waiting.extend(then([(task, _answer(perform, task)) for task in tasks]))


def _answer(perform: Callable[[T], R], task: T) -> R | Exception:
    try:
        return perform(task)
    except Exception as error:  # noqa: BLE001 (the port says: an exception stands for its task's answer)
        return error
