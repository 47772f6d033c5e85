"""Events on their way: written with the state they tell of (outbox), delivered at least once, counted once (inbox)."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs

from commerce_core.kernel.codec import to_data
from commerce_core.kernel.events import Event
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.transaction import Transaction


@attrs.frozen(kw_only=True)
class Message:
    """An event in its envelope. ``payload`` is JSON-ready."""

    id: MessageId
    name: str
    partition_key: str
    occurred_at: datetime
    payload: Mapping[str, Any]


def envelope(event: Event, *, id: str, at: datetime) -> Message:
    """*event* as a message."""
    return Message(id=MessageId(id), name=event.name, partition_key=event.partition_key, occurred_at=at, payload=to_data(event))


@attrs.frozen(kw_only=True)
class DeadLetter:
    """A message that could not be taken, kept with the reason for a person."""

    message: Message
    consumer: str
    reason: str
    parked_at: datetime


class Outbox(Protocol):
    """Messages that wait to be published, in the database of the state they tell of.

    Rows lie in a fixed number of buckets by partition key; whoever publishes holds a short lease on a bucket.
    A lease that runs out only means that a message is published twice.
    """

    @abstractmethod
    def append(self, tx: Transaction, messages: Sequence[Message]) -> None:
        """Add *messages* inside *tx*. Idempotent by message id."""

    @abstractmethod
    def lease(self, owner: str, now: datetime, until: datetime) -> Sequence[int]:
        """Take or prolong every bucket that is free at *now* or *owner*'s own; the buckets held until *until*, ascending."""

    @abstractmethod
    def read(self, buckets: Sequence[int], limit: int) -> Sequence[Message]:
        """Up to *limit* waiting messages of *buckets*, oldest first within a partition key. Changes nothing."""

    @abstractmethod
    def delete(self, ids: Sequence[MessageId]) -> None:
        """Forget published messages. Idempotent."""

    @abstractmethod
    def park(self, letters: Sequence[DeadLetter]) -> None:
        """Move messages that nobody can take out of the way, into the list of dead letters. Idempotent."""

    @abstractmethod
    def backlog(self) -> tuple[int, datetime | None]:
        """How many messages wait, and since when the oldest does."""

    @abstractmethod
    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """The latest parked messages, newest first."""


class Inbox(Protocol):
    """What a consumer has already counted, in the database of its effect and in the same transaction."""

    @abstractmethod
    def first_seen(self, tx: Transaction, consumer: str, messages: Sequence[Message]) -> Sequence[Message]:
        """Record *messages* for *consumer* and answer those that it had not recorded before, in their order."""


class Broker(Protocol):
    """Carries messages to consumers."""

    @abstractmethod
    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        """Hand over *messages*; the ids that were surely taken (the rest is to be published again).

        At least once: a message may be delivered although it is missing from the answer.
        """


class Consumer(Protocol):
    """Something that follows events."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its stable name: the key in the inbox and the name of its queue."""

    @abstractmethod
    def handle(self, messages: Sequence[Message]) -> None:
        """Take *messages*, all or none. Idempotent: each may come again, late, or out of order.

        Raises:
            Rejected: one of them can never be taken (the deliverer finds out which by halving, and parks it).
            Unavailable: not now.
        """
