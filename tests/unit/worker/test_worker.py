"""A worker runs loops on threads, ends them in time, and tells when one does not get on."""

import threading
from collections.abc import Callable

import pytest

from commerce_core.kernel.errors import Unavailable
from commerce_local.wake_up import WakeUp
from commerce_worker.loop import Loop, Pace
from commerce_worker.main import Worker

PATIENT = Pace(idle=60.0, retry=60.0)


def worker_of(wake_up: WakeUp, *steps: Callable[[], int]) -> Worker:
    return Worker(wake_up, [Loop(f"loop-{no}", step, PATIENT) for no, step in enumerate(steps)])


def test_a_ring_wakes_an_idle_loop() -> None:
    wake_up, turns = WakeUp(), threading.Semaphore(0)

    def step() -> int:
        turns.release()
        return 0

    worker = worker_of(wake_up, step)
    worker.start()
    assert turns.acquire(timeout=60)
    wake_up.notify()
    assert turns.acquire(timeout=60), "the loop slept on"
    assert worker.stop(10)


def test_stopping_wakes_loops_that_wait_for_work_and_loops_that_wait_after_an_error() -> None:
    began = threading.Semaphore(0)

    def idle() -> int:
        began.release()
        return 0

    def failing() -> int:
        began.release()
        raise Unavailable("away")

    worker = worker_of(WakeUp(), idle, failing)
    worker.start()
    assert began.acquire(timeout=60)
    assert began.acquire(timeout=60)
    assert worker.stop(10)


def test_stopping_lets_the_turn_under_way_end() -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def step() -> int:
        began.set()
        may_end.wait(10)
        ended.set()
        return 1

    worker = worker_of(WakeUp(), step)
    worker.start()
    assert began.wait(60)
    threading.Timer(0.05, may_end.set).start()
    assert worker.stop(10)
    assert ended.is_set()


def test_a_turn_that_does_not_end_in_time_is_reported_and_abandoned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began, may_end = threading.Event(), threading.Event()

    def step() -> int:
        began.set()
        may_end.wait(30)
        return 0

    worker = worker_of(WakeUp(), step)
    worker.start()
    assert began.wait(60)
    assert not worker.stop(0.01)
    assert "worker-loop-0 did not end" in caplog.text
    may_end.set()
    assert worker.stop(10)


def test_a_worker_is_well_until_a_loop_fails_again_and_again() -> None:
    well, failures = threading.Event(), threading.Semaphore(0)

    def failing() -> int:
        failures.release()
        raise Unavailable("the gateway is away")

    worker = Worker(
        WakeUp(),
        [
            Loop("sagas", failing, Pace(retry=0.001, longest_retry=0.001)),
            Loop("relay", lambda: well.set() or 0, PATIENT),
        ],
    )
    worker.start()
    for _ in range(6):  # the sixth begins after the fifth was counted
        assert failures.acquire(timeout=60)
    assert worker.failure() == "sagas: Unavailable: the gateway is away"
    assert worker.stop(10)
