"""Handing events over, one consumer at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from commerce_core.kernel.batching import isolate_failures
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.messaging import Broker, Consumer, DeadLetter, Delivery, Message, Queue
from commerce_core.kernel.redaction import message_of

#: A message on which its consumer fails this often, alone and without saying why, is parked.
#: The caller waits between two attempts.
_ATTEMPTS: Final = 20


def deliver(consumer: Consumer, messages: Sequence[Message], clock: Clock) -> Sequence[DeadLetter]:
    """Have *consumer* take *messages*; those that it can never take, each with its reason.

    Raises:
        Unavailable: the consumer cannot take them now; all are to be delivered again.
        Exception: whatever the consumer failed with on one of them.
    """
    letters: list[DeadLetter] = []
    for message, error in zip(messages, _answers(consumer, messages), strict=True):
        if isinstance(error, Rejected):
            letters.append(_dead_letter(consumer, message, error, clock))
        elif error is not None:
            raise error
    return letters


def _answers(consumer: Consumer, messages: Sequence[Message]) -> Sequence[Exception | None]:
    """Have *consumer* take *messages*: for each why it did not, or ``None``. The others are taken.

    A consumer that cannot take messages now is not called again with fewer of them.
    """

    def taken(some: Sequence[Message]) -> Sequence[None]:
        consumer.handle(some)
        return [None] * len(some)

    return isolate_failures(taken, messages, Unavailable)


def _dead_letter(
    consumer: Consumer, message: Message, error: Exception, clock: Clock
) -> DeadLetter:
    reason = f"{error.code}: {error.detail}" if isinstance(error, Rejected) else message_of(error)
    return DeadLetter(
        message=message,
        consumer=consumer.name,
        reason=storable_text(reason),
        parked_at=clock.now(),
    )


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
        over: list[Delivery] = []
        back: list[Delivery] = []
        letters: list[DeadLetter] = []
        failure: Exception | None = None
        answers = _answers(self._consumer, [d.message for d in deliveries])
        for delivery, error in zip(deliveries, answers, strict=True):
            if error is None:
                over.append(delivery)
            elif isinstance(error, Unavailable):
                failure = error
            elif isinstance(error, Rejected) or delivery.attempt >= _ATTEMPTS:
                letters.append(_dead_letter(self._consumer, delivery.message, error, self._clock))
                over.append(delivery)
            else:
                back.append(delivery)
                failure = error
        if letters:
            self._park(letters)
        if over:
            self._queue.settle(over)
        if back:
            self._queue.give_back(back)
        if failure is not None:
            raise failure
        return len(deliveries)

    def release(self) -> None:
        """Release what was received to other processes. Idempotent."""
        self._queue.release()


def followers_of(
    broker: Broker,
    consumers: Sequence[Consumer],
    park: Callable[[Sequence[DeadLetter]], None],
    clock: Clock,
) -> Mapping[str, Follower]:
    """What hands each of *consumers* the messages in its queue at *broker*, by the consumer's
    name; none where publishing does.
    """
    queues = broker.queues()
    return {c.name: Follower(c, queues[c.name], park, clock) for c in consumers if c.name in queues}
