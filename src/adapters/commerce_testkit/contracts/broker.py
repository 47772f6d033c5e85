"""What every broker and every queue promises."""

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, Consumer, DeadLetter, Delivery, Message, Queue
from commerce_testkit.memory.clock import SettableClock

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
SUBSCRIPTIONS: Final = {"indexer": ("item-changed",), "mailer": ("item-changed", "order-placed")}
#: So often in a row nothing may come before we believe that nothing waits.
_LOOKS: Final = 4
_PATIENCE: Final = 30.0


def message(number: int, name: str = "item-changed", **fields: Any) -> Message:
    """A message with every field set."""
    filled: dict[str, Any] = {
        "id": MessageId(f"m{number:02}"),
        "partition_key": "item \N{SNOWMAN}",
        "occurred_at": AT,
        "payload": {"number": number, "in": [{"a": None}]},
    }
    return Message(name=name, **{**filled, **fields})


class RecordingConsumer(Consumer):
    """Takes messages, but for those numbers that it rejects, and nothing at all while it is
    away.
    """

    def __init__(self, name: str, *, rejects: Sequence[int] = ()) -> None:
        self._name = name
        self.rejects = rejects
        self.away = False
        self.taken: list[int] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def follows(self) -> Sequence[str]:
        return SUBSCRIPTIONS.get(self._name, ())

    def handle(self, messages: Sequence[Message]) -> None:
        numbers = [int(m.payload["number"]) for m in messages]
        if self.away:
            raise Unavailable(f"{self._name} is away")
        if bad := [n for n in numbers if n in self.rejects]:
            raise Rejected(f"cannot take {bad}")
        self.taken += numbers


class Post:
    """A broker with its consumers and what carries messages to them."""

    def __init__(
        self, broker: Broker, consumers: Sequence[Consumer], parked: list[DeadLetter]
    ) -> None:
        self.broker = broker
        self.parked = parked
        clock = SettableClock(AT)
        queues = broker.queues()
        self._followers = [
            Follower(c, queues[c.name], parked.extend, clock) for c in consumers if c.name in queues
        ]

    def carry(self) -> None:
        """Have everything delivered that can be."""
        for follower in self._followers:
            looks = 0
            while looks < _LOOKS:
                try:
                    looks = 0 if follower.run_once(500) else looks + 1
                except Unavailable:
                    looks += 1


class BrokerContract:
    """Give ``open``: a broker for the consumers, with a clock that stands at ``AT``."""

    @abstractmethod
    def open(
        self,
        consumers: Sequence[Consumer],
        park: Callable[[Sequence[DeadLetter]], None],
    ) -> Broker:
        """The broker to examine."""

    def test_each_consumer_gets_what_it_follows_in_order(self) -> None:
        indexer, mailer, post = self._open()
        given = [message(1), message(2, "order-placed"), message(3)]
        assert list(post.broker.publish(given)) == ["m01", "m02", "m03"]
        post.carry()
        assert (indexer.taken, mailer.taken) == ([1, 3], [1, 2, 3])

    def test_what_nobody_follows_is_taken(self) -> None:
        indexer, mailer, post = self._open()
        assert list(post.broker.publish([message(1, "cart-changed")])) == ["m01"]
        assert list(post.broker.publish([])) == []
        post.carry()
        assert (indexer.taken, mailer.taken) == ([], [])

    def test_any_number_of_messages_is_taken_at_once(self) -> None:
        indexer, mailer, post = self._open()
        many = [message(n, id=f"m{n:04}", partition_key=f"item-{n % 7}") for n in range(1_500)]
        assert list(post.broker.publish(many)) == [m.id for m in many]
        post.carry()
        assert indexer.taken == mailer.taken == list(range(1_500))

    def test_a_message_arrives_whole(self) -> None:
        whole = message(
            5,
            payload={
                "text": "\N{SNOWMAN} \"'\\",
                "no": 2**53,
                "share": 0.5,
                "in": [{"a": {}}, True, None],
                "number": 5,
            },
            trace="00-0af7-b7ad-01",
        )
        _, _, post = self._open(rejects=[5])
        post.broker.publish([whole])
        post.carry()
        assert [letter.message for letter in post.parked] == [whole]

    def test_what_one_consumer_can_never_take_is_parked_for_it_alone(self) -> None:
        indexer, mailer, post = self._open(rejects=[5])
        assert len(post.broker.publish([message(n) for n in range(10)])) == 10
        post.carry()
        assert indexer.taken == [0, 1, 2, 3, 4, 6, 7, 8, 9]
        assert mailer.taken == list(range(10))
        assert post.parked == [
            DeadLetter(
                message=message(5),
                consumer="indexer",
                reason="rejected: cannot take [5]",
                parked_at=AT,
            )
        ]

    def test_every_one_of_several_bad_messages_is_parked(self) -> None:
        indexer, _, post = self._open(rejects=[0, 4, 5, 9])
        assert len(post.broker.publish([message(n) for n in range(10)])) == 10
        post.carry()
        assert indexer.taken == [1, 2, 3, 6, 7, 8]
        assert [letter.message.id for letter in post.parked] == ["m00", "m04", "m05", "m09"]

    def test_what_a_consumer_cannot_take_now_comes_again_and_the_others_go_on(self) -> None:
        indexer, mailer, post = self._open()
        indexer.away = True
        given = [message(1), message(2, "order-placed")]
        taken = set(post.broker.publish(given))
        post.carry()
        assert (indexer.taken, mailer.taken, post.parked) == ([], [1, 2], [])
        indexer.away = False
        if left := [m for m in given if m.id not in taken]:
            post.broker.publish(left)
        post.carry()
        assert (indexer.taken, set(mailer.taken)) == ([1], {1, 2})

    def test_what_waits_is_counted_for_each_consumer(self) -> None:
        _, _, post = self._open()
        post.broker.publish([message(1), message(2), message(3, "order-placed")])
        self._waits(post, {"indexer": 2, "mailer": 3})
        post.carry()
        self._waits(post, {"indexer": 0, "mailer": 0})

    def _waits(self, post: Post, expected: Mapping[str, int]) -> None:
        """A broker counts in its own time; without queues nothing waits."""
        deadline = time.monotonic() + _PATIENCE
        while (found := post.broker.waiting()) != (expected if post.broker.queues() else {}):
            assert time.monotonic() < deadline, found

    def test_a_broker_that_is_there_says_so_and_gave_up_on_nothing(self) -> None:
        _, _, post = self._open()
        post.broker.ping()
        assert post.broker.collect(10) == 0

    def _open(
        self, rejects: Sequence[int] = ()
    ) -> tuple[RecordingConsumer, RecordingConsumer, Post]:
        indexer, mailer = RecordingConsumer("indexer", rejects=rejects), RecordingConsumer("mailer")
        parked: list[DeadLetter] = []
        return (
            indexer,
            mailer,
            Post(
                self.open([indexer, mailer], parked.extend),
                [indexer, mailer],
                parked,
            ),
        )


class QueueContract:
    """Give ``open``: an empty queue, and what puts messages into it."""

    @abstractmethod
    def open(self) -> tuple[Queue, Callable[[Sequence[Message]], object]]:
        """The queue to examine, and a way to fill it."""

    def test_messages_come_oldest_first_and_no_more_than_the_limit(self) -> None:
        queue, put = self.open()
        put([message(n) for n in range(5)])
        assert [(d.message, d.attempt) for d in self._receive(queue, 5)[:3]] == [
            (message(n), 1) for n in range(3)
        ]
        assert len(queue.receive(2)) == 2

    def test_what_is_unacknowledged_comes_again_until_it_is_settled(self) -> None:
        queue, put = self.open()
        put([message(1), message(2), message(3)])
        first = self._receive(queue, 3)
        assert list(queue.receive(10)) == first
        for _ in range(2):
            queue.settle(first[:2])
            assert list(queue.receive(10)) == first[2:]
        queue.settle(first)
        assert list(queue.receive(10)) == []

    def test_messages_are_settled_in_any_order(self) -> None:
        queue, put = self.open()
        put([message(n) for n in range(4)])
        first = self._receive(queue, 4)
        queue.settle([first[3], first[1]])
        assert list(queue.receive(10)) == [first[0], first[2]]
        queue.settle([first[2], first[0]])
        assert list(queue.receive(10)) == []

    def test_what_is_given_back_comes_again_as_another_attempt(self) -> None:
        queue, put = self.open()
        put([message(1), message(2)])
        first = self._receive(queue, 2)
        for _ in range(2):
            queue.give_back(first[:1])
        queue.settle(first[1:])
        (again,) = self._receive(queue, 1)
        assert (again.message, again.attempt) == (message(1), 2)
        assert again.tag not in {d.tag for d in first}
        queue.settle([again])
        assert list(queue.receive(10)) == []

    def test_what_is_released_comes_again(self) -> None:
        queue, put = self.open()
        put([message(1), message(2)])
        self._receive(queue, 2)
        for _ in range(2):
            queue.release()
        assert sorted(d.message.id for d in self._receive(queue, 2)) == ["m01", "m02"]

    def test_a_message_that_is_put_again_comes_again_or_once(self) -> None:
        queue, put = self.open()
        put([message(1), message(1)])
        first, *further = self._receive(queue, 1)
        queue.settle([first])
        assert {d.message.id for d in (*further, *queue.receive(10))} <= {first.message.id}

    def _receive(self, queue: Queue, count: int) -> list[Delivery]:
        """At least *count* received messages; they may need a moment to come."""
        deadline = time.monotonic() + _PATIENCE
        while len(found := list(queue.receive(count))) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} messages came"
            time.sleep(0.01)
        return found


class RepeatingQueueContract(QueueContract):
    """A queue that keeps a message as often as it was put in."""

    def test_two_deliveries_of_one_message_are_told_apart(self) -> None:
        queue, put = self.open()
        put([message(1), message(1)])
        one, other = self._receive(queue, 2)
        queue.settle([one])
        assert list(queue.receive(10)) == [other]
