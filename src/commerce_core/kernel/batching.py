"""Groups: what arrived while the last group was being worked on becomes the next one. And calls
made side by side.

What waits or runs in parallel, which the core itself never does, is an adapter: threads live in
``commerce_local``, single steps in the testkit.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, Protocol, TypeAlias, TypeVar

from commerce_core.kernel.errors import StaleRead, TransactionLost, Unavailable

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

#: What decides a group: one result or one exception per item, in the order of the items. It must
#: not raise for one item's sake.
GroupFunction: TypeAlias = Callable[[Sequence[T]], Sequence[R | Exception]]


#: The most that one group may weigh: 64 orders of thirty lines, or two of a thousand.
MOST_WEIGHT: Final = 2_000


class GroupTooHeavy(Exception):
    """A group is more than one transaction should hold, while everybody else waits for it.
    *weights*: of its items, in their order.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        super().__init__(f"a group weighs {sum(weights)}")
        self.weights = weights


def check_weight(weights: Sequence[int]) -> None:
    """Let pass a group that one transaction may hold; a single item always is one.

    Raises:
        GroupTooHeavy: it is to be worked on in portions.
    """
    if len(weights) > 1 and sum(weights) > MOST_WEIGHT:
        raise GroupTooHeavy(weights)


def isolate_failures(
    function: Callable[[Sequence[T]], Sequence[R]],
    group: Sequence[T],
    for_all: type[Exception] = TransactionLost,
) -> list[R | Exception]:
    """What *function* answers to *group*; where it raises, what it answers to its halves, down to
    the one that spoils it.

    One that is too heavy is answered in portions, so that others come in between. An error of the
    kind *for_all* is everybody's answer: smaller groups would fare no better, and those who wait
    should know soon. Not so a stale read: the less is read, the less changes meanwhile.
    """
    if not group:
        return []
    try:
        return list(function(group))
    except GroupTooHeavy as error:
        parts = _portions(group, error.weights)
    except Exception as error:  # noqa: BLE001 (must not fail its neighbours)
        if len(group) == 1 or (isinstance(error, for_all) and not isinstance(error, StaleRead)):
            return [error] * len(group)
        middle = len(group) // 2
        parts = [group[:middle], group[middle:]]
    return [answer for part in parts for answer in isolate_failures(function, part, for_all)]


def _portions(group: Sequence[T], weights: Sequence[int]) -> list[Sequence[T]]:
    made: list[list[T]] = [[]]
    room = MOST_WEIGHT
    for item, weight in zip(group, weights, strict=True):
        if made[-1] and weight > room:
            made.append([])
            room = MOST_WEIGHT
        made[-1].append(item)
        room -= weight
    return [*made]


class Overloaded(Unavailable):
    """Too many requests are waiting for their group; nothing was done."""

    code = "overloaded"


class Batcher(Protocol[T_contra, R]):
    """Hands items to a :data:`GroupFunction`, group by group; no timer, so that an idle system adds
    no latency.
    """

    @abstractmethod
    def submit(self, item: T_contra, /) -> "Future[R]":
        """Queue *item*; the future gets its result, or the exception that the group function
        returned for it.

        Groups keep the order of the queue. What the function raises, or an answer too few, is the
        answer of the whole group, and the next one goes on. An item whose future is cancelled
        while it waits is left out.

        Raises:
            Overloaded: the queue is full.
        """


def answered(answer: R) -> "Future[R]":
    """A future that has its answer already."""
    future: Future[R] = Future()
    future.set_result(answer)
    return future


def chained(first: "Future[T]", then: "Callable[[T], Future[R]]") -> "Future[R]":
    """What the future that *then* makes of the answer of *first* comes to, or the error of either.

    *then* is called on the thread that answers, and must not wait. It is not called when the
    outcome was cancelled before.
    """
    outcome: Future[R] = Future()

    def go_on(done: "Future[T]") -> None:
        if outcome.cancelled():
            return
        try:
            second = then(done.result())
        except Exception as error:  # noqa: BLE001 (raised where the result is awaited)
            if outcome.set_running_or_notify_cancel():
                outcome.set_exception(error)
        else:
            second.add_done_callback(hand_over)

    def hand_over(done: "Future[R]") -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        if (error := done.exception()) is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(done.result())

    first.add_done_callback(go_on)
    return outcome


class Calls(Protocol[T, R_co]):
    """Calls that are made side by side, each in a slot of its own: one that takes long holds up
    nothing but its slot.
    """

    @abstractmethod
    def take(self, most: int) -> int:
        """Reserve up to *most* of the slots that are free; how many. Never waits."""

    @abstractmethod
    def give_back(self, slots: int) -> None:
        """Let go of *slots* that were taken: nothing is under way in them."""

    @abstractmethod
    def begin(self, tasks: Sequence[T]) -> None:
        """Perform each of *tasks* in a slot that was taken; the slot stays taken after its answer,
        until it is given back.
        """

    @abstractmethod
    def answers(self, patience: float) -> Sequence[tuple[T, R_co | Exception]]:
        """The answers that have arrived since the last time; an exception stands for its task's
        answer.

        Where none has it waits for one, *patience* seconds at most, if anything is under way.
        """

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """How many tasks were begun whose answers were not taken yet."""


class FanOut(Protocol):
    """Makes calls side by side."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many calls are made at the same time at most."""

    @abstractmethod
    def open(self, perform: Callable[[T], R]) -> Calls[T, R]:
        """A way to have *perform* called, on any thread. All that were opened share the slots."""


class InlineFanOut(FanOut):
    """Makes calls one after the other on the calling thread, *width* of them before their answers
    are taken.

    For parties that live in this process and answer at once, where threads would only take the
    interpreter from one another, and wherever everything is to happen in a fixed order.
    """

    def __init__(self, width: int) -> None:
        self._width = width

    @property
    def width(self) -> int:
        return self._width

    def open(self, perform: Callable[[T], R]) -> Calls[T, R]:
        return _InlineCalls(self._width, perform)


class _InlineCalls(Calls[T, R]):
    def __init__(self, width: int, perform: Callable[[T], R]) -> None:
        self._width = width
        self._perform = perform
        # Any thread may take what another has put there.
        self._answers: deque[tuple[T, R | Exception]] = deque()

    def take(self, most: int) -> int:
        return min(most, self._width)

    def give_back(self, slots: int) -> None:
        pass  # a call is over when it was begun

    def begin(self, tasks: Sequence[T]) -> None:
        for task in tasks:
            self._answers.append((task, _answer(self._perform, task)))

    def answers(self, patience: float) -> Sequence[tuple[T, R | Exception]]:
        arrived: list[tuple[T, R | Exception]] = []
        with suppress(IndexError):
            while True:
                arrived.append(self._answers.popleft())
        return arrived

    @property
    def in_flight(self) -> int:
        return len(self._answers)


def _answer(perform: Callable[[T], R], task: T) -> R | Exception:
    try:
        return perform(task)
    except Exception as error:  # noqa: BLE001 (the port returns exceptions)
        return error


class Grouping(Protocol):
    """The one place where something is put around what callers share: grouping itself, and with it
    metrics, traces, and taking turns.
    """

    @abstractmethod
    def __call__(
        self, name: str, function: GroupFunction[T, R], /, *, waits: bool = False
    ) -> Batcher[T, R]:
        """What hands groups to *function*; *name* is a stable one, for people who operate it.

        One that *waits* for parties outside gets items one by one, several at the same time, and
        nobody else waits for it.
        """
