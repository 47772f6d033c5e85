"""Taking messages out of a queue: prefetched by a thread that also keeps the connection alive,
however long handling them takes.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count, islice
from typing import Any, Final, Generic, TypeVar

import attrs
from pika import BasicProperties, URLParameters
from pika.channel import Channel

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import Unreadable
from commerce_core.kernel.messaging import DeadLetter, Delivery, Message, Queue
from commerce_core.kernel.redaction import message_of
from commerce_rabbitmq.connection import Line, Link
from commerce_rabbitmq.envelope import attempt, broker_can_give_up_on, dead_letter, decode
from commerce_rabbitmq.topology import Topology, queue_of

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)
_PREFETCH: Final = 500
#: Seconds that are waited for the first message.
_MOMENT: Final = 0.25
#: Tags of different links differ by so much at least.
_TAGS: Final = 1 << 48


class _TakingLink(Link, Generic[T]):
    """Holds what the broker handed over and is neither settled nor given back, by tag."""

    def __init__(
        self,
        parameters: URLParameters,
        topology: Topology,
        queue: str,
        read: Callable[[BasicProperties, bytes], T],
    ) -> None:
        super().__init__(parameters, f"commerce consumer of {queue}")
        self.in_hand: dict[int, T] = {}
        self._topology = topology
        self._queue = queue
        self._read = read
        self._refused = 0

    def prepare(self, channel: Channel) -> None:
        self._topology.declare(channel, lambda: self._consume(channel))

    def _consume(self, channel: Channel) -> None:
        channel.basic_qos(prefetch_count=_PREFETCH)
        channel.basic_consume(self._queue, self._on_message, callback=lambda _: self.ready())

    def _on_message(
        self, channel: Channel, method: Any, properties: BasicProperties, body: bytes
    ) -> None:
        tag: int = method.delivery_tag
        try:
            value = self._read(properties, body)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is about this message alone: the others must come through)
            self._refused += 1
            # The first, the second, the fourth …: there may be many, and each is a dead letter.
            if self._refused.bit_count() == 1:
                reason = error.detail if isinstance(error, Unreadable) else message_of(error)
                _LOG.error(
                    "%s held %d that nobody can read, the latest: %s",
                    self._queue,
                    self._refused,
                    reason,
                )
            channel.basic_reject(tag, requeue=False)
            return
        with self.changed:
            self.in_hand[tag] = value
            if len(self.in_hand) == 1:
                self.changed.notify_all()


class Intake(Generic[T]):
    """What waits in *queue*, each message as *read* makes it of properties and body; what *read*
    finds unreadable is refused.

    Connects when something is first asked for; after a loss it connects again when it is asked
    again.
    """

    def __init__(
        self, nodes: Sequence[URLParameters], topology: Topology, queue: str,
        read: Callable[[BasicProperties, bytes], T]
    ) -> None:  # fmt: skip
        self._line = Line(nodes, lambda parameters: _TakingLink(parameters, topology, queue, read))
        self._epochs = count(step=_TAGS)
        self._epoch = 0
        self._known: _TakingLink[T] | None = None

    def take(self, limit: int) -> Sequence[tuple[int, T]]:
        """Up to *limit* of the unacknowledged messages, oldest first, each with its tag. Waits a
        moment when nothing is.

        Raises:
            BrokerUnavailable: there is no connection.
        """
        link = self._line.link()
        if link is not self._known:
            self._known, self._epoch = link, next(self._epochs)
        link.wait(lambda: bool(link.in_hand), _MOMENT)
        with link.changed:
            return [
                (self._epoch + tag, value) for tag, value in islice(link.in_hand.items(), limit)
            ]

    def settle(self, tags: Iterable[int]) -> None:
        """Have the broker forget them. Idempotent."""
        self._let_go(tags, _forget)

    def give_back(self, tags: Iterable[int]) -> None:
        """Have the broker deliver them again. Idempotent."""
        self._let_go(tags, _return)

    def close(self) -> None:
        """Disconnect: unacknowledged messages go back. Idempotent."""
        self._line.close()

    def _let_go(
        self, tags: Iterable[int], tell: Callable[[Sequence[int], bool, Channel], None]
    ) -> None:
        if (link := self._known) is None:
            return
        with link.changed:
            gone = sorted(
                tag - self._epoch
                for tag in tags
                if link.in_hand.pop(tag - self._epoch, None) is not None
            )
            oldest = next(iter(link.in_hand), None)
        if gone:
            link.call(partial(tell, gone, oldest is None or oldest > gone[-1]))


def _forget(tags: Sequence[int], whole: bool, channel: Channel) -> None:
    """*whole*: nothing before the last of *tags* is unacknowledged."""
    if whole:
        channel.basic_ack(tags[-1], multiple=True)
    else:
        for tag in tags:
            channel.basic_ack(tag)


def _return(tags: Sequence[int], _whole: bool, channel: Channel) -> None:
    for tag in tags:
        channel.basic_nack(tag, requeue=True)


class RabbitQueue(Queue):
    """The queue of *consumer*. For one thread at a time."""

    def __init__(
        self,
        nodes: Sequence[URLParameters],
        topology: Topology,
        consumer: str,
        park: Callable[[Sequence[DeadLetter]], None],
        clock: Clock,
    ) -> None:
        read = partial(_read, consumer, clock)
        self._intake: Intake[tuple[Message, int] | DeadLetter] = Intake(
            nodes, topology, queue_of(consumer), read
        )
        self._park = park

    def receive(self, limit: int) -> Sequence[Delivery]:
        taken = self._intake.take(limit)
        if letters := {tag: value for tag, value in taken if isinstance(value, DeadLetter)}:
            self._park([*letters.values()])
            self._intake.settle(letters)
        return [
            Delivery(message=value[0], attempt=value[1], tag=tag)
            for tag, value in taken
            if not isinstance(value, DeadLetter)
        ]

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        self._intake.settle(d.tag for d in deliveries)

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        self._intake.give_back(d.tag for d in deliveries)

    def release(self) -> None:
        self._intake.close()

    def close(self) -> None:
        """Disconnect: unacknowledged messages go back. Idempotent."""
        self._intake.close()


def _read(
    consumer: str, clock: Clock, properties: BasicProperties, body: bytes
) -> tuple[Message, int] | DeadLetter:
    """The message and the number of its delivery; a letter for what the broker must not be asked to
    give up on.

    Raises:
        Unreadable: it is no event, and the broker can be told so.
    """
    try:
        return decode(properties, body), attempt(properties)
    except Unreadable:
        if broker_can_give_up_on(properties):
            raise
        return attrs.evolve(dead_letter(properties, body, clock.now()), consumer=consumer)
