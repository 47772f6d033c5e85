"""Time comes in through a port."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    @abstractmethod
    def now(self) -> datetime:
        """The present moment, timezone-aware UTC, microseconds. It is not earlier than one that
        was told before, unless somebody sets the clock.
        """
