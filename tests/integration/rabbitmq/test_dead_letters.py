"""What nobody can take becomes a dead letter in one list, whoever gave up on it, and can be
replayed from there.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pika
import pytest

from commerce_core.kernel.errors import Rejected
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter
from tests.integration.rabbitmq.office import AT, NAME, Office, message, until

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


def publish_raw(
    address: str,
    body: bytes,
    properties: pika.BasicProperties | None = None,
    queue: str | None = None,
) -> None:
    """Put something into the exchange, or *queue*, that no relay of ours would."""
    connection = pika.BlockingConnection(pika.URLParameters(address))
    connection.channel().basic_publish(
        "" if queue else "commerce.events", queue or NAME, body, properties
    )
    connection.close()


def test_21_what_a_consumer_rejects_is_parked_replayed_and_taken_once_it_can_be(
    office: Office,
) -> None:
    def unable(messages: object) -> None:
        if any(m.payload["no"] == 3 for m in messages):  # type: ignore[attr-defined]
            raise Rejected("no idea what three is")

    office.tally.before = unable
    office.happen(*range(6))
    until(office.counted(5))
    (letter,) = office.outbox.dead_letters(10)
    assert (letter.message, letter.consumer, letter.reason) == (
        message(3),
        "tally",
        "rejected: no idea what three is",
    )
    office.tally.before = lambda _: None
    assert office.outbox.replay([letter.message.id]) == [letter.message.id]
    until(office.counted(6))
    assert (sorted(office.tally.counted), office.outbox.dead_letters(10)) == (list(range(6)), [])


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (b"\x00\xff no JSON", None),
        (b"[1, 2]", pika.BasicProperties(message_id="m1", content_type="application/json")),
        (
            b"{}",
            pika.BasicProperties(
                headers={
                    "cloudEvents:id": "1",
                    "cloudEvents:type": NAME,
                    "cloudEvents:time": "today",
                }
            ),
        ),
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


class RawHeaders(pika.BasicProperties):
    """Headers as no client of ours would write them: *table* is what stands in the frame."""

    def __init__(self, table: bytes) -> None:
        super().__init__()
        self._table = table

    def encode(self) -> list[bytes]:
        return [
            struct.pack(">H", self.FLAG_HEADERS),
            struct.pack(">I", len(self._table)),
            self._table,
        ]


def header(kind: bytes, value: bytes, name: bytes = b"cloudEvents:id") -> bytes:
    return bytes([len(name)]) + name + kind + value


def nested(levels: int) -> bytes:
    """Arrays in arrays, to the innermost one."""
    value = b""
    for _ in range(levels):
        value = b"A" + struct.pack(">I", len(value)) + value
    return value[1:]


def event(**others: object) -> pika.BasicProperties:
    """The headers of an event, but for *others*."""
    attributes = {
        "id": "e1",
        "type": NAME,
        "time": "2026-01-01T00:00:00+00:00",
        "partitionkey": "k",
        **others,
    }
    return pika.BasicProperties(
        headers={f"cloudEvents:{name}": value for name, value in attributes.items()}
    )


HOSTILE: Final = {
    "a hundred thousand levels": (b"[" * 100_000, event()),
    "levels that can be read": (b'{"a":' * 200 + b"1" + b"}" * 200, event()),
    "half a megabyte": (b'{"a": "' + b"x" * 500_000 + b'"}', event()),
    "U+0000": (b'{"order_id": "\\u0000"}', event()),
    "a lone surrogate": (b'{"order_id": "\\ud800"}', event()),
    "a number beyond all": (b'{"seq": 1' + b"0" * 400 + b"}", event()),
    "more digits than are read": (b'{"seq": 1' + b"0" * 9_000 + b"}", event()),
    "no number": (b'{"seq": NaN}', event()),
    "an infinite number": (b'{"seq": 1e999}', event()),
    "utf-16": ('{"seq": "\u0141"}'.encode("utf-16-be")[:-1], event()),
    "no bytes": (b"", event()),
    "an id that is too long": (b"{}", event(id="i" * 37)),
    "an id that cannot be kept": (b"{}", event(id="i\0")),
    "a key that is too long": (b"{}", event(partitionkey="k" * 5_000)),
    "a time before all": (b"{}", event(time="0001-01-01T00:00:00+14:00")),
    "a time after all": (b"{}", event(time="9999-12-31T23:59:59-14:00")),
    "a time of tables": (b"{}", event(time={"a": [1, {"b": None}]})),
    "an id of bytes": (b"{}", event(id=b"\xff\xfe")),
    "deaths that are none": (
        b"?",
        pika.BasicProperties(headers={"x-death": "often", "x-delivery-count": "many"}),
    ),
    "deaths of another kind": (
        b"?",
        pika.BasicProperties(headers={"x-death": [5], "x-delivery-count": -(2**60)}),
    ),
    "headers of a thousand levels": (b"{}", RawHeaders(header(b"A", nested(5_000)))),
    "a time that no calendar has": (b"{}", RawHeaders(header(b"T", struct.pack(">Q", 2**62)))),
    "names that are no text": (
        b"{}",
        RawHeaders(header(b"S", struct.pack(">I", 2) + b"\xff\xff", b"\xfe\xff")),
    ),
    "a hundred kilobytes of headers": (
        b"{}",
        pika.BasicProperties(headers={f"h{n}": "v" * 1_000 for n in range(100)}),
    ),
}


@pytest.mark.parametrize("sort", HOSTILE)
def test_21_whatever_bytes_lie_in_a_queue_become_a_dead_letter_and_hold_up_nobody(
    office: Office, address: str, sort: str
) -> None:
    office.happen(1)
    until(office.counted(1))
    body, properties = HOSTILE[sort]
    publish_raw(address, body, properties)
    office.happen(2)
    until(office.counted(2))
    until(lambda: office.broker.collect(10) + len(office.outbox.dead_letters(10)) > 0)
    (letter,) = office.outbox.dead_letters(10)
    assert (letter.consumer, letter.reason[:12]) == ("tally", "unreadable: ")
    assert len(letter.reason) <= 500
    assert office.broker.collect(10) == 0
    assert office.tally.counted == [1, 2]
    assert office.outbox.discard([letter.message.id], "ann", "sent by a test", AT) == [
        letter.message.id
    ]
    assert office.outbox.dead_letters(10) == []


@pytest.mark.parametrize("sort", HOSTILE)
def test_21_what_anybody_puts_among_the_dead_letters_is_one_and_keeps_no_other_there(
    office: Office, address: str, sort: str
) -> None:
    office.happen(1)
    until(office.counted(1))
    body, properties = HOSTILE[sort]
    for sent in ((body, properties), (b"another", None)):
        publish_raw(address, *sent, queue="commerce.dead-letters")
    until(lambda: office.broker.collect(10) * 0 + len(office.outbox.dead_letters(10)) == 2)
    assert all(
        letter.reason.startswith("unreadable: ") for letter in office.outbox.dead_letters(10)
    )


def test_a_message_under_which_worker_after_worker_dies_is_given_up_by_the_broker_and_replayed(
    office: Office,
) -> None:
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


def test_a_dead_letter_that_cannot_be_parked_now_stays_with_the_broker(
    office: Office, address: str
) -> None:
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
