"""Delivery in memory."""

from collections.abc import Callable, Mapping, Sequence

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import deliver
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, Consumer, DeadLetter, Delivery, Message, Queue


class MemoryBroker(Broker):
    """Hands messages over while they are published. A consumer that fails in any other way than it
    may fails the test.
    """

    def __init__(
        self,
        consumers: Sequence[Consumer],
        park: Callable[[Sequence[DeadLetter]], None],
        clock: Clock,
    ) -> None:
        self._consumers = consumers
        self._park = park
        self._clock = clock

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        left: set[MessageId] = set()
        for consumer in self._consumers:
            followed = [message for message in messages if message.name in consumer.follows]
            try:
                self._park(deliver(consumer, followed, self._clock))
            except Unavailable:
                left.update(message.id for message in followed)
        return [message.id for message in messages if message.id not in left]

    def queues(self) -> Mapping[str, Queue]:
        return {}

    def collect(self, limit: int) -> int:
        return 0

    def waiting(self) -> Mapping[str, int]:
        return {}

    def ping(self) -> None:
        """Always there."""


class MemoryQueue(Queue):
    """A queue for one consumer, filled by :meth:`put`."""

    def __init__(self) -> None:
        self._in_hand: dict[int, Delivery] = {}
        self._tag = 0

    def put(self, messages: Sequence[Message], attempt: int = 1) -> None:
        """Let *messages* wait."""
        for message in messages:
            self._tag += 1
            self._in_hand[self._tag] = Delivery(message=message, attempt=attempt, tag=self._tag)

    def receive(self, limit: int) -> Sequence[Delivery]:
        return list(self._in_hand.values())[:limit]

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._in_hand.pop(delivery.tag, None)

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if self._in_hand.pop(delivery.tag, None):
                self.put([delivery.message], delivery.attempt + 1)

    def release(self) -> None:
        """There is no other process."""
