"""The clock of a database server, which all processes on it share."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from commerce_core.kernel.clock import Clock

#: Seconds between two readings of the server's clock; in between this machine's monotonic clock
#: counts.
_REFRESH_EVERY: Final = 10.0
_ASK: Final = b"SELECT extract(epoch FROM clock_timestamp())"
#: Goes on while the machine sleeps, and does not jump when its clock is set.
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class ServerClock(Clock):
    """What time it is on the server: leases and due times are compared between processes, whose own
    clocks may be wrong.

    It is read when a connection is checked out and the last reading is old: in no transaction, by
    no thread of its own. Before the first checkout it is the machine's time.
    """

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        read = self._read
        if read is None:
            return datetime.now(UTC)
        at, counted = read
        return at + timedelta(seconds=_counted() - counted)

    def refresh(self, driver: Any) -> None:
        """Ask for the time over *driver*, a connection at rest, if that was not done for a
        while.
        """
        if self._read is not None and _counted() - self._read[1] < _REFRESH_EVERY:
            return
        from psycopg import Error, pq  # not for shops on SQLite, which need no driver of a server

        with suppress(Error):  # who took the connection meets what is wrong with it
            before = _counted()
            answer = driver.pgconn.exec_(_ASK)  # the driver would begin a transaction
            if answer.status == pq.ExecStatus.TUPLES_OK:
                at = datetime.fromtimestamp(float(answer.get_value(0, 0)), UTC)
                self._read = at, (before + _counted()) / 2


def _counted() -> float:
    return time.clock_gettime(_STEADY)
