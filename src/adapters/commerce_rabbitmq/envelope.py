"""A message as AMQP carries it: the event's data as the body, CloudEvents attributes as headers
(binary mode, version 1.0).
"""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pika import BasicProperties

from commerce_core.kernel.codec import Unreadable, is_list, is_object, storable
from commerce_core.kernel.ids import MessageId, derived_id
from commerce_core.kernel.messaging import DeadLetter, Message
from commerce_rabbitmq.connection import UnknownProperties
from commerce_rabbitmq.topology import consumer_of

#: Together with the id it names an event among those of all systems.
SOURCE: Final = "/commerce"
_PREFIX: Final = "cloudEvents:"
#: The extension of CloudEvents for distributed tracing.
_TRACE: Final = f"{_PREFIX}traceparent"
_JSON: Final = "application/json"
_PERSISTENT: Final = 2
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: Bytes of an unreadable body that are kept for an operator to inspect.
_KEPT: Final = 65_536
#: Events have some hundred bytes; a follower holds five hundred of them unacknowledged.
_LONGEST_BODY: Final = 262_144
_DEEPEST: Final = 32
_LONGEST_TRACE: Final = 200
#: What every event says of itself, and how long each may be.
_ATTRIBUTES: Final = {
    f"{_PREFIX}id": 36,
    f"{_PREFIX}type": 200,
    f"{_PREFIX}time": 200,
    f"{_PREFIX}partitionkey": 500,
}
_LONGEST_REASON: Final = 500
_MOST_DELIVERIES: Final = 1_000_000
#: Times that every database, and every time zone, can keep.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def encode(message: Message) -> tuple[BasicProperties, bytes]:
    """*message* as properties and body."""
    headers = {
        f"{_PREFIX}specversion": "1.0",
        f"{_PREFIX}id": message.id,
        f"{_PREFIX}source": SOURCE,
        f"{_PREFIX}type": message.name,
        f"{_PREFIX}time": message.occurred_at.isoformat(),
        f"{_PREFIX}partitionkey": message.partition_key,
    }
    if message.trace:
        headers[_TRACE] = message.trace
    properties = BasicProperties(
        content_type=_JSON, headers=headers, delivery_mode=_PERSISTENT, message_id=message.id,
        type=message.name
    )  # fmt: skip
    return properties, _ENCODE(message.payload).encode()


def decode(properties: BasicProperties, body: bytes) -> Message:
    """What :func:`encode` or another sender made in the same form. Every database can store the
    result.

    Raises:
        Unreadable: it has another form, or is larger or deeper than any event.
    """
    if len(body) > _LONGEST_BODY:
        raise Unreadable(
            f"a body of {len(body):,} bytes, and no event has more than {_LONGEST_BODY:,}"
        )
    headers = _headers(properties)
    plain = _is_plain(body)
    try:
        attributes = [headers[name] for name in _ATTRIBUTES]
        payload = _payload(body.decode("ascii") if plain else _text_of(body))
        message_id, name, time, partition_key = attributes
        occurred_at = datetime.fromisoformat(time)
        in_range = occurred_at.tzinfo is not None and _EARLIEST <= occurred_at < _LATEST
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Unreadable(
            f"not an event as docs/events.md describes it: {type(error).__name__} {error}"[
                :_LONGEST_REASON
            ]
        ) from error
    if (
        not in_range
        or not is_object(payload)
        or not all(map(_fits, attributes, _ATTRIBUTES.values()))
    ):
        raise Unreadable("not an event as docs/events.md describes it")
    if not (plain or _is_sound(payload)):
        raise Unreadable("it holds what cannot be kept, or is deeper than any event")
    trace = headers.get(_TRACE)
    return Message(
        id=MessageId(message_id),
        name=name,
        partition_key=partition_key,
        occurred_at=occurred_at,
        payload=payload,
        trace=trace if trace is not None and _fits(trace, _LONGEST_TRACE) else None,
    )


def _headers(properties: BasicProperties) -> Mapping[str, Any]:
    """The headers, whatever else stands there."""
    return properties.headers if is_object(properties.headers) else {}


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON's")


def _integer(text: str) -> int:
    if -(2**63) <= (value := int(text)) < 2**63:
        return value
    raise ValueError("a number of more than 64 bits")


def _float(text: str) -> float:
    if math.isfinite(value := float(text)):
        return value
    raise ValueError("a number that no database keeps")


#: One for all messages: to make one takes as long as to read most of them.
_DECODER: Final = json.JSONDecoder(
    parse_constant=_no_number, parse_int=_integer, parse_float=_float
)


def _payload(text: str) -> Any:
    if text.startswith("{"):  # nothing stands around it, as a rule
        payload, end = _DECODER.raw_decode(text)
        if end == len(text):
            return payload
    return _DECODER.decode(text)


def _text_of(body: bytes) -> str:
    return body.decode(json.detect_encoding(body), "surrogatepass")


def _fits(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and storable(value)


def _is_plain(body: bytes) -> bool:
    """Whether *body* is ASCII and :func:`_is_sound` is true of what it says, as one sees without
    reading it: what cannot be kept is written with an escape or beyond ASCII, each level has a
    bracket, and other encodings have zeros.
    """
    return (
        body.isascii()
        and b"\\" not in body
        and b"\0" not in body
        and body.count(b"{") + body.count(b"[") <= _DEEPEST
    )


def _is_sound(payload: object) -> bool:
    """Whether every database keeps *payload* as it is. Read level by level, down to a bound."""
    level: list[Any] = [payload]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if not storable(value):
                    return False
            elif is_object(value):
                below += value
                below += value.values()
            elif is_list(value):
                below += value
        if not below:
            return True
        level = below
    return False


def attempt(properties: BasicProperties) -> int:
    """The how many-th delivery this is. Brokers tell how many there were before; newer ones say
    nothing before the second.
    """
    before = _headers(properties).get("x-delivery-count")
    if isinstance(before, int) and not isinstance(before, bool) and 0 <= before < _MOST_DELIVERIES:
        return int(before) + 1
    return 1


def broker_can_give_up_on(properties: BasicProperties) -> bool:
    """Whether what stands where the broker counts deaths is its own: RabbitMQ fails for ever to add
    to what is not.
    """
    if isinstance(properties, UnknownProperties):
        return False
    deaths = _headers(properties).get("x-death", [])
    return is_list(deaths) and all(is_object(death) for death in deaths)


def dead_letter(properties: BasicProperties, body: bytes, at: datetime) -> DeadLetter:
    """A message out of the queue of dead letters, with what the broker says about it. Whatever it
    holds can be kept.

    Anybody can put anything into that queue, and what is no letter would never leave it: this fails
    on nothing.
    """
    death = _death(properties)
    consumer = _text(consumer_of(_text(death.get("queue", "unknown"))))
    try:
        message = decode(properties, body)
        reason = f"given up by the broker: {death.get('reason', 'unknown')}"
    except Unreadable as error:
        message = _unreadable(properties, body, death, at)
        reason = f"{error.code}: {error.detail}"
    return DeadLetter(
        message=message, consumer=consumer, reason=_text(reason, _LONGEST_REASON), parked_at=at
    )


def _death(properties: BasicProperties) -> Mapping[str, Any]:
    """The broker's latest ``x-death`` entry; empty where another sender has written there."""
    deaths = _headers(properties).get("x-death")
    latest = deaths[0] if is_list(deaths) and deaths else None
    return latest if is_object(latest) else {}


def _unreadable(
    properties: BasicProperties, body: bytes, death: Mapping[str, Any], at: datetime
) -> Message:
    """Something that is no event of ours, under an id that is a function of what it is: it may be
    collected twice.
    """
    keys = death.get("routing-keys")
    name = _text(keys[0] if is_list(keys) and keys else "unknown")
    payload = {
        "contentType": _text(properties.content_type),
        "body": _storable(body[:_KEPT].decode(errors="backslashreplace")),
    }
    digest = hashlib.sha256(body).hexdigest()
    made_up = MessageId(
        derived_id("unreadable", _text(properties.message_id, _LONGEST_REASON), digest)
    )
    return Message(id=made_up, name=name, partition_key=made_up, occurred_at=at, payload=payload)


def _text(value: object, longest: int = 200) -> str:
    """Whatever stands where a text should, as one that can be kept."""
    text = (
        value
        if isinstance(value, str)
        else value.decode(errors="backslashreplace")
        if isinstance(value, bytes)
        else f"{value!s:.1000}"
    )
    return _storable(text[:longest])


def _storable(text: str) -> str:
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
