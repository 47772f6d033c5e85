"""Handing events over, one consumer at a time."""

from collections.abc import Callable, Sequence
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.messaging import Consumer, DeadLetter, Delivery, Message, Queue
from commerce_core.kernel.redaction import message_of

#: A message on which its consumer fails this often, alone and without saying why, is parked.
#: The caller waits between two attempts.
_ATTEMPTS: Final = 20


def deliver(consumer: Consumer, messages: Sequence[Message], clock: Clock) -> Sequence[DeadLetter]:
    """Have *consumer* take *messages*; those that it can never take, each with its reason. Halves a
    group down to the bad ones.

    Raises:
        Unavailable: the consumer cannot take them now; all are to be delivered again.
    """
    if not messages:
        return []
    try:
        consumer.handle(messages)
    except Rejected as error:
        if len(messages) == 1:
            reason = storable_text(f"{error.code}: {error.detail}")
            return [
                DeadLetter(
                    message=messages[0],
                    consumer=consumer.name,
                    reason=reason,
                    parked_at=clock.now(),
                )
            ]
        middle = len(messages) // 2
        return [
            *deliver(consumer, messages[:middle], clock),
            *deliver(consumer, messages[middle:], clock),
        ]
    return []


class Follower:
    """Has one consumer take what waits in its queue. Any number may follow one queue.

    What the consumer can never take is parked; what it cannot take now stays received and is tried
    again; a message on which it fails without saying why is found by halving, given back, and
    parked when that happened too often.
    """

    def __init__(
        self,
        consumer: Consumer,
        queue: Queue,
        park: Callable[[Sequence[DeadLetter]], None],
        clock: Clock,
    ) -> None:
        self._consumer = consumer
        self._queue = queue
        self._park = park
        self._clock = clock

    def run_once(self, limit: int) -> int:
        """Hand over up to *limit* messages; how many were dealt with. A message is forgotten after
        its effect was committed.

        Raises:
            Unavailable: the queue cannot be reached, or the consumer cannot take them now.
            Exception: whatever the consumer failed with on a message that was given back; the
                others were dealt with.
        """
        deliveries = self._queue.receive(limit)
        if failure := self._take(deliveries):
            raise failure
        return len(deliveries)

    def release(self) -> None:
        """Release what was received to other processes. Idempotent."""
        self._queue.release()

    def _take(self, deliveries: Sequence[Delivery]) -> Exception | None:
        """Deal with *deliveries*; the last failure that is not understood."""
        if not deliveries:
            return None
        try:
            letters = deliver(self._consumer, [d.message for d in deliveries], self._clock)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 (a defect must not block other messages)
            if len(deliveries) == 1:
                return self._failed(deliveries[0], error)
            middle = len(deliveries) // 2
            earlier = self._take(deliveries[:middle])
            return self._take(deliveries[middle:]) or earlier
        self._park(letters)
        self._queue.settle(deliveries)
        return None

    def _failed(self, delivery: Delivery, error: Exception) -> Exception | None:
        if delivery.attempt < _ATTEMPTS:
            self._queue.give_back([delivery])
            return error
        reason = storable_text(message_of(error))
        self._park(
            [
                DeadLetter(
                    message=delivery.message,
                    consumer=self._consumer.name,
                    reason=reason,
                    parked_at=self._clock.now(),
                )
            ]
        )
        self._queue.settle([delivery])
        return None
