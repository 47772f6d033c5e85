"""The whole broker: what publishes, the consumers' queues, and the dead letters."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import attrs
from pika import BasicProperties

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, DeadLetter, Message, Queue
from commerce_core.kernel.redaction import message_of
from commerce_rabbitmq.connection import parameters_of
from commerce_rabbitmq.consumer import Intake, RabbitQueue
from commerce_rabbitmq.envelope import dead_letter
from commerce_rabbitmq.publisher import Publisher
from commerce_rabbitmq.topology import DEAD_QUEUE, Topology, consumer_of, queue_of


class RabbitBroker(Broker):
    """Delivery through RabbitMQ. Nothing is connected before it is needed; every part has a
    connection of its own.

    Args:
        url: ``amqp://`` or ``amqps://``, several nodes of a cluster with a comma between them.
        subscriptions: the names of events that each consumer follows, by the consumer's name.
        park: keeps what the broker gave up on; idempotent.
        clock: when a message was parked.

    Raises:
        ValueError: *url* is no address of a broker.
    """

    def __init__(
        self,
        url: str,
        subscriptions: Mapping[str, Sequence[str]],
        park: Callable[[Sequence[DeadLetter]], None],
        clock: Clock,
    ) -> None:
        topology = Topology(subscriptions)
        self._publisher = Publisher(parameters_of(url), topology)
        self._queues = {
            name: RabbitQueue(parameters_of(url), topology, name, park, clock)
            for name in subscriptions
        }
        self._dead: Intake[DeadLetter] = Intake(
            parameters_of(url), topology, DEAD_QUEUE, partial(_read, clock)
        )
        self._park = park

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        return self._publisher.publish(messages)

    def queues(self) -> Mapping[str, Queue]:
        return self._queues

    def collect(self, limit: int) -> int:
        found = self._dead.take(limit)
        self._park([letter for _, letter in found])
        self._dead.settle(tag for tag, _ in found)
        return len(found)

    def waiting(self) -> Mapping[str, int]:
        found = self._publisher.waiting([queue_of(name) for name in self._queues])
        return {consumer_of(queue): count for queue, count in found.items()}

    def ping(self) -> None:
        self._publisher.ping()

    def close(self) -> None:
        """Disconnect; unacknowledged messages go back. Idempotent."""
        for close in (
            *(queue.close for queue in self._queues.values()),
            self._dead.close,
            self._publisher.close,
        ):
            close()


def _read(clock: Clock, properties: BasicProperties, body: bytes) -> DeadLetter:
    try:
        return dead_letter(properties, body, clock.now())
    except Exception as error:  # noqa: BLE001 (kept without its headers rather than lost)
        bare = dead_letter(BasicProperties(), body[:0], clock.now())
        return attrs.evolve(bare, reason=message_of(error))
