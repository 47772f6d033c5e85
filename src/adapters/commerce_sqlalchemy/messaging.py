"""Outbox and inbox in SQL."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import (
    DeadLetter,
    DiscardedLetter,
    Inbox,
    Message,
    Note,
    Outbox,
    without_note,
)
from commerce_core.kernel.transaction import Database, Transaction
from commerce_sqlalchemy.queues import SqlLocalQueues
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_new, one_by_one, slices
from commerce_sqlalchemy.tables import (
    Id,
    dead_letter,
    discarded_letter,
    inbox,
    outbox,
    outbox_lease,
)
from commerce_sqlalchemy.transaction import SqlTransaction, connection

_BUCKETS: Final = 64
#: No relay takes a bucket for so long: a lease that ends later was taken by a clock that was wrong,
#: and is void.
_LONGEST_LEASE: Final = timedelta(minutes=1)


def leave_work(tx: Transaction) -> None:
    """Have those woken who wait for work once *tx* is committed."""
    if isinstance(tx, SqlTransaction):
        tx.leaves_work = True


@lru_cache(maxsize=8)  # every scrape of the figures asks for it
def _backlog(at_most: int | None) -> "sa.Select[int, Any]":
    some = sa.select(outbox.c.occurred_at).order_by(outbox.c.id).limit(at_most).subquery()
    return sa.select(sa.func.count(), sa.func.min(some.c.occurred_at))


@lru_cache(maxsize=8)
def _counted_letters(at_most: int) -> "sa.Select[Any]":
    some = sa.select(dead_letter.c.id).limit(at_most).subquery()
    return sa.select(sa.func.count()).select_from(some)


class SqlOutbox(Outbox):
    """The outbox on SQLite and PostgreSQL. All but :meth:`append` begin a short transaction of
    their own on *database*.

    With *queues* events need not be carried anywhere: they are written straight into the queues of
    those who follow them. Either way those who carry or take them are woken after the commit.
    """

    def __init__(self, database: Database, queues: SqlLocalQueues | None = None) -> None:
        self._db = database
        self._queues = queues

    def append(self, tx: Transaction, messages: Sequence[Message]) -> None:
        if not messages:
            return
        leave_work(tx)
        if self._queues is not None:
            self._queues.append(tx, messages)
            return
        insert_if_new(
            connection(tx),
            outbox,
            [
                {**_row(m), "bucket": zlib.crc32(m.partition_key.encode()) % _BUCKETS}
                for m in messages
            ],
        )

    def lease(self, owner: str, now: datetime, until: datetime) -> Sequence[int]:
        c = outbox_lease.c
        with self._db.begin() as tx:
            known = set(connection(tx).execute(sa.select(c.bucket)).scalars())
            new = [
                {"bucket": bucket, "owner": owner, "lease_until": until}
                for bucket in range(_BUCKETS)
                if bucket not in known
            ]
            insert_if_new(connection(tx), outbox_lease, new)
            taken = (
                sa.update(outbox_lease)
                .where(
                    sa.or_(
                        c.owner == owner, c.lease_until <= now, c.lease_until > now + _LONGEST_LEASE
                    )
                )
                .values(owner=owner, lease_until=until)
                .returning(c.bucket)
            )
            held = sorted(connection(tx).execute(taken).scalars())
            tx.commit()
        return held

    def read(self, buckets: Sequence[int], limit: int) -> Sequence[Message]:
        c = outbox.c
        oldest = (
            sa.select(c.id, c.name, c.partition_key, c.occurred_at, c.payload, c.trace)
            .where(c.bucket.in_(buckets))
            .order_by(c.id)
            .limit(limit)
        )
        with self._db.snapshot() as tx:
            rows = connection(tx).execute(oldest).all()
        return [
            Message(
                id=i, name=name, partition_key=key, occurred_at=at, payload=payload, trace=trace
            )
            for i, name, key, at, payload, trace in rows
        ]

    def delete(self, ids: Sequence[MessageId]) -> None:
        if not ids:
            return
        with self._db.begin() as tx:
            _DELETE.run(connection(tx), one_by_one(sorted(ids)))
            tx.commit()

    def park(self, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        rows = [
            _row(x.message) | {"consumer": x.consumer, "reason": x.reason, "parked_at": x.parked_at}
            for x in letters
        ]
        with self._db.begin() as tx:
            insert_if_new(connection(tx), dead_letter, rows)
            tx.commit()

    def backlog(self, at_most: int | None = None) -> tuple[int, datetime | None]:
        with self._db.snapshot() as tx:
            count, oldest = connection(tx).execute(_backlog(at_most)).one()
            queued, since = (
                self._queues.backlog(tx, at_most) if self._queues is not None else (0, None)
            )
        total = count + queued
        return total if at_most is None else min(total, at_most), min(
            (at for at in (oldest, since) if at), default=None
        )

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        c = dead_letter.c
        newest = (
            sa.select(dead_letter)
            .order_by(c.parked_at.desc(), c.id.desc(), c.consumer)
            .limit(limit)
        )
        with self._db.snapshot() as tx:
            return [_letter(row) for row in connection(tx).execute(newest)]

    def count_dead_letters(self, at_most: int) -> int:
        with self._db.snapshot() as tx:
            return int(connection(tx).execute(_counted_letters(at_most)).scalar_one())

    def letters_of(self, id: str) -> Sequence[DeadLetter]:
        c = dead_letter.c
        found = sa.select(dead_letter).where(c.id == id).order_by(c.consumer)
        with self._db.snapshot() as tx:
            return [_letter(row) for row in connection(tx).execute(found)]

    def replay(self, ids: Sequence[MessageId], note: Note = without_note) -> Sequence[MessageId]:
        freed: dict[MessageId, Message] = {}
        with self._db.begin() as tx:
            for some in slices(sorted(set(ids))):
                deleted = (
                    sa.delete(dead_letter)
                    .where(dead_letter.c.id.in_(some))
                    .returning(*dead_letter.c)
                )
                freed |= {row.id: _message(row) for row in connection(tx).execute(deleted)}
            self.append(tx, [message for _, message in sorted(freed.items())])
            note(tx, sorted(freed))
            tx.commit()
        return sorted(freed)

    def discard(
        self,
        ids: Sequence[MessageId],
        actor: str,
        reason: str,
        at: datetime,
        note: Note = without_note,
    ) -> Sequence[MessageId]:
        deleted: list[Any] = []
        with self._db.begin() as tx:
            for some in slices(sorted(set(ids))):
                dropped = (
                    sa.delete(dead_letter)
                    .where(dead_letter.c.id.in_(some))
                    .returning(*dead_letter.c)
                )
                deleted += connection(tx).execute(dropped).mappings()
            noted = {"actor": actor, "why": reason, "discarded_at": at}
            insert_if_new(connection(tx), discarded_letter, [{**row, **noted} for row in deleted])
            dropped_ids = sorted({row["id"] for row in deleted})
            note(tx, dropped_ids)
            tx.commit()
        return dropped_ids

    def discarded(self, limit: int) -> Sequence[DiscardedLetter]:
        c = discarded_letter.c
        newest = (
            sa.select(discarded_letter)
            .order_by(c.discarded_at.desc(), c.id.desc(), c.consumer)
            .limit(limit)
        )
        with self._db.snapshot() as tx:
            rows = connection(tx).execute(newest).all()
        return [
            DiscardedLetter(
                letter=_letter(row), actor=row.actor, reason=row.why, discarded_at=row.discarded_at
            )
            for row in rows
        ]


class SqlInbox(Inbox):
    """The inbox on SQLite and PostgreSQL: one insert decides what is new, however many processes
    handle the same message.
    """

    def record_new(
        self, tx: Transaction, consumer: str, messages: Sequence[Message]
    ) -> Sequence[Message]:
        by_id = {m.id: m for m in messages}
        rows = [
            {
                "consumer": consumer,
                "partition_key": m.partition_key,
                "message_id": m.id,
                "occurred_at": m.occurred_at,
            }
            for m in sorted(by_id.values(), key=lambda m: (m.partition_key, m.id))
        ]
        new = {
            message_id
            for (message_id,) in insert_new(connection(tx), inbox, rows, inbox.c.message_id)
        }
        return [m for m in by_id.values() if m.id in new]

    def forget_before(self, tx: Transaction, before: datetime, limit: int) -> int:
        c = inbox.c
        old = (
            sa.select(*inbox.primary_key)
            .where(c.occurred_at < before)
            .order_by(c.occurred_at)
            .limit(limit)
        )
        keys = [tuple(row) for row in connection(tx).execute(old)]
        for some in slices(keys):
            key = sa.tuple_(*inbox.primary_key)
            connection(tx).execute(sa.delete(inbox).where(key.in_(some)))
        return len(keys)


_DELETE: Final = Given(lambda d: sa.delete(outbox).where(outbox.c.id.in_(sa.select(d.id))), id=Id)


def _row(m: Message) -> dict[str, Any]:
    return {
        "partition_key": m.partition_key, "id": m.id, "name": m.name, "occurred_at": m.occurred_at,
        "payload": m.payload, "trace": m.trace,
    }  # fmt: skip


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(
        message=_message(row), consumer=row.consumer, reason=row.reason, parked_at=row.parked_at
    )


def _message(row: Any) -> Message:
    return Message(
        id=row.id, name=row.name, partition_key=row.partition_key, occurred_at=row.occurred_at,
        payload=row.payload, trace=row.trace
    )  # fmt: skip
