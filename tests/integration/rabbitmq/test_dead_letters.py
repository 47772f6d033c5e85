"""What nobody can take becomes a dead letter in one list, whoever gave up on it, and can be replayed from there."""

from collections.abc import Iterator
from pathlib import Path

import pika
import pytest

from commerce_core.kernel.errors import Rejected
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter
from tests.integration.rabbitmq.office import NAME, Office, message, until

DELIVERIES = 51
"""A limit of 50 means one more."""


@pytest.fixture
def office(address: str, tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path, address)
    yield opened
    opened.close()


def collected(office: Office) -> list[DeadLetter]:
    """The first dead letters that come from the broker."""
    until(lambda: office.broker.collect(10) > 0)
    return list(office.outbox.dead_letters(10))


def publish_raw(address: str, body: bytes, properties: pika.BasicProperties | None = None) -> None:
    """Put something into the exchange that no relay of ours would."""
    connection = pika.BlockingConnection(pika.URLParameters(address))
    connection.channel().basic_publish("commerce.events", NAME, body, properties)
    connection.close()


def test_21_what_a_consumer_rejects_is_parked_replayed_and_taken_once_it_can_be(office: Office) -> None:
    def unable(messages: object) -> None:
        if any(m.payload["no"] == 3 for m in messages):  # type: ignore[attr-defined]
            raise Rejected("no idea what three is")

    office.tally.before = unable
    office.happen(*range(6))
    until(office.counted(5))
    (letter,) = office.outbox.dead_letters(10)
    assert (letter.message, letter.consumer, letter.reason) == (message(3), "tally", "rejected: no idea what three is")
    office.tally.before = lambda _: None
    assert office.outbox.replay([letter.message.id]) == [letter.message.id]
    until(office.counted(6))
    assert (sorted(office.tally.counted), office.outbox.dead_letters(10)) == (list(range(6)), [])


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (b"\x00\xff no JSON", None),
        (b"[1, 2]", pika.BasicProperties(message_id="m1", content_type="application/json")),
        (b"{}", pika.BasicProperties(headers={"cloudEvents:id": "1", "cloudEvents:type": NAME, "cloudEvents:time": "today"})),
    ],
    ids=["bytes", "no attributes", "wrong time"],
)
def test_what_is_no_event_is_a_dead_letter_that_a_person_can_look_at(
    office: Office, address: str, body: bytes, properties: pika.BasicProperties | None
) -> None:
    office.happen(1)
    until(office.counted(1))
    publish_raw(address, body, properties)
    office.happen(2)
    until(office.counted(2))
    (letter,) = collected(office)
    assert (letter.consumer, letter.message.name) == ("tally", NAME)
    assert letter.reason.startswith("unreadable: ")
    assert "\x00" not in str(letter.message.payload)
    assert office.tally.counted == [1, 2]
    assert office.broker.collect(10) == 0


def test_a_message_under_which_worker_after_worker_dies_is_given_up_by_the_broker_and_replayed(office: Office) -> None:
    office.happen(1)
    assert office.relayed()
    queue = office.broker.queues()["tally"]
    seen: list[int] = []
    while len(seen) < DELIVERIES:
        for delivery in queue.receive(1):
            seen.append(delivery.attempt)
            queue.give_back([delivery])
    assert seen == list(range(1, DELIVERIES + 1))
    (letter,) = collected(office)
    assert (letter.message, letter.consumer) == (message(1), "tally")
    assert "delivery_limit" in letter.reason
    assert queue.receive(1) == []
    assert office.outbox.replay([MessageId(message(1).id)]) == [message(1).id]
    until(office.counted(1))
    assert office.outbox.dead_letters(10) == []


def test_a_dead_letter_that_cannot_be_parked_now_stays_with_the_broker(office: Office, address: str) -> None:
    office.happen(1)
    until(office.counted(1))
    publish_raw(address, b"?")
    until(lambda: office.followed() and bool(office.broker._dead.take(1)))
    office.broker._park = lambda _: _fail()
    with pytest.raises(ZeroDivisionError):
        office.broker.collect(10)
    office.broker._park = office.outbox.park
    assert len(collected(office)) == 1


def _fail() -> None:
    raise ZeroDivisionError
