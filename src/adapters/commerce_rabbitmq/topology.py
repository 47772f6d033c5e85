"""What there is at the broker: one exchange for all events, one queue for each consumer, one for
what the broker gives up on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pika.channel import Channel

EXCHANGE: Final = "commerce.events"
DEAD_QUEUE: Final = "commerce.dead-letters"
_DEAD_EXCHANGE: Final = "commerce.dead"
_QUEUE: Final = "commerce.{}"
#: A message comes again so often when its receivers die. High, as a worker that is
#: killed holds hundreds.
_DELIVERIES: Final = 50
#: Dead letters are for people: the broker is to keep them whatever happens. A limit there must be,
#: as newer brokers set one of 20.
_WITHOUT_LIMIT: Final = 1_000_000

_FOLLOWING: Final[Mapping[str, Any]] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": _DELIVERIES,
    "x-dead-letter-exchange": _DEAD_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
_DEAD: Final[Mapping[str, Any]] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": _WITHOUT_LIMIT,
    "x-overflow": "reject-publish",
}


def queue_of(consumer: str) -> str:
    """What the queue of *consumer* is called."""
    return _QUEUE.format(consumer)


def consumer_of(queue: str) -> str:
    """Whose *queue* it is."""
    return queue.removeprefix(_QUEUE.format(""))


class Topology:
    """The exchange, queues and bindings for *subscriptions*: the names of events that each consumer
    follows, by its name.
    """

    def __init__(self, subscriptions: Mapping[str, Sequence[str]]) -> None:
        self._subscriptions = subscriptions
        self.followed = frozenset(name for names in subscriptions.values() for name in names)
        """The names of events for which there is a queue; others are of interest to nobody, or to
        other teams alone.
        """

    def declare(self, channel: Channel, done: Callable[[], None]) -> None:
        """Make sure on *channel* that everything is there, and call *done* then. Idempotent.

        What is there with other arguments makes the broker close the channel, which names it.
        """
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.exchange_declare(_DEAD_EXCHANGE, "fanout", durable=True)
        channel.queue_declare(DEAD_QUEUE, durable=True, arguments=dict(_DEAD))
        for consumer, names in self._subscriptions.items():
            channel.queue_declare(queue_of(consumer), durable=True, arguments=dict(_FOLLOWING))
            for name in names:
                channel.queue_bind(queue_of(consumer), EXCHANGE, name)
        channel.queue_bind(
            DEAD_QUEUE, _DEAD_EXCHANGE, callback=lambda _: done()
        )  # answered last: requests are carried out in order
