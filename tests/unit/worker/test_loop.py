"""A loop takes its step again and again, and no error ends it."""

import logging
import threading
from collections.abc import Callable, Iterable

import pytest

from commerce_core.kernel.errors import Unavailable
from commerce_worker.loop import After, Loop, Pace

PACE = Pace(idle=0.05, retry=0.1, longest_retry=1.0)


class Script:
    """A step that answers, or raises, what it is told, one after the other."""

    def __init__(self, *answers: int | Exception) -> None:
        self._answers = iter(answers)
        self.taken = 0

    def __call__(self) -> int:
        self.taken += 1
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


class WakeUp:
    """Notes how long it is waited for; *on_wait* happens meanwhile."""

    def __init__(self, on_wait: Callable[[], object], *, listens_to_others: bool = False) -> None:
        self._hears_others = listens_to_others
        self.waits: list[tuple[int, float]] = []
        self.rings = 0
        self._on_wait = on_wait

    def notify(self) -> None:
        self.rings += 1

    def count(self) -> int:
        return self.rings

    def wait(self, heard: int, timeout: float) -> bool:
        self.waits.append((heard, timeout))
        self._on_wait()
        return False

    def listens_to_others(self) -> bool:
        return self._hears_others


class Stop(threading.Event):
    """Counts the waits between errors without waiting; set after *waits* of them."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.pauses: list[float | None] = []
        self._left = waits

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == self._left:
            self.set()
        return self.is_set()


def turns(loop: Loop, count: int) -> Iterable[tuple[After, float]]:
    return [loop.turn() for _ in range(count)]


def test_a_busy_loop_goes_on_at_once_and_an_idle_one_waits() -> None:
    assert turns(Loop("relay", Script(3, 0), PACE), 2) == [(After.WORK, 0.0), (After.NOTHING, 0.05)]


def test_a_loop_that_gathers_lets_work_arrive_after_a_turn_that_found_some() -> None:
    stop = Stop(1)
    wake_up = WakeUp(lambda: pytest.fail("what gathers is not waited for by a notification"))
    Loop("seller-orders", Script(3), Pace(gather=0.05)).run(stop, wake_up)
    assert stop.pauses == [0.05]


def test_pauses_after_errors_double_up_to_the_longest() -> None:
    loop = Loop("relay", Script(*[Unavailable("down")] * 6), PACE)
    assert [pause for _, pause in turns(loop, 6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_pauses_begin_anew_after_a_turn_that_went_well() -> None:
    loop = Loop(
        "relay", Script(Unavailable("down"), Unavailable("down"), 0, Unavailable("down")), PACE
    )
    assert [pause for _, pause in turns(loop, 4)] == [0.1, 0.2, 0.05, 0.1]


def test_a_part_that_is_down_is_a_line_and_a_defect_a_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = Loop("relay", Script(Unavailable("the broker is away"), ZeroDivisionError("oh")), PACE)
    turns(loop, 2)
    down, defect = caplog.records
    assert (down.levelno, down.exc_info) == (logging.WARNING, None)
    assert down.getMessage() == "relay waits 0.1 s: the broker is away"
    assert (defect.levelno, defect.exc_info) == (
        logging.ERROR,
        None,
    )  # which would hand local variables to whoever reports errors
    first, *frames = defect.getMessage().splitlines()
    assert first == "relay failed and waits 0.2 s: ZeroDivisionError: oh"
    assert frames


def test_a_loop_outlives_every_error_and_waits_for_no_bell_after_one() -> None:
    step, stop = Script(RuntimeError("a"), Unavailable("b"), ValueError("c")), Stop(3)
    wake_up = WakeUp(lambda: pytest.fail("an error is not mended by more work"))
    Loop("sagas", step, PACE).run(stop, wake_up)
    assert step.taken == 3
    assert stop.pauses == [0.1, 0.2, 0.4]


def test_a_ring_during_a_turn_is_not_missed() -> None:
    stop = threading.Event()
    wake_up = WakeUp(stop.set)

    def step() -> int:
        wake_up.notify()
        return 0

    Loop("sagas", step, PACE).run(stop, wake_up)
    assert wake_up.waits == [(0, 0.05)]  # it waits for a ring after those heard before the turn
    assert wake_up.rings == 1


def test_with_notifications_an_idle_loop_waits_for_one_and_polls_once_a_second() -> None:
    stop = threading.Event()
    wake_up = WakeUp(stop.set, listens_to_others=True)
    Loop("sagas", Script(0), PACE).run(stop, wake_up)
    assert wake_up.waits == [(0, 1.0)]


def test_a_stopped_loop_ends_after_the_turn_it_is_in() -> None:
    stop = threading.Event()
    taken = []

    def step() -> int:
        taken.append(1)
        stop.set()
        return 1

    Loop("sagas", step, PACE).run(stop, WakeUp(lambda: None))
    assert taken == [1]


def test_a_failure_is_reported_once_it_lasts_and_until_it_is_over() -> None:
    loop = Loop("relay", Script(*[Unavailable("the broker is away")] * 5, 1), PACE)
    turns(loop, 4)
    assert loop.failure is None
    loop.turn()
    assert loop.failure == "relay: Unavailable: the broker is away"
    loop.turn()
    assert loop.failure is None
