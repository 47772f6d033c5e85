"""What is done every so often is done on time, and again until there is nothing left."""

from datetime import timedelta

import pytest

from commerce_testkit.memory.clock import SettableClock
from commerce_worker.timers import Every


class Steps:
    def __init__(self, *answers: int | Exception) -> None:
        self._answers = list(answers)
        self.taken = 0

    def __call__(self) -> int:
        self.taken += 1
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


def test_the_first_step_is_due_at_once_and_the_next_an_interval_later(clock: SettableClock) -> None:
    steps = Steps(0, 0)
    every = Every(timedelta(minutes=1), clock, steps)
    assert every() == 0
    clock.advance(timedelta(seconds=59))
    every()
    assert steps.taken == 1
    clock.advance(timedelta(seconds=1))
    every()
    assert steps.taken == 2


def test_as_long_as_there_is_something_to_do_the_next_step_follows_at_once(
    clock: SettableClock,
) -> None:
    steps = Steps(100, 7, 0)
    every = Every(timedelta(minutes=1), clock, steps)
    assert [every(), every(), every(), every()] == [100, 7, 0, 0]
    assert steps.taken == 3


def test_a_step_that_failed_is_due_again_at_once(clock: SettableClock) -> None:
    steps = Steps(RuntimeError("away"), 0)
    every = Every(timedelta(minutes=1), clock, steps)
    with pytest.raises(RuntimeError):
        every()
    every()
    assert steps.taken == 2
