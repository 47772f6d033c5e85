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

_LOG: Final = logging.getLogger("commerce.rabbitmq")
_PREFETCH: Final = 500
#: Seconds that are waited for the first message.
_MOMENT: Final = 0.25
#: Tags of different links differ by so much at least.
_TAGS: Final = 1 << 48


class _ConsumingLink(Link, Generic[T]):
    """Holds what the broker delivered and is neither settled nor given back, by tag."""

    def __init__(
        self,
        parameters: URLParameters,
        topology: Topology,
        queue: str,
        read: Callable[[BasicProperties, bytes], T],
    ) -> None:
        super().__init__(parameters, f"commerce consumer of {queue}")
        self.unacknowledged: dict[int, T] = {}
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
        except Exception as error:  # noqa: BLE001 (it concerns this message alone)
            self._refused += 1
            # The first, the second, the fourth …: there may be many, and each is a dead letter.
            if self._refused.bit_count() == 1:
                reason = error.detail if isinstance(error, Unreadable) else message_of(error)
                _LOG.error(
                    "%s held %d unreadable messages, the latest: %s",
                    self._queue,
                    self._refused,
                    reason,
                )
            channel.basic_reject(tag, requeue=False)
            return
        with self.changed:
            self.unacknowledged[tag] = value
            if len(self.unacknowledged) == 1:
                self.changed.notify_all()


class Intake(Generic[T]):
    """What waits in *queue*, each message as *read* makes it of properties and body; what *read*
    finds unreadable is refused.

    Connects at the first call, and after a loss at the next one.
    """

    def __init__(
        self, nodes: Sequence[URLParameters], topology: Topology, queue: str,
        read: Callable[[BasicProperties, bytes], T]
    ) -> None:  # fmt: skip
        self._line = Line(
            nodes, lambda parameters: _ConsumingLink(parameters, topology, queue, read)
        )
        self._epochs = count(step=_TAGS)
        self._epoch = 0
        self._known: _ConsumingLink[T] | None = None

    def take(self, limit: int) -> Sequence[tuple[int, T]]:
        """Up to *limit* of the unacknowledged messages, oldest first, each with its tag. Waits a
        moment when nothing is.

        Raises:
            BrokerUnavailable: there is no connection.
        """
        link = self._line.link()
        if link is not self._known:
            self._known, self._epoch = link, next(self._epochs)
        link.wait(lambda: bool(link.unacknowledged), _MOMENT)
        with link.changed:
            return [
                (self._epoch + tag, value)
                for tag, value in islice(link.unacknowledged.items(), limit)
            ]

    def settle(self, tags: Iterable[int]) -> None:
        """Have the broker forget them. Idempotent."""
        self._finish(tags, _acknowledge)

    def give_back(self, tags: Iterable[int]) -> None:
        """Have the broker deliver them again. Idempotent."""
        self._finish(tags, _requeue)

    def close(self) -> None:
        """Disconnect: unacknowledged messages go back. Idempotent."""
        self._line.close()

    def _finish(
        self, tags: Iterable[int], send: Callable[[Sequence[int], bool, Channel], None]
    ) -> None:
        if (link := self._known) is None:
            return
        with link.changed:
            finished = sorted(
                tag - self._epoch
                for tag in tags
                if link.unacknowledged.pop(tag - self._epoch, None) is not None
            )
            oldest = next(iter(link.unacknowledged), None)
        if finished:
            link.call(partial(send, finished, oldest is None or oldest > finished[-1]))


def _acknowledge(tags: Sequence[int], all_before: bool, channel: Channel) -> None:
    """*all_before*: nothing before the last of *tags* is unacknowledged."""
    if all_before:
        channel.basic_ack(tags[-1], multiple=True)
    else:
        for tag in tags:
            channel.basic_ack(tag)


def _requeue(tags: Sequence[int], _all_before: bool, channel: Channel) -> None:
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
        deliveries: list[Delivery] = []
        letters: dict[int, DeadLetter] = {}
        for tag, value in self._intake.take(limit):
            if isinstance(value, DeadLetter):
                letters[tag] = value
            else:
                deliveries.append(Delivery(message=value[0], attempt=value[1], tag=tag))
        if letters:
            self._park([*letters.values()])
            self._intake.settle(letters)
        return deliveries

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
    """The message and the number of its delivery; a dead letter where the broker cannot reject it.

    Raises:
        Unreadable: it is no event; the broker can reject it.
    """
    try:
        return decode(properties, body), attempt(properties)
    except Unreadable:
        if broker_can_give_up_on(properties):
            raise
        return attrs.evolve(dead_letter(properties, body, clock.now()), consumer=consumer)
