"""Delivery in memory."""

from collections.abc import Callable, Mapping, Sequence

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import deliver
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, Consumer, DeadLetter, Message


class MemoryBroker(Broker):
    """Hands messages over while they are published. A consumer that fails in any other way than it may fails the test."""

    def __init__(
        self,
        consumers: Sequence[Consumer],
        subscriptions: Mapping[str, Sequence[str]],
        park: Callable[[Sequence[DeadLetter]], None],
        clock: Clock,
    ) -> None:
        self._consumers = consumers
        self._subscriptions = subscriptions
        self._park = park
        self._clock = clock

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        left: set[MessageId] = set()
        for consumer in self._consumers:
            followed = [message for message in messages if message.name in self._subscriptions[consumer.name]]
            try:
                self._park(deliver(consumer, followed, self._clock))
            except Unavailable:
                left.update(message.id for message in followed)
        return [message.id for message in messages if message.id not in left]
