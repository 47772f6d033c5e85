"""The clocks keep their promise."""

import pytest

from commerce_core.kernel.clock import Clock
from commerce_local.clock import SystemClock
from commerce_testkit.contracts.clock import ClockContract
from commerce_testkit.memory.clock import SettableClock


class TestSettableClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SettableClock()


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()
