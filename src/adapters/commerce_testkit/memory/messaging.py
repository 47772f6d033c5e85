"""Outbox and inbox in memory."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

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
from commerce_testkit.memory.transaction import table

_BUCKETS: Final = 64
_LONGEST_LEASE: Final = timedelta(minutes=1)


class MemoryOutbox(Outbox):
    """The outbox in a dictionary of *database*."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def append(self, tx: Transaction, messages: Sequence[Message]) -> None:
        rows = table(tx, "outbox")
        for message in messages:
            rows.setdefault(message.id, message)

    def lease(self, owner: str, now: datetime, until: datetime) -> Sequence[int]:
        with self._db.begin() as tx:
            rows = table(tx, "outbox_lease")
            held = [
                b
                for b in range(_BUCKETS)
                if b not in rows
                or rows[b][0] == owner
                or rows[b][1] <= now
                or rows[b][1] > now + _LONGEST_LEASE
            ]
            rows.update(dict.fromkeys(held, (owner, until)))
            tx.commit()
        return held

    def read(self, buckets: Sequence[int], limit: int) -> Sequence[Message]:
        wanted = set(buckets)
        with self._db.snapshot() as tx:
            waiting = [
                m
                for _, m in sorted(table(tx, "outbox").items())
                if zlib.crc32(m.partition_key.encode()) % _BUCKETS in wanted
            ]
        return waiting[:limit]

    def delete(self, ids: Sequence[MessageId]) -> None:
        with self._db.begin() as tx:
            for message_id in ids:
                table(tx, "outbox").pop(message_id, None)
            tx.commit()

    def park(self, letters: Sequence[DeadLetter]) -> None:
        with self._db.begin() as tx:
            parked = table(tx, "dead_letter")
            for letter in letters:
                parked.setdefault((letter.consumer, letter.message.id), letter)
            tx.commit()

    def backlog(self, at_most: int | None = None) -> tuple[int, datetime | None]:
        with self._db.snapshot() as tx:
            waiting = [m for _, m in sorted(table(tx, "outbox").items())][:at_most]
        return len(waiting), min((m.occurred_at for m in waiting), default=None)

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        with self._db.snapshot() as tx:
            letters: list[DeadLetter] = list(table(tx, "dead_letter").values())
        return sorted(letters, key=lambda x: (x.parked_at, x.message.id), reverse=True)[:limit]

    def count_dead_letters(self, at_most: int) -> int:
        with self._db.snapshot() as tx:
            return min(at_most, len(table(tx, "dead_letter")))

    def letters_of(self, id: str) -> Sequence[DeadLetter]:
        with self._db.snapshot() as tx:
            return [
                letter
                for (_, parked), letter in sorted(table(tx, "dead_letter").items())
                if parked == id
            ]

    def replay(self, ids: Sequence[MessageId], note: Note = without_note) -> Sequence[MessageId]:
        with self._db.begin() as tx:
            parked, wanted = table(tx, "dead_letter"), set(ids)
            found = {
                letter.message.id: letter.message
                for letter in parked.values()
                if letter.message.id in wanted
            }
            self.append(tx, list(found.values()))
            for key in [key for key in parked if key[1] in found]:
                del parked[key]
            note(tx, sorted(found))
            tx.commit()
        return sorted(found)

    def discard(
        self,
        ids: Sequence[MessageId],
        actor: str,
        reason: str,
        at: datetime,
        note: Note = without_note,
    ) -> Sequence[MessageId]:
        with self._db.begin() as tx:
            parked, noted = table(tx, "dead_letter"), table(tx, "discarded_letter")
            keys = [key for key in parked if key[1] in set(ids)]
            for key in keys:
                noted[*key, at] = DiscardedLetter(
                    letter=parked.pop(key), actor=actor, reason=reason, discarded_at=at
                )
            dropped = sorted({message_id for _, message_id in keys})
            note(tx, dropped)
            tx.commit()
        return dropped

    def discarded(self, limit: int) -> Sequence[DiscardedLetter]:
        with self._db.snapshot() as tx:
            notes: list[DiscardedLetter] = list(table(tx, "discarded_letter").values())
        return sorted(notes, key=lambda x: (x.discarded_at, x.letter.message.id), reverse=True)[
            :limit
        ]


class MemoryInbox(Inbox):
    """The inbox in a dictionary."""

    def record_new(
        self, tx: Transaction, consumer: str, messages: Sequence[Message]
    ) -> Sequence[Message]:
        recorded = table(tx, "inbox")
        new: list[Message] = []
        for message in messages:
            if (consumer, message.id) not in recorded:
                recorded[consumer, message.id] = message.occurred_at
                new.append(message)
        return new

    def forget_before(self, tx: Transaction, before: datetime, limit: int) -> int:
        recorded = table(tx, "inbox")
        old = [key for key, occurred_at in recorded.items() if occurred_at < before][:limit]
        for key in old:
            del recorded[key]
        return len(old)
