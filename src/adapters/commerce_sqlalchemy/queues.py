"""Queues in the shop's own database, one for each consumer, so that each has its own progress."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.messaging import Consumer, Delivery, LocalQueues, Message, Queue
from commerce_core.kernel.transaction import Database, Transaction
from commerce_sqlalchemy.rows import Given, insert_if_new
from commerce_sqlalchemy.tables import Id, queue_lease, queued_message
from commerce_sqlalchemy.transaction import connection

_LEASE: Final = timedelta(seconds=10)
#: A lease is prolonged, and that of a dead process taken over, so often: not with every look, as it
#: is a write.
_PROLONG: Final = timedelta(seconds=2)
#: Nothing is counted beyond this: more is as alarming.
_COUNTED: Final = 50_000


class SqlLocalQueues(LocalQueues):
    """The queues on SQLite and PostgreSQL.

    Args:
        database: where they lie; all but :meth:`append` begin short transactions of their own
            there.
        clock: what leases go by.
        owner: who takes messages here; a queue gives messages to one process at a time.
    """

    def __init__(self, database: Database, clock: Clock, owner: str) -> None:
        self._db = database
        self._clock = clock
        self._owner = owner
        self._followers: dict[str, list[str]] = {}
        self._queues: dict[str, SqlQueue] = {}

    def subscribe(self, consumers: Sequence[Consumer]) -> None:
        for consumer in consumers:
            self._queues[consumer.name] = SqlQueue(
                self._db, consumer.name, self._clock, self._owner
            )
            for event in consumer.follows:
                self._followers.setdefault(event, []).append(consumer.name)

    def append(self, tx: Transaction, messages: Iterable[Message]) -> None:
        """Add *messages* inside *tx* to the queue of each consumer that follows them. Idempotent by
        message id.
        """
        rows = [_row(consumer, m) for m in messages for consumer in self._followers.get(m.name, ())]
        insert_if_new(connection(tx), queued_message, rows)

    def put(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        with self._db.begin() as tx:
            self.append(tx, messages)
            tx.commit()

    def queues(self) -> Mapping[str, Queue]:
        return self._queues

    def waiting(self) -> Mapping[str, int]:
        with self._db.snapshot() as tx:
            return {
                consumer: queue.count(tx, _COUNTED)[0] for consumer, queue in self._queues.items()
            }

    def backlog(self, tx: Transaction, at_most: int | None) -> tuple[int, datetime | None]:
        """How many messages wait in all queues, each counted up to *at_most*, and since when the
        oldest does.
        """
        counted = [queue.count(tx, at_most) for queue in self._queues.values()]
        return sum(number for number, _ in counted), min(
            (since for _, since in counted if since), default=None
        )


@lru_cache(maxsize=8)
def _counted(at_most: int | None) -> "sa.Select[int, Any]":
    """How many messages wait for ``consumer``, and since when the oldest does. Made once for each
    bound, as every scrape of the figures asks for it.
    """
    c = queued_message.c
    of_consumer = sa.select(c.occurred_at).where(c.consumer == sa.bindparam("consumer"))
    some = of_consumer.order_by(c.consumer, c.id).limit(at_most).subquery()
    return sa.select(sa.func.count(), sa.func.min(some.c.occurred_at))


class SqlQueue(Queue):
    """The queue of *consumer*. For one thread at a time."""

    def __init__(self, database: Database, consumer: str, clock: Clock, owner: str) -> None:
        self._db = database
        self._consumer = consumer
        self._clock = clock
        self._owner = owner
        self._tags = count(1)
        self._unacknowledged: dict[str, Delivery] = {}
        self._held = False
        self._progress = False
        self._prolong_at: datetime | None = None

    def receive(self, limit: int) -> Sequence[Delivery]:
        if not self._leased():
            return []
        with self._db.single_read() as tx:
            rows = (
                connection(tx).execute(_OLDEST, {"consumer": self._consumer, "most": limit}).all()
            )
        return [self._delivery(row) for row in rows]

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        self._change(_DELETE, deliveries)

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        self._change(_COUNT_ATTEMPT, deliveries)

    def release(self) -> None:
        self._unacknowledged.clear()
        if self._held:
            now = self._clock.now()
            self._lease(now, now)
        self._held, self._prolong_at = False, None

    def count(self, tx: Transaction, at_most: int | None) -> tuple[int, datetime | None]:
        """How many messages wait, counted up to *at_most*, and since when the oldest of them
        does.
        """
        counted = connection(tx).execute(_counted(at_most), {"consumer": self._consumer})
        number, since = counted.one()
        return number, since

    def _delivery(self, row: Any) -> Delivery:
        known = self._unacknowledged.get(row.id)
        if known is None or known.attempt != row.attempts + 1:
            known = Delivery(message=_message(row), attempt=row.attempts + 1, tag=next(self._tags))
            self._unacknowledged[row.id] = known
        return known

    def _change(self, statement: Given, deliveries: Sequence[Delivery]) -> None:
        """Only of what was received: what was given back meanwhile comes again whatever is said of
        it.
        """
        changed = sorted(
            {d.message.id for d in deliveries if self._unacknowledged.get(d.message.id) == d}
        )
        if not changed:
            return
        with self._db.begin() as tx:
            statement.run(connection(tx), [(self._consumer, message_id) for message_id in changed])
            tx.commit()
        for message_id in changed:
            del self._unacknowledged[message_id]
        self._progress = True

    def _leased(self) -> bool:
        """Whether this process has the queue.

        Who makes no progress with what was received lets another process try, which may be the one
        that can: an embedded index has one writer.
        """
        now = self._clock.now()
        if self._prolong_at is None or not self._prolong_at - _PROLONG <= now < self._prolong_at:
            if self._unacknowledged and not self._progress:
                self.release()
                return False
            self._progress = False
            held = self._lease(now, now + _LEASE)
            if not (held and self._held):
                self._unacknowledged.clear()
            self._held, self._prolong_at = held, now + _PROLONG
        return self._held

    def _lease(self, now: datetime, until: datetime) -> bool:
        """Whether the lease was to be had. One that ends later than any that is given was made by a
        clock that was wrong: it is void.
        """
        c = queue_lease.c
        taken = (
            sa.update(queue_lease)
            .where(c.consumer == self._consumer)
            .where(
                sa.or_(c.owner == self._owner, c.lease_until <= now, c.lease_until > now + _LEASE)
            )
            .values(owner=self._owner, lease_until=until)
            .returning(c.consumer)
        )
        with self._db.begin() as tx:
            first = {"consumer": self._consumer, "owner": self._owner, "lease_until": until}
            insert_if_new(connection(tx), queue_lease, [first])
            held = connection(tx).execute(taken).first() is not None
            tx.commit()
        return held


_Q: Final = queued_message.c
_OURS: Final = sa.bindparam("consumer", type_=sa.Text())
_OLDEST: Final = (
    sa.select(_Q.id, _Q.name, _Q.partition_key, _Q.occurred_at, _Q.payload, _Q.trace, _Q.attempts)
    .where(_Q.consumer == _OURS)
    .order_by(_Q.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_DELETE: Final = Given(
    lambda d: sa.delete(queued_message).where(
        sa.tuple_(_Q.consumer, _Q.id).in_(sa.select(d.consumer, d.id))
    ),
    consumer=sa.Text(),
    id=Id,
)
_COUNT_ATTEMPT: Final = Given(
    lambda d: (
        sa.update(queued_message)
        .where(_Q.consumer == d.consumer, _Q.id == d.id)
        .values(attempts=_Q.attempts + 1)
    ),
    consumer=sa.Text(),
    id=Id,
)


def _row(consumer: str, m: Message) -> dict[str, Any]:
    columns = {
        "name": m.name,
        "partition_key": m.partition_key,
        "occurred_at": m.occurred_at,
        "payload": m.payload,
        "trace": m.trace,
    }
    return {"consumer": consumer, "id": m.id, "attempts": 0, **columns}


def _message(row: Any) -> Message:
    fields = {
        name: getattr(row, name)
        for name in ("id", "name", "partition_key", "occurred_at", "payload", "trace")
    }
    return Message(**fields)
