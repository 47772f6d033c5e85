"""What needs no broker: addresses, envelopes, and which messages count as taken."""

import json
from typing import Any

import pytest
from pika import BasicProperties

from commerce_core.kernel.codec import Unreadable, storable
from commerce_rabbitmq.connection import parameters_of
from commerce_rabbitmq.envelope import attempt, dead_letter, decode, encode
from commerce_rabbitmq.publisher import _in_order
from commerce_testkit.contracts.broker import AT, message


def test_every_node_of_an_address_is_known() -> None:
    found = parameters_of("amqp://ann:p%40ss@one,two:5673,three/shop?channel_max=5")
    assert [
        (p.host, p.port, p.virtual_host, p.credentials.username, p.credentials.password)
        for p in found
    ] == [
        ("one", 5672, "shop", "ann", "p@ss"),
        ("two", 5673, "shop", "ann", "p@ss"),
        ("three", 5672, "shop", "ann", "p@ss"),
    ]
    assert [(p.heartbeat, p.channel_max) for p in found] == [(30, 5)] * 3


def test_an_address_may_ask_for_encryption_and_for_another_heartbeat() -> None:
    (found,) = parameters_of("amqps://shop.example/?heartbeat=5")
    assert (found.port, found.heartbeat) == (5671, 5)
    for node in parameters_of("amqps://one.example,two.example/shop"):
        assert node.ssl_options is not None
        assert node.ssl_options.server_hostname == node.host
        assert node.ssl_options.context.check_hostname


@pytest.mark.parametrize(
    "url",
    [
        "amqp://host:port/",
        "amqp://host/?wings=2",
        "amqps://host/?cacertfile=/nowhere.pem",
        "amqps://host/?certfile=/nowhere.pem",
    ],
)
def test_what_is_no_address_of_a_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parameters_of(url)


def test_a_message_goes_through_its_envelope_unchanged() -> None:
    whole = message(7, payload={"number": 7, "text": "\N{SNOWMAN}", "in": [{"a": None}]})
    assert decode(*encode(whole)) == whole


@pytest.mark.parametrize("missing", ["id", "type", "time", "partitionkey"])
def test_an_envelope_without_one_of_its_attributes_is_unreadable(missing: str) -> None:
    properties, body = encode(message(1))
    assert properties.headers is not None
    del properties.headers[f"cloudEvents:{missing}"]
    with pytest.raises(Unreadable, match=missing):
        decode(properties, body)


@pytest.mark.parametrize(
    ("name", "value"), [("time", "2026-01-01T00:00:00"), ("time", 5), ("id", 5)]
)
def test_an_envelope_with_a_wrong_attribute_is_unreadable(name: str, value: Any) -> None:
    properties, body = encode(message(1))
    assert properties.headers is not None
    properties.headers[f"cloudEvents:{name}"] = value
    with pytest.raises(Unreadable):
        decode(properties, body)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"a":"\u0000"}',
        rb'{"a":"\ud800"}',
        rb'{"\u0000":1}',
        b'{"a":1e999}',
        b'{"a":[-1e999]}',
        b'{"a":9223372036854775808}',
        b'{"a":-9223372036854775809}',
        b'{"a":NaN}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        '{"a":"é",'.encode() + b'"b":' + b'{"b":' * 40 + b"1" + b"}" * 41,
    ],
)
def test_an_envelope_with_what_no_database_keeps_is_unreadable(body: bytes) -> None:
    properties, _ = encode(message(1))
    with pytest.raises(Unreadable):
        decode(properties, body)


@pytest.mark.parametrize(
    "body",
    [b'{"a":"[[[[{{{{"}', b'{"a":-9223372036854775808,"b":1.5}', '{"a":"é\\u00e9"}'.encode(),
     '{"a":"é"}'.encode("utf-16")],
)  # fmt: skip
def test_an_envelope_with_what_every_database_keeps_is_read(body: bytes) -> None:
    properties, _ = encode(message(1))
    assert decode(properties, body).payload == json.loads(body)


@pytest.mark.parametrize(
    ("headers", "no"),
    [(None, 1), ({}, 1), ({"x-delivery-count": 0}, 1), ({"x-delivery-count": 4}, 5)],
)
def test_deliveries_are_counted_by_brokers_that_say_nothing_the_first_time_too(
    headers: Any, no: int
) -> None:
    assert attempt(BasicProperties(headers=headers)) == no


def test_a_dead_letter_tells_whose_it_was_and_why() -> None:
    properties, body = encode(message(1))
    assert properties.headers is not None
    properties.headers["x-death"] = [
        {"queue": "commerce.indexer", "reason": "delivery_limit", "routing-keys": ["item-changed"]}
    ]
    letter = dead_letter(properties, body, AT)
    assert (letter.message, letter.consumer, letter.reason) == (
        message(1),
        "indexer",
        "given up by the broker: delivery_limit",
    )


@pytest.mark.parametrize("body", [b"\x00\xff", b"{", "\N{SNOWMAN}\x00".encode(), b"x" * 100_000])
def test_whatever_is_in_a_dead_letter_can_be_kept_and_is_the_same_when_it_comes_again(
    body: bytes,
) -> None:
    properties = BasicProperties(
        headers={"x-death": [{"queue": "commerce.indexer", "routing-keys": ["a\x00b"]}]}
    )
    letter = dead_letter(properties, body, AT)
    assert storable(
        json.dumps(letter.message.payload, ensure_ascii=False) + letter.message.name + letter.reason
    )
    assert len(letter.message.payload["body"]) < 70_000
    assert (
        dead_letter(properties, body, AT).message.id
        == letter.message.id
        != dead_letter(properties, body + b"!", AT).message.id
    )


def test_behind_a_message_that_was_not_taken_none_of_its_key_counts_as_taken() -> None:
    given = [message(n, partition_key="odd" if n % 2 else "even") for n in range(8)]
    taken = {m.id for m in given} - {given[3].id}
    assert _in_order(given, taken) == ["m00", "m01", "m02", "m04", "m06"]
