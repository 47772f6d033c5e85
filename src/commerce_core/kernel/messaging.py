"""Events on their way: written with the state they report (outbox), delivered at least once,
counted once (inbox).
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

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
    trace: str | None = None
    """Trace context (W3C ``traceparent``) of the request that caused it. Opaque here."""


def envelope(event: Event, *, id: str, at: datetime, trace: str | None = None) -> Message:
    """*event* as a message."""
    return Message(
        id=MessageId(id), name=event.name, partition_key=event.partition_key, occurred_at=at,
        payload=to_data(event), trace=trace
    )  # fmt: skip


@attrs.frozen(kw_only=True)
class DeadLetter:
    """A message that a consumer refused, kept with the reason for an operator."""

    message: Message
    consumer: str
    reason: str
    parked_at: datetime


@attrs.frozen(kw_only=True)
class DiscardedLetter:
    """A dead letter that an operator discarded, with who did so and why."""

    letter: DeadLetter
    actor: str
    reason: str
    discarded_at: datetime


#: Writes down in a transaction what is done in it to messages.
Note: TypeAlias = Callable[[Transaction, Sequence[MessageId]], None]


def without_note(_tx: Transaction, _ids: Sequence[MessageId], /) -> None:
    """Nothing is written down."""


class Outbox(Protocol):
    """Messages that wait to be published, in the database of the state they report.

    Rows lie in a fixed number of buckets by partition key; a publisher holds a short lease on a
    bucket. A lease that runs out only means that a message is published twice. Lists may have any
    length.
    """

    @abstractmethod
    def append(self, tx: Transaction, messages: Sequence[Message]) -> None:
        """Add *messages* inside *tx*. Idempotent by message id."""

    @abstractmethod
    def lease(self, owner: str, now: datetime, until: datetime) -> Sequence[int]:
        """Take or prolong every bucket that is free at *now* or *owner*'s own; the buckets held
        until *until*, ascending.

        At its end a lease is over. One that ends more than a minute after *now* was taken by a
        clock that was wrong, and is void.
        """

    @abstractmethod
    def read(self, buckets: Sequence[int], limit: int) -> Sequence[Message]:
        """Up to *limit* waiting messages of *buckets*, oldest first within a partition key. Changes
        nothing.
        """

    @abstractmethod
    def delete(self, ids: Sequence[MessageId]) -> None:
        """Forget published messages. Idempotent."""

    @abstractmethod
    def park(self, letters: Sequence[DeadLetter]) -> None:
        """Keep messages that a consumer cannot take in the list of dead letters. Idempotent by
        consumer and message.

        Whether they still wait here is not changed: others may not have had them yet.
        """

    @abstractmethod
    def backlog(self, at_most: int | None = None) -> tuple[int, datetime | None]:
        """How many messages wait, counted up to *at_most*, and since when the oldest of them
        does.
        """

    @abstractmethod
    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """The latest parked messages, newest first."""

    @abstractmethod
    def count_dead_letters(self, at_most: int) -> int:
        """How many messages are parked, counted up to *at_most*."""

    @abstractmethod
    def letters_of(self, id: str) -> Sequence[DeadLetter]:
        """The parked message *id*, once for every consumer that could not take it, by the
        consumer's name.
        """

    @abstractmethod
    def replay(self, ids: Sequence[MessageId], note: Note = without_note) -> Sequence[MessageId]:
        """Let parked messages wait again, for every consumer that follows them, and remove them
        from the dead letters; those that were parked, ascending. *note* is called with them in the
        transaction that does so.

        Idempotent: what is not parked changes nothing.
        """

    @abstractmethod
    def discard(
        self,
        ids: Sequence[MessageId],
        actor: str,
        reason: str,
        at: datetime,
        note: Note = without_note,
    ) -> Sequence[MessageId]:
        """Take parked messages out of the list for good, and keep a note of each; those that were
        parked, ascending. *note* is called with them in the transaction that does so.

        Idempotent: what is not parked changes nothing.
        """

    @abstractmethod
    def discarded(self, limit: int) -> Sequence[DiscardedLetter]:
        """The notes of what was discarded last, newest first."""


class Inbox(Protocol):
    """The messages that a consumer has already handled, in the database of its effect and in
    the same transaction.
    """

    @abstractmethod
    def record_new(
        self, tx: Transaction, consumer: str, messages: Sequence[Message]
    ) -> Sequence[Message]:
        """Record *messages* for *consumer*; the ones that were not recorded before, in order."""

    @abstractmethod
    def forget_before(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* records of messages that occurred before *before*; how many.

        Such a message would count once more if it came again. Idempotent.
        """


@attrs.frozen(kw_only=True)
class Delivery:
    """A message as a queue hands it out."""

    message: Message
    attempt: int
    """1 the first time; more when it was given back, or when its receiver died."""
    tag: int
    """Tells it from every other delivery of the queue, of the same message too."""


class Queue(Protocol):
    """Where messages wait for one consumer. Several processes may take from it; each message is
    held by one of them at a time.
    """

    @abstractmethod
    def receive(self, limit: int) -> Sequence[Delivery]:
        """Up to *limit* messages, as far as possible oldest first; the same ones again as long as
        they are unacknowledged. Waits a moment when there are none.

        Unacknowledged is what was received and neither settled nor given back, while its
        connection lives.

        Raises:
            Unavailable: the queue cannot be reached.
        """

    @abstractmethod
    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """They were taken and need not come again. Idempotent; what is no longer held comes
        again all the same.
        """

    @abstractmethod
    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Let them come again, counted as another attempt. Idempotent."""

    @abstractmethod
    def release(self) -> None:
        """Release what was received to other processes, at once; it is as if it had not been
        received. Idempotent.
        """


class LocalQueues(Protocol):
    """Queues that lie in the shop's own database, one for each consumer: for delivery without a
    server.
    """

    @abstractmethod
    def subscribe(self, consumers: "Sequence[Consumer]") -> None:
        """Have a queue for each of *consumers*, and from now on put into it what that one follows.

        To be called once, before anything is put. What waits for others stays where it is.
        """

    @abstractmethod
    def put(self, messages: Sequence[Message]) -> None:
        """Add *messages* to the queue of each consumer that follows them; durable on return.
        Idempotent by message id.
        """

    @abstractmethod
    def queues(self) -> Mapping[str, Queue]:
        """The queue of every consumer by its name."""

    @abstractmethod
    def waiting(self) -> Mapping[str, int]:
        """How many messages wait for each consumer, by its name, received ones included; counted
        up to a bound.
        """


class Broker(Protocol):
    """Carries messages to consumers: on the spot, or into queues that they take from."""

    @abstractmethod
    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        """Hand over *messages*, in their order; the ids that were confirmed, in that order too
        (publish the rest again). A message that nobody follows is confirmed.

        At least once: a message may be delivered although it is missing from the answer.

        Raises:
            Unavailable: none was confirmed: the broker cannot be reached or is not accepting
                messages.
        """

    @abstractmethod
    def queues(self) -> Mapping[str, Queue]:
        """The queue of every consumer by its name; none where publishing hands over on the spot."""

    @abstractmethod
    def collect(self, limit: int) -> int:
        """Park up to *limit* messages that the broker itself gave up on; how many. 0: none waits.

        Raises:
            Unavailable: the broker cannot be reached, or parking is not possible now; nothing is
                lost.
        """

    @abstractmethod
    def waiting(self) -> Mapping[str, int]:
        """How many messages wait in the queue of each consumer, by its name, unacknowledged ones
        excluded; none where there are no queues.

        Raises:
            Unavailable: the broker cannot be reached, or does not answer in time.
        """

    @abstractmethod
    def ping(self) -> None:
        """Make sure that messages can be handed over now.

        Raises:
            Unavailable: they cannot; it says why.
        """


class Consumer(Protocol):
    """Something that follows events."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its stable name: the key in the inbox and the name of its queue."""

    @property
    @abstractmethod
    def follows(self) -> Sequence[str]:
        """The wire names of the events that wake it, the same as long as it lives."""

    @abstractmethod
    def handle(self, messages: Sequence[Message]) -> None:
        """Take *messages*, all or none. Idempotent: each may come again, late, or out of order.

        Raises:
            Rejected: one of them can never be taken (it is found by halving the group, and
                parked).
            Unavailable: they cannot be handled now; all are delivered again.
        """


def each_by_its_name(consumers: "Sequence[Consumer]") -> "Sequence[Consumer]":
    """*consumers*, no two of which have the same name.

    Raises:
        ValueError: two have.
    """
    names = [consumer.name for consumer in consumers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two consumers are called {twice[0]}: each has a queue by its name")
    return consumers
