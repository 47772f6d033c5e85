"""What every batcher and every fan-out promises."""

import threading
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

import pytest

from commerce_core.kernel.batching import Batcher, Calls, FanOut, GroupFunction, Overloaded

_SECONDS: Final = 10


class BatcherContract:
    """Give ``open`` and ``drive``."""

    @abstractmethod
    def open(
        self, group_function: GroupFunction[int, str], *, limit: int, queue: int
    ) -> Batcher[int, str]:
        """A batcher over *group_function*."""

    @abstractmethod
    def drive(self, batcher: Batcher[int, str]) -> None:
        """See to it that everything queued so far is decided soon, if that does not happen by
        itself.
        """

    def test_everyone_gets_the_answer_to_their_own_item(self) -> None:
        batcher = self.open(lambda group: [f"got {n}" for n in group], limit=4, queue=100)
        futures = [batcher.submit(n) for n in range(50)]
        self.drive(batcher)
        assert [f.result(_SECONDS) for f in futures] == [f"got {n}" for n in range(50)]

    def test_groups_keep_the_order_and_the_limit(self) -> None:
        groups: list[list[int]] = []

        def remember(group: Sequence[int]) -> list[str]:
            groups.append(list(group))
            return [""] * len(group)

        batcher = self.open(remember, limit=4, queue=100)
        futures = [batcher.submit(n) for n in range(50)]
        self.drive(batcher)
        for future in futures:
            future.result(_SECONDS)
        assert [n for group in groups for n in group] == list(range(50))
        assert max(len(group) for group in groups) <= 4

    def test_one_items_refusal_never_touches_its_neighbours(self) -> None:
        batcher = self.open(
            lambda group: [ValueError(f"{n} is odd") if n % 2 else str(n) for n in group],
            limit=9,
            queue=9,
        )
        futures = [batcher.submit(n) for n in range(4)]
        self.drive(batcher)
        assert [futures[n].result(_SECONDS) for n in (0, 2)] == ["0", "2"]
        for n in (1, 3):
            with pytest.raises(ValueError, match=f"{n} is odd"):
                futures[n].result(_SECONDS)

    def test_a_failure_of_a_group_reaches_all_of_it_and_the_next_one_goes_on(self) -> None:
        def fail_on_seven(group: Sequence[int]) -> list[str]:
            if 7 in group:
                raise LookupError("the database is away")
            return [str(n) for n in group]

        batcher = self.open(fail_on_seven, limit=9, queue=9)
        lost = batcher.submit(7)
        self.drive(batcher)
        with pytest.raises(LookupError, match="away"):
            lost.result(_SECONDS)
        kept = batcher.submit(8)
        self.drive(batcher)
        assert kept.result(_SECONDS) == "8"

    def test_an_answer_too_few_is_a_failure_of_the_group(self) -> None:
        batcher = self.open(lambda group: [str(n) for n in group[1:]], limit=9, queue=9)
        futures = [batcher.submit(n) for n in range(3)]
        self.drive(batcher)
        assert all(isinstance(f.exception(_SECONDS), Exception) for f in futures)

    def test_a_full_queue_refuses_and_keeps_what_it_took(self) -> None:
        gate = threading.Event()

        def behind_the_gate(group: Sequence[int]) -> list[str]:
            gate.wait(_SECONDS)
            return [str(n) for n in group]

        batcher = self.open(behind_the_gate, limit=2, queue=5)
        futures: list[Future[str]] = []
        with pytest.raises(Overloaded):
            for n in range(8):  # at most one group of two is under way beside the five
                futures.append(batcher.submit(n))  # noqa: PERF401 (the ones before the error)
        gate.set()
        self.drive(batcher)
        assert [f.result(_SECONDS) for f in futures] == [str(n) for n in range(len(futures))]
        assert len(futures) >= 5

    def test_what_is_cancelled_while_it_waits_is_not_done(self) -> None:
        gate, seen = threading.Event(), list[int]()

        def behind_the_gate(group: Sequence[int]) -> list[str]:
            gate.wait(_SECONDS)
            seen.extend(group)
            return [str(n) for n in group]

        batcher = self.open(behind_the_gate, limit=1, queue=9)
        first, second, third = (batcher.submit(n) for n in range(3))
        assert second.cancel()
        gate.set()
        self.drive(batcher)
        assert [first.result(_SECONDS), third.result(_SECONDS)] == ["0", "2"]
        assert seen == [0, 2]


class FanOutContract:
    """Give ``fan_out``, three wide."""

    @pytest.fixture
    @abstractmethod
    def fan_out(self) -> FanOut:
        """A fan-out of width 3."""

    def test_it_tells_how_wide_it_is(self, fan_out: FanOut) -> None:
        assert fan_out.width == 3

    def test_every_task_is_answered_once(self, fan_out: FanOut) -> None:
        calls: Calls[int, int] = fan_out.open(lambda task: task * 2)
        recorded: list[tuple[int, object]] = []
        for start in range(0, 9, 3):
            assert calls.take(3) == 3
            calls.begin([start, start + 1, start + 2])
            recorded += _all_of(calls, 3)
            calls.give_back(3)
        assert sorted(recorded) == [(n, n * 2) for n in range(9)]
        assert (calls.in_flight, calls.answers(0.0)) == (0, [])

    def test_no_more_slots_are_taken_than_there_are(self, fan_out: FanOut) -> None:
        calls: Calls[int, int] = fan_out.open(lambda task: task)
        assert (calls.take(2), calls.take(0)) == (2, 0)
        calls.give_back(2)
        assert calls.take(9) == 3
        calls.give_back(3)

    def test_a_slot_is_used_again_for_what_follows(self, fan_out: FanOut) -> None:
        calls: Calls[int, int] = fan_out.open(lambda task: task + 1)
        calls.begin([0] * calls.take(1))
        ((_, answer),) = _all_of(calls, 1)
        assert isinstance(answer, int)
        assert answer == 1
        calls.begin([answer])
        assert _all_of(calls, 1) == [(1, 2)]
        calls.give_back(1)

    def test_an_exception_stands_for_its_tasks_answer(self, fan_out: FanOut) -> None:
        def perform(task: int) -> int:
            if task == 2:
                raise TimeoutError("no answer")
            return task

        calls: Calls[int, int] = fan_out.open(perform)
        calls.begin([1, 2, 3][: calls.take(3)])
        recorded = dict(_all_of(calls, 3))
        assert isinstance(recorded.pop(2), TimeoutError)
        assert recorded == {1: 1, 3: 3}
        calls.give_back(3)

    def test_where_nothing_is_under_way_nobody_waits(self, fan_out: FanOut) -> None:
        calls: Calls[int, int] = fan_out.open(lambda task: task)
        calls.begin([])
        assert calls.answers(_SECONDS) == []


def _all_of(calls: "Calls[int, int]", count: int) -> list[tuple[int, int | Exception]]:
    recorded: list[tuple[int, int | Exception]] = []
    while len(recorded) < count:
        recorded += calls.answers(_SECONDS)
    return recorded
