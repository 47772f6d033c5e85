"""A part that is frozen keeps nobody who asks how it is."""

import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from commerce_bootstrap.metrics import PartsCollector, QueueCollector
from commerce_bootstrap.probing import Probe, ProbeTimeout, down_check
from commerce_core.kernel.errors import Unavailable
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.clock import SettableClock


class Frozen:
    """Answers only once it is thawed."""

    def __init__(self) -> None:
        self.thawed = threading.Event()
        self.calls = 0

    def answer(self) -> int:
        self.calls += 1
        assert self.thawed.wait(30)
        return 7


@pytest.fixture
def frozen() -> Iterator[Frozen]:
    part = Frozen()
    yield part
    part.thawed.set()


def test_a_frozen_part_is_late_and_not_asked_again_meanwhile(frozen: Frozen) -> None:
    probe = Probe(frozen.answer, 0.01)
    for _ in range(3):
        with pytest.raises(ProbeTimeout, match=r"no answer within 0\.01 s"):
            probe()
    assert frozen.calls == 1
    patient = Probe(frozen.answer, 30.0)
    frozen.thawed.set()
    assert (patient(), patient()) == (7, 7)


def test_what_a_part_raises_is_raised() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Probe(fail)()


def test_a_check_tells_what_is_wrong() -> None:
    def away() -> None:
        raise Unavailable("it is away")

    assert down_check("search", lambda: None)() is None
    assert down_check("search", away)() == "it is away"


class _Away(MemoryBroker):
    def waiting(self) -> dict[str, int]:
        raise Unavailable("the broker is away")


def test_figures_tell_which_part_is_down_and_leave_out_what_it_knows() -> None:
    registry = CollectorRegistry()
    registry.register(PartsCollector({"database": lambda: None, "broker": lambda: "it is away"}))
    registry.register(QueueCollector(_Away([], lambda _: None, SettableClock())))
    assert registry.get_sample_value("commerce_part_up", {"part": "database"}) == 1
    assert registry.get_sample_value("commerce_part_up", {"part": "broker"}) == 0
    assert [
        family.samples for family in registry.collect() if family.name == "commerce_queue_messages"
    ] == [[]]
