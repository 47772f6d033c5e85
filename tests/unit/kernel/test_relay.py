"""Messages on their way: at least once, however often somebody dies, and bad ones out of the
way.
"""

from collections.abc import Sequence
from datetime import timedelta

import attrs
import pytest

from commerce_core.kernel.delivery import deliver
from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.kernel.relay import Relay
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.messaging import MemoryInbox, MemoryOutbox
from commerce_testkit.memory.transaction import MemoryDatabase

CLOCK = SettableClock()


def message(n: int) -> Message:
    return Message(
        id=MessageId(f"m{n}"),
        name="thing.happened.v1",
        partition_key=f"p{n % 3}",
        occurred_at=CLOCK.now(),
        payload={"n": n},
    )


class Listening(MemoryBroker):
    """Takes messages, those of *deaf* excepted; may let the relay die when it has taken them."""

    def __init__(self, deaf: Sequence[int] = ()) -> None:
        super().__init__([], lambda _: None, CLOCK)
        self.deaf = {MessageId(f"m{n}") for n in deaf}
        self.heard: list[MessageId] = []
        self.relay_dies = False

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        taken = [m.id for m in messages if m.id not in self.deaf]
        self.heard += taken
        if self.relay_dies:
            raise Died
        return taken


class Died(BaseException):
    """A process that is gone."""


@pytest.fixture
def outbox() -> MemoryOutbox:
    """Five messages that wait."""
    database = MemoryDatabase()
    outbox = MemoryOutbox(database)
    with database.begin() as tx:
        outbox.append(tx, [message(n) for n in range(5)])
        tx.commit()
    return outbox


def test_what_was_surely_taken_is_forgotten_and_the_rest_comes_again(outbox: MemoryOutbox) -> None:
    broker = Listening(deaf=[2])
    relay = Relay(outbox, broker, SettableClock(), "relay")
    assert (relay.run_once(10), outbox.backlog()[0]) == (4, 1)
    broker.deaf = set()
    assert (relay.run_once(10), relay.run_once(10), outbox.backlog()[0]) == (1, 0, 0)
    assert sorted(broker.heard) == [f"m{n}" for n in range(5)]


def test_no_more_than_the_limit_is_published_at_once(outbox: MemoryOutbox) -> None:
    relay = Relay(outbox, Listening(), SettableClock(), "relay")
    assert [relay.run_once(2) for _ in range(4)] == [2, 2, 1, 0]


def test_18_a_relay_that_dies_before_it_forgets_makes_messages_come_twice_and_loses_none(
    outbox: MemoryOutbox,
) -> None:
    clock, broker = SettableClock(), Listening()
    broker.relay_dies = True
    with pytest.raises(Died):
        Relay(outbox, broker, clock, "one").run_once(10)
    broker.relay_dies = False
    second = Relay(outbox, broker, clock, "two")
    assert second.run_once(10) == 0
    clock.advance(timedelta(seconds=11))
    assert second.run_once(10) == 5
    assert sorted(broker.heard) == sorted(2 * [f"m{n}" for n in range(5)])


def test_two_relays_do_not_publish_the_same(outbox: MemoryOutbox) -> None:
    broker = Listening(deaf=range(5))
    one, two = (Relay(outbox, broker, CLOCK, name) for name in ("one", "two"))
    assert one.run_once(10) == two.run_once(10) == 0
    broker.deaf = set()
    assert (two.run_once(10), one.run_once(10)) == (0, 5)


def test_a_relay_that_stops_gives_its_buckets_back_at_once(outbox: MemoryOutbox) -> None:
    one, two = (Relay(outbox, Listening(), CLOCK, name) for name in ("one", "two"))
    one.run_once(1)
    one.release()
    assert two.run_once(10) == 4


# --- handing over


class Picky(Consumer):
    """Cannot take some messages, or none for now."""

    name = "picky"
    follows = ()

    def __init__(self, bad: Sequence[int] = (), *, down: bool = False) -> None:
        self.bad = set(bad)
        self.down = down
        self.taken: list[int] = []
        self.calls = 0

    def handle(self, messages: Sequence[Message]) -> None:
        self.calls += 1
        if self.down:
            raise Unavailable("down")
        if any(m.payload["n"] in self.bad for m in messages):
            raise Rejected("cannot be read")
        self.taken += [m.payload["n"] for m in messages]


@pytest.mark.parametrize("bad", [[], [0], [4], [1, 3], [0, 1, 2, 3, 4]])
def test_21_the_bad_ones_are_found_by_halving_and_the_good_ones_taken_in_order(
    bad: list[int],
) -> None:
    consumer = Picky(bad)
    letters = deliver(consumer, [message(n) for n in range(5)], CLOCK)
    assert [letter.message.payload["n"] for letter in letters] == bad
    assert consumer.taken == [n for n in range(5) if n not in bad]
    assert {(letter.consumer, letter.reason, letter.parked_at) for letter in letters} <= {
        ("picky", "rejected: cannot be read", CLOCK.now())
    }


def test_what_cannot_be_taken_now_is_not_parked() -> None:
    with pytest.raises(Unavailable):
        deliver(Picky(down=True), [message(1)], CLOCK)
    assert deliver(Picky(down=True), [], CLOCK) == []


def test_a_consumer_that_is_down_is_not_called_with_smaller_groups() -> None:
    consumer = Picky(down=True)
    with pytest.raises(Unavailable):
        deliver(consumer, [message(n) for n in range(5)], CLOCK)
    assert consumer.calls == 1


def test_a_parked_message_stands_in_the_list_with_its_reason(outbox: MemoryOutbox) -> None:
    letters = deliver(Picky([2]), [message(n) for n in range(5)], CLOCK)
    outbox.park(letters)
    outbox.park(letters)
    assert outbox.dead_letters(10) == letters


def test_an_inbox_counts_once_per_consumer() -> None:
    database, inbox = MemoryDatabase(), MemoryInbox()
    with database.begin() as tx:
        firsts = [
            [
                m.payload["n"]
                for m in inbox.record_new(tx, name, [message(1), message(n), message(1)])
            ]
            for name, n in (("a", 2), ("a", 3), ("b", 2))
        ]
    assert firsts == [[1, 2], [3], [1, 2]]


def test_an_undone_transaction_has_counted_nothing() -> None:
    database, inbox = MemoryDatabase(), MemoryInbox()
    for _ in range(2):
        with database.begin() as tx:
            assert len(inbox.record_new(tx, "a", [message(1)])) == 1


def test_a_message_is_what_it_was() -> None:
    assert attrs.evolve(message(1)) == message(1) != message(2)
