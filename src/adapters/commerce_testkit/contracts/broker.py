"""What every broker promises that delivers in the process."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, Consumer, DeadLetter, Message

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
SUBSCRIPTIONS: Final = {"indexer": ("item-changed",), "mailer": ("item-changed", "order-placed")}


def message(number: int, name: str = "item-changed") -> Message:
    """A message with every field set."""
    return Message(id=MessageId(f"m{number:02}"), name=name, partition_key="item-1", occurred_at=AT, payload={"number": number})


class RecordingConsumer(Consumer):
    """Takes messages, but for those numbers that it rejects, and nothing at all while it is away."""

    def __init__(self, name: str, *, rejects: Sequence[int] = ()) -> None:
        self._name = name
        self.rejects = rejects
        self.away = False
        self.taken: list[int] = []

    @property
    def name(self) -> str:
        return self._name

    def handle(self, messages: Sequence[Message]) -> None:
        numbers = [int(m.payload["number"]) for m in messages]
        if self.away:
            raise Unavailable(f"{self._name} is away")
        if bad := [n for n in numbers if n in self.rejects]:
            raise Rejected(f"cannot take {bad}")
        self.taken += numbers


class InProcessBrokerContract:
    """Give ``open``: a broker for the consumers, with a clock that stands at ``AT``."""

    @abstractmethod
    def open(
        self,
        consumers: Sequence[Consumer],
        subscriptions: Mapping[str, Sequence[str]],
        park: Callable[[Sequence[DeadLetter]], None],
    ) -> Broker:
        """The broker to examine."""

    def test_each_consumer_gets_what_it_follows_in_order(self) -> None:
        indexer, mailer, broker, _ = self._open()
        given = [message(1), message(2, "order-placed"), message(3)]
        assert list(broker.publish(given)) == ["m01", "m02", "m03"]
        assert (indexer.taken, mailer.taken) == ([1, 3], [1, 2, 3])

    def test_what_nobody_follows_is_taken(self) -> None:
        indexer, mailer, broker, _ = self._open()
        assert list(broker.publish([message(1, "cart-changed")])) == ["m01"]
        assert list(broker.publish([])) == []
        assert (indexer.taken, mailer.taken) == ([], [])

    def test_what_one_consumer_can_never_take_is_parked_for_it_alone(self) -> None:
        indexer, mailer, broker, parked = self._open(rejects=[5])
        assert len(broker.publish([message(n) for n in range(10)])) == 10
        assert indexer.taken == [0, 1, 2, 3, 4, 6, 7, 8, 9]
        assert mailer.taken == list(range(10))
        assert parked == [DeadLetter(message=message(5), consumer="indexer", reason="rejected: cannot take [5]", parked_at=AT)]

    def test_every_one_of_several_bad_messages_is_parked(self) -> None:
        indexer, _, broker, parked = self._open(rejects=[0, 4, 5, 9])
        assert len(broker.publish([message(n) for n in range(10)])) == 10
        assert indexer.taken == [1, 2, 3, 6, 7, 8]
        assert [letter.message.id for letter in parked] == ["m00", "m04", "m05", "m09"]

    def test_what_a_consumer_cannot_take_now_comes_again_and_the_others_go_on(self) -> None:
        indexer, mailer, broker, parked = self._open()
        indexer.away = True
        given = [message(1), message(2, "order-placed")]
        assert list(broker.publish(given)) == ["m02"]
        assert mailer.taken == [1, 2]
        assert parked == []
        indexer.away = False
        assert list(broker.publish(given[:1])) == ["m01"]
        assert (indexer.taken, mailer.taken) == ([1], [1, 2, 1])

    def _open(self, rejects: Sequence[int] = ()) -> tuple[RecordingConsumer, RecordingConsumer, Broker, list[DeadLetter]]:
        indexer, mailer = RecordingConsumer("indexer", rejects=rejects), RecordingConsumer("mailer")
        parked: list[DeadLetter] = []
        return indexer, mailer, self.open([indexer, mailer], SUBSCRIPTIONS, parked.extend), parked
