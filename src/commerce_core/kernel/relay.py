"""Carrying messages from the outbox to the broker."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.messaging import Broker, Outbox

_LEASE: Final = timedelta(seconds=10)
#: Leases are prolonged, and those of dead relays taken over, so often: not with every look at an empty outbox, as it is a write.
_PROLONG: Final = timedelta(seconds=2)


class Relay:
    """Publishes what waits in the outbox. Any number may work on one database: they share the buckets between them.

    A relay that dies or is late only makes messages come twice; nothing is forgotten before the broker surely has it.
    """

    def __init__(self, outbox: Outbox, broker: Broker, clock: Clock, owner: str) -> None:
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._owner = owner
        self._buckets: Sequence[int] = ()
        self._prolong_at: datetime | None = None

    def run_once(self, limit: int) -> int:
        """Publish up to *limit* waiting messages; how many were surely taken. No transaction is open while the broker is called."""
        buckets = self._leased()
        messages = self._outbox.read(buckets, limit) if buckets else ()
        if not messages:
            return 0
        taken = self._broker.publish(messages)
        self._outbox.delete(taken)
        return len(taken)

    def _leased(self) -> Sequence[int]:
        """The buckets in our hands."""
        now = self._clock.now()
        if self._prolong_at is None or now >= self._prolong_at:
            self._buckets = self._outbox.lease(self._owner, now, now + _LEASE)
            self._prolong_at = now + _PROLONG
        return self._buckets

    def release(self) -> None:
        """Give the buckets back, so that the next relay need not wait for the lease to run out. Idempotent."""
        now = self._clock.now()
        self._outbox.lease(self._owner, now, now)
        self._buckets, self._prolong_at = (), None
