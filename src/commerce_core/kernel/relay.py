"""Publishes messages from the outbox to the broker, and without a broker to the consumers."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.messaging import Broker, LocalQueues, Outbox
from commerce_core.kernel.redaction import trace_of

_LOG: Final = logging.getLogger("commerce.relay")
_LEASE: Final = timedelta(seconds=10)
#: Leases are prolonged, and those of dead relays taken over, so often: not with every look at an
#: empty outbox, as it is a write.
_PROLONG: Final = timedelta(seconds=2)


class Relay:
    """Publishes what waits in the outbox. Any number may work on one database: they share the
    buckets between them.

    A relay that dies or is late only makes messages come twice; nothing is forgotten before the
    broker has confirmed it.

    Args:
        outbox: what it empties.
        broker: where to.
        clock: what its leases go by.
        owner: in whose name it holds them.
        inside: consumers of a shop that has no broker's server.
    """

    def __init__(
        self,
        outbox: Outbox,
        broker: Broker,
        clock: Clock,
        owner: str,
        inside: Sequence[Follower] = (),
    ) -> None:
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._owner = owner
        self._inside = inside
        self._buckets: Sequence[int] = ()
        self._prolong_at: datetime | None = None

    def run_once(self, limit: int) -> int:
        """Publish up to *limit* waiting messages, and deliver as many to each consumer inside the
        shop; how many were confirmed.

        One consumer after the other, on the caller's thread: a worker has a thread for each, and
        calls :meth:`publish`.
        """
        return self.publish(limit) + sum(
            self._deliver(follower, limit) for follower in self._inside
        )

    def publish(self, limit: int) -> int:
        """Publish up to *limit* waiting messages; how many were confirmed. No transaction is open
        during the call.
        """
        buckets = self._lease_buckets()
        messages = self._outbox.read(buckets, limit) if buckets else ()
        if not messages:
            return 0
        accepted = self._broker.publish(messages)
        self._outbox.delete(accepted)
        return len(accepted)

    def _lease_buckets(self) -> Sequence[int]:
        """Renew the leases when due; the buckets held."""
        now = self._clock.now()
        # A clock may be set back.
        if self._prolong_at is None or not self._prolong_at - _PROLONG <= now < self._prolong_at:
            self._buckets = self._outbox.lease(self._owner, now, now + _LEASE)
            self._prolong_at = now + _PROLONG
        return self._buckets

    def _deliver(self, follower: Follower, limit: int) -> int:
        """How many messages were handled. A consumer that fails never blocks the others."""
        try:
            return follower.run_once(limit)
        except Unavailable as error:
            _LOG.warning("a consumer cannot take messages now: %s", error)
        except Exception as error:  # noqa: BLE001 (logged; the messages are redelivered)
            _LOG.error("a consumer failed: %s", trace_of(error))
        return 0

    def release(self) -> None:
        """Give everything back, so that the next relay need not wait for the leases to run out.
        Idempotent.
        """
        for follower in self._inside:
            follower.release()
        now = self._clock.now()
        self._outbox.lease(self._owner, now, now)
        self._buckets, self._prolong_at = (), None


class LocalQueueDrain:
    """Publishes what still waits in the shop's own queues after it was switched to a broker."""

    def __init__(self, queues: LocalQueues | None, broker: Broker) -> None:
        self._queues = queues
        self._broker = broker

    def run_once(self, limit: int) -> int:
        """Publish up to *limit* messages of each queue, to all their consumers; how many were
        confirmed.
        """
        done = 0
        for queue in self._queues.queues().values() if self._queues else ():
            waiting = queue.receive(limit)
            accepted = (
                set(self._broker.publish([d.message for d in waiting])) if waiting else set[str]()
            )
            queue.settle([d for d in waiting if d.message.id in accepted])
            queue.release()
            done += len(accepted)
        return done
