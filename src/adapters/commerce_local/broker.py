"""Delivery inside the shop: each consumer takes from a queue of its own in the shop's database."""

from collections.abc import Mapping, Sequence
from typing import Final

from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, LocalQueues, Message, Queue


class LocalBroker(Broker):
    """Puts messages into *queues*, from which loops of this process, or of another one on the same
    database, take them.

    A shop's own events are in there already, written with the state that they report. What is
    published is what waited in the outbox when the shop went over to this broker.
    """

    #: Its queues are tables of the shop's own.
    answers_at_once: Final = True

    def __init__(self, queues: LocalQueues) -> None:
        self._queues = queues

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        self._queues.put(messages)
        return [message.id for message in messages]

    def queues(self) -> Mapping[str, Queue]:
        return self._queues.queues()

    def collect(self, limit: int) -> int:
        return 0

    def waiting(self) -> Mapping[str, int]:
        return self._queues.waiting()

    def ping(self) -> None:
        """Always there."""
