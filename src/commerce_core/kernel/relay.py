"""Carrying messages from the outbox to the broker, and inside a shop without one on to the
consumers.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.messaging import Broker, LocalQueues, Outbox
from commerce_core.kernel.redaction import trace_of

_LOG: Final = logging.getLogger(__name__)
_LEASE: Final = timedelta(seconds=10)
#: Leases are prolonged, and those of dead relays taken over, so often: not with every look at an
#: empty outbox, as it is a write.
_PROLONG: Final = timedelta(seconds=2)


class Relay:
    """Publishes what waits in the outbox. Any number may work on one database: they share the
    buckets between them.

    A relay that dies or is late only makes messages come twice; nothing is forgotten before the
    broker surely has it.

    Args:
        outbox: what it empties.
        broker: where to.
        clock: what its leases go by.
        owner: in whose name it holds them.
        inside: who hands over what waits inside the shop, where there is no broker's server.
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
        """Publish up to *limit* waiting messages, and hand as many to each consumer inside the
        shop; how many were surely taken.

        One consumer after the other, on the caller's thread: a worker has a thread for each, and
        calls :meth:`publish`.
        """
        return self.publish(limit) + sum(
            self._handed_over(follower, limit) for follower in self._inside
        )

    def publish(self, limit: int) -> int:
        """Publish up to *limit* waiting messages; how many were surely taken. No transaction is
        open while the broker is called.
        """
        buckets = self._leased()
        messages = self._outbox.read(buckets, limit) if buckets else ()
        if not messages:
            return 0
        taken = self._broker.publish(messages)
        self._outbox.delete(taken)
        return len(taken)

    def _leased(self) -> Sequence[int]:
        """The buckets that are leased."""
        now = self._clock.now()
        # A clock may be set back.
        if self._prolong_at is None or not self._prolong_at - _PROLONG <= now < self._prolong_at:
            self._buckets = self._outbox.lease(self._owner, now, now + _LEASE)
            self._prolong_at = now + _PROLONG
        return self._buckets

    def _handed_over(self, follower: Follower, limit: int) -> int:
        """How many messages were dealt with. One consumer's trouble never keeps them from the
        others.
        """
        try:
            return follower.run_once(limit)
        except Unavailable as error:
            _LOG.warning("a consumer cannot take messages now: %s", error)
        except Exception as error:  # noqa: BLE001 (a defect in one consumer: told with its trace, and the messages come again)
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


class LeftOver:
    """Publishes what waits in the shop's own queues, if it has some: it was delivered inside before
    the shop went over to a broker.
    """

    def __init__(self, queues: LocalQueues | None, broker: Broker) -> None:
        self._queues = queues
        self._broker = broker

    def run_once(self, limit: int) -> int:
        """Publish up to *limit* messages of each queue; how many were surely taken. Everybody who
        follows them gets them.
        """
        done = 0
        for queue in self._queues.queues().values() if self._queues else ():
            waiting = queue.receive(limit)
            taken = (
                set(self._broker.publish([d.message for d in waiting])) if waiting else set[str]()
            )
            queue.settle([d for d in waiting if d.message.id in taken])
            queue.release()
            done += len(taken)
        return done
