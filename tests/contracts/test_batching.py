"""The batchers and fan-outs keep their promise."""

from collections.abc import Iterator

import pytest

from commerce_core.kernel.batching import Batcher, GroupFunction, InlineFanOut
from commerce_local.batching import ThreadBatcher, ThreadFanOut
from commerce_testkit.contracts.batching import BatcherContract, FanOutContract
from commerce_testkit.memory.batching import SteppedBatcher


class TestSteppedBatcher(BatcherContract):
    def open(
        self, group_function: GroupFunction[int, str], *, limit: int, queue: int
    ) -> SteppedBatcher[int, str]:
        return SteppedBatcher(group_function, limit=limit, queue=queue)

    def drive(self, batcher: Batcher[int, str]) -> None:
        assert isinstance(batcher, SteppedBatcher)
        while batcher.step():
            pass

    def test_at_once_nobody_has_to_step(self) -> None:
        batcher = SteppedBatcher[int, str](lambda group: [str(n) for n in group], at_once=True)
        assert [batcher.submit(n).result(0) for n in range(3)] == ["0", "1", "2"]


class TestThreadBatcher(BatcherContract):
    @pytest.fixture(autouse=True)
    def _close_what_was_opened(self) -> Iterator[None]:
        self.opened: list[ThreadBatcher[int, str]] = []
        yield
        for batcher in self.opened:
            batcher.close()

    def open(
        self, group_function: GroupFunction[int, str], *, limit: int, queue: int
    ) -> ThreadBatcher[int, str]:
        self.opened.append(ThreadBatcher(group_function, limit=limit, queue=queue, name="batcher"))
        return self.opened[-1]

    def drive(self, batcher: Batcher[int, str]) -> None:
        """Its thread drives it."""


class TestThreadFanOut(FanOutContract):
    @pytest.fixture
    def fan_out(self) -> Iterator[ThreadFanOut]:
        fan_out = ThreadFanOut(3)
        yield fan_out
        fan_out.close()


class TestInlineFanOut(FanOutContract):
    @pytest.fixture
    def fan_out(self) -> InlineFanOut:
        return InlineFanOut(3)
