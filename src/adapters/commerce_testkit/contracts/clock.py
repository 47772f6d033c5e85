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

    def test_the_present_is_told_in_utc(self, clock: Clock) -> None:
        now = clock.now()
        assert (now.tzinfo is not None, now.utcoffset()) == (True, timedelta(0))

    def test_what_was_told_once_can_be_compared_with_what_is_told_later(self, clock: Clock) -> None:
        recorded = [clock.now() for _ in range(100)]
        assert recorded == sorted(recorded)
