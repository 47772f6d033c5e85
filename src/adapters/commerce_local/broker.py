"""Delivery inside the process: whoever publishes also hands over."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import deliver
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, Consumer, DeadLetter, Message, Queue
from commerce_core.kernel.redaction import trace_of

_LOG: Final = logging.getLogger(__name__)


class LocalBroker(Broker):
    """Hands messages to consumers on the thread that publishes; whatever is not taken stays with the publisher.

    Args:
        consumers: who is here to take messages.
        subscriptions: the names of events that each consumer follows, by the consumer's name.
        park: keeps messages that a consumer can never take; idempotent.
        clock: when a message was parked.

    Raises:
        ValueError: *subscriptions* do not say what one of the consumers follows.
    """

    def __init__(
        self,
        consumers: Sequence[Consumer],
        subscriptions: Mapping[str, Sequence[str]],
        park: Callable[[Sequence[DeadLetter]], None],
        clock: Clock,
    ) -> None:
        if strangers := sorted(c.name for c in consumers if c.name not in subscriptions):
            raise ValueError(f"nothing says what {', '.join(strangers)} follows")
        self._followers = [(consumer, frozenset(subscriptions[consumer.name])) for consumer in consumers]
        self._park = park
        self._clock = clock

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        left: set[MessageId] = set()
        for consumer, names in self._followers:
            followed = [message for message in messages if message.name in names]
            if followed and not self._took(consumer, followed):
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

    def _took(self, consumer: Consumer, messages: Sequence[Message]) -> bool:
        """Whether *messages* need not come again. One consumer's trouble never keeps them from the others."""
        try:
            if letters := deliver(consumer, messages, self._clock):
                _LOG.error("%s can never take %d of %d messages: %s", consumer.name, len(letters), len(messages), letters[0].reason)
                self._park(letters)
        except Unavailable as error:
            _LOG.warning("%s cannot take %d messages now: %s", consumer.name, len(messages), error)
            return False
        except Exception as error:  # noqa: BLE001 - a defect in one consumer: told with its trace, and the messages come again
            _LOG.error("%s failed on %d messages: %s", consumer.name, len(messages), trace_of(error))
            return False
        return True
