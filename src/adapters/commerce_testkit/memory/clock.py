"""Time under control."""

from datetime import UTC, datetime, timedelta
from typing import Final

from commerce_core.kernel.clock import Clock

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


class SettableClock(Clock):
    """A clock that stands still until it is set."""

    def __init__(self, at: datetime = _START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        """Let *by* go by."""
        self.at += by
