"""What every clock promises."""

from abc import abstractmethod
from datetime import timedelta

import pytest

from commerce_core.kernel.clock import Clock


class ClockContract:
    """Give ``clock``."""

    @pytest.fixture
    @abstractmethod
    def clock(self) -> Clock:
        """The clock to examine."""

    def test_the_clock_is_in_utc(self, clock: Clock) -> None:
        now = clock.now()
        assert (now.tzinfo is not None, now.utcoffset()) == (True, timedelta(0))

    def test_an_earlier_answer_can_be_compared_with_a_later_one(self, clock: Clock) -> None:
        recorded = [clock.now() for _ in range(100)]
        assert recorded == sorted(recorded)
