"""A follower hands over what waits in a queue, forgets only what was taken, and lets no message
keep the others waiting.
"""

from collections.abc import Sequence
from typing import Final

import pytest

from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.messaging import Consumer, DeadLetter, Message
from commerce_testkit.contracts.broker import AT, RecordingConsumer, message
from commerce_testkit.memory.broker import MemoryQueue
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.shop import MemoryShop
from commerce_worker.consumers import CONSUMER_ROLES

_ATTEMPTS: Final = 20


class Defective(Consumer):
    """Fails on some numbers without saying why."""

    def __init__(self, *fails: int) -> None:
        self.fails = fails
        self.taken: list[int] = []

    @property
    def name(self) -> str:
        return "defective"

    @property
    def follows(self) -> Sequence[str]:
        return ()

    def handle(self, messages: Sequence[Message]) -> None:
        numbers = [m.payload["number"] for m in messages]
        if any(n in self.fails for n in numbers):
            raise ZeroDivisionError("division by zero")
        self.taken += numbers


def following(
    consumer: Consumer, *waiting: int, attempt: int = 1
) -> tuple[Follower, MemoryQueue, list[DeadLetter]]:
    queue, parked = MemoryQueue(), []
    queue.put([message(n) for n in waiting], attempt)
    return Follower(consumer, queue, parked.extend, SettableClock(AT)), queue, parked


def test_what_was_taken_is_forgotten() -> None:
    consumer = RecordingConsumer("mailer")
    follower, queue, _ = following(consumer, 1, 2, 3)
    assert [follower.run_once(2), follower.run_once(2), follower.run_once(2)] == [2, 1, 0]
    assert (consumer.taken, queue.receive(10)) == ([1, 2, 3], [])


def test_what_cannot_be_taken_now_stays_unacknowledged() -> None:
    consumer = RecordingConsumer("mailer")
    follower, queue, parked = following(consumer, 1, 2)
    consumer.away = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            follower.run_once(10)
    assert [(d.message.id, d.attempt) for d in queue.receive(10)] == [("m01", 1), ("m02", 1)]
    consumer.away = False
    assert (follower.run_once(10), consumer.taken, parked) == (2, [1, 2], [])


def test_what_can_never_be_taken_is_parked_and_forgotten() -> None:
    follower, queue, parked = following(RecordingConsumer("mailer", rejects=[2]), 1, 2, 3)
    assert (follower.run_once(10), queue.receive(10)) == (3, [])
    assert [(letter.message.id, letter.consumer) for letter in parked] == [("m02", "mailer")]


def test_what_cannot_be_parked_now_stays_unacknowledged() -> None:
    queue = MemoryQueue()
    queue.put([message(1)])

    def away(_: Sequence[DeadLetter]) -> None:
        raise Unavailable("the database is away")

    follower = Follower(RecordingConsumer("mailer", rejects=[1]), queue, away, SettableClock(AT))
    with pytest.raises(Unavailable):
        follower.run_once(10)
    assert [d.attempt for d in queue.receive(10)] == [1]


def test_a_message_on_which_a_consumer_fails_is_given_back_and_the_others_are_taken() -> None:
    consumer = Defective(3)
    follower, queue, parked = following(consumer, *range(8))
    with pytest.raises(ZeroDivisionError):
        follower.run_once(10)
    assert sorted(consumer.taken) == [0, 1, 2, 4, 5, 6, 7]
    assert [(d.message.id, d.attempt) for d in queue.receive(10)] == [("m03", 2)]
    assert parked == []


def test_a_message_on_which_a_consumer_fails_again_and_again_is_parked_with_the_reason() -> None:
    follower, queue, parked = following(Defective(1, 2), 1, 2, 3)
    failures = 0
    while queue.receive(10):
        try:
            follower.run_once(10)
        except ZeroDivisionError:
            failures += 1
    assert failures == _ATTEMPTS - 1
    assert [(letter.message.id, letter.reason) for letter in parked] == [
        ("m01", "ZeroDivisionError: division by zero"),
        ("m02", "ZeroDivisionError: division by zero"),
    ]


def test_a_consumer_that_was_mended_takes_what_it_failed_on() -> None:
    consumer = Defective(1)
    follower, queue, parked = following(consumer, 1)
    with pytest.raises(ZeroDivisionError):
        follower.run_once(10)
    consumer.fails = ()
    assert (follower.run_once(10), queue.receive(10), parked, consumer.taken) == (1, [], [], [1])


def test_a_worker_has_a_role_for_every_consumer(shop: MemoryShop) -> None:
    assert CONSUMER_ROLES.keys() == {
        shop.indexer.name,
        shop.seller_list.name,
        "notifications",
        shop.webhook_queueing.name,
    }
