"""What the broker says of a message that was published, and what the queues are told to do with one
that is given up.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from pika import BasicProperties, spec
from pika.frame import Method

from commerce_core.kernel.messaging import Message
from commerce_core.kernel.relay import Relay
from commerce_rabbitmq.connection import parameters_of
from commerce_rabbitmq.publisher import _PublishingLink, _Round
from commerce_rabbitmq.topology import DEAD_QUEUE, Topology, queue_of
from commerce_testkit.contracts.broker import AT, message
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.messaging import MemoryOutbox
from commerce_testkit.memory.transaction import MemoryDatabase

TOPOLOGY = Topology({"indexer": ["item-changed"]})


class Channel:
    """A channel that keeps what it is told."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.queues: dict[str, dict[str, Any]] = {}

    def basic_publish(
        self, exchange: str, name: str, body: bytes, properties: BasicProperties, *, mandatory: bool
    ) -> None:
        self.published.append(str(properties.message_id))

    def queue_declare(self, queue: str, *, durable: bool, arguments: dict[str, Any]) -> None:
        self.queues[queue] = arguments | {"durable": durable}

    def exchange_declare(self, *_: object, **__: object) -> None: ...

    def queue_bind(self, *_: object, **__: object) -> None: ...


def sent(messages: Sequence[Message]) -> tuple[_PublishingLink, _Round, Any]:
    link, channel = _PublishingLink(parameters_of("amqp://localhost")[0], TOPOLOGY), Channel()
    ours = _Round(messages)
    link.send(ours, channel)  # type: ignore[arg-type]
    return link, ours, channel


@pytest.mark.parametrize(
    ("answers", "accepted"),
    [
        ([spec.Basic.Ack(1), spec.Basic.Ack(2), spec.Basic.Ack(3)], {"m00", "m01", "m02"}),
        ([spec.Basic.Ack(1), spec.Basic.Nack(2), spec.Basic.Ack(3)], {"m00", "m02"}),
        ([spec.Basic.Nack(3, multiple=True)], set()),
        ([spec.Basic.Ack(1), spec.Basic.Nack(3, multiple=True)], {"m00"}),
        ([spec.Basic.Ack(3, multiple=True)], {"m00", "m01", "m02"}),
    ],
)
def test_20_a_message_that_the_broker_refuses_does_not_count_as_taken(
    answers: list[Any], accepted: set[str]
) -> None:
    link, ours, channel = sent([message(n) for n in range(3)])
    for answer in answers:
        link._on_confirm(channel, Method(1, answer))
    assert (ours.done, ours.accepted) == (True, accepted)


def test_20_a_message_that_found_no_queue_does_not_count_as_taken() -> None:
    link, ours, channel = sent([message(0), message(1)])
    link._on_return(channel, None, BasicProperties(message_id="m01"), b"")
    link._on_confirm(channel, Method(1, spec.Basic.Ack(2, multiple=True)))
    assert (ours.accepted, link.stale) == ({"m00"}, True)


class Refusing(MemoryBroker):
    """Takes all but some."""

    refuses: frozenset[str] = frozenset()

    def publish(self, messages: Sequence[Message]) -> Sequence[Any]:
        return [m.id for m in messages if m.id not in self.refuses]


def test_20_a_message_that_was_not_taken_stays_in_the_outbox() -> None:
    database, clock = MemoryDatabase(), SettableClock(AT)
    outbox, broker = MemoryOutbox(database), Refusing([], lambda _: None, SettableClock(AT))
    broker.refuses = frozenset({"m01"})
    with database.begin() as tx:
        outbox.append(tx, [message(n) for n in range(3)])
        tx.commit()
    relay = Relay(outbox, broker, clock, "relay")
    relay.run_once(10)
    assert outbox.backlog()[0] == 1
    broker.refuses = frozenset()
    while relay.run_once(10):
        pass
    assert outbox.backlog()[0] == 0


def test_21_what_a_queue_gives_up_is_kept_until_the_queue_of_dead_letters_has_it() -> None:
    """At most once is the broker's default: a message that is dead-lettered while the other queue
    is away would be gone.
    """
    channel: Any = Channel()
    TOPOLOGY.declare(channel, lambda: None)
    ours = channel.queues[queue_of("indexer")]
    assert ours["durable"]
    assert ours["x-queue-type"] == "quorum", "only these can dead-letter at least once"
    assert (ours["x-dead-letter-strategy"], ours["x-overflow"]) == (
        "at-least-once",
        "reject-publish",
    )
    assert channel.queues[DEAD_QUEUE]["x-overflow"] == "reject-publish"
