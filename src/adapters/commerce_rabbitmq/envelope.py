"""A message as AMQP carries it: the event's data as the body, CloudEvents attributes as headers (binary mode, version 1.0)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pika import BasicProperties

from commerce_core.kernel.codec import Unreadable, is_object
from commerce_core.kernel.ids import MessageId, derived_id
from commerce_core.kernel.messaging import DeadLetter, Message
from commerce_rabbitmq.topology import consumer_of

#: Together with the id it names an event among those of all systems.
SOURCE: Final = "/commerce"
_PREFIX: Final = "cloudEvents:"
#: The extension of CloudEvents for distributed tracing.
_TRACE: Final = f"{_PREFIX}traceparent"
_JSON: Final = "application/json"
_PERSISTENT: Final = 2
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: So much of a body that nobody can read is kept for a person to look at.
_KEPT: Final = 65_536


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
        content_type=_JSON, headers=headers, delivery_mode=_PERSISTENT, message_id=message.id, type=message.name
    )  # fmt: skip
    return properties, _ENCODE(message.payload).encode()


def decode(properties: BasicProperties, body: bytes) -> Message:
    """What :func:`encode` made, or somebody else in the same form.

    Raises:
        Unreadable: it has another form.
    """
    headers: Mapping[str, Any] = properties.headers or {}
    try:
        attributes = {name: headers[_PREFIX + name] for name in ("id", "type", "time", "partitionkey")}
        payload = json.loads(body)
        occurred_at = datetime.fromisoformat(attributes["time"])
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(f"not an event as docs/events.md describes it: {type(error).__name__} {error}") from error
    if not is_object(payload) or occurred_at.tzinfo is None or not all(isinstance(v, str) for v in attributes.values()):
        raise Unreadable("not an event as docs/events.md describes it")
    return Message(
        id=MessageId(attributes["id"]),
        name=attributes["type"],
        partition_key=attributes["partitionkey"],
        occurred_at=occurred_at,
        payload=payload,
        trace=_storable(trace) if isinstance(trace := headers.get(_TRACE), str) else None,
    )


def attempt(properties: BasicProperties) -> int:
    """The how many-th delivery this is. Brokers tell how many there were before; newer ones say nothing before the second."""
    count = (properties.headers or {}).get("x-delivery-count")
    return count + 1 if isinstance(count, int) else 1


def dead_letter(properties: BasicProperties, body: bytes, at: datetime) -> DeadLetter:
    """A message out of the queue of dead letters, with what the broker says about it. Whatever it holds can be kept."""
    headers: Mapping[str, Any] = properties.headers or {}
    deaths: list[Mapping[str, Any]] = headers.get("x-death") or [{}]
    death = deaths[0]
    consumer = consumer_of(str(death.get("queue", "unknown")))
    try:
        message = decode(properties, body)
        reason = f"given up by the broker: {death.get('reason', 'unknown')}"
    except Unreadable as error:
        message = _unreadable(properties, body, death, at)
        reason = f"{error.code}: {error.detail}"
    return DeadLetter(message=message, consumer=consumer, reason=_storable(reason), parked_at=at)


def _unreadable(properties: BasicProperties, body: bytes, death: Mapping[str, Any], at: datetime) -> Message:
    """Something that is no event of ours, under an id that is a function of what it is: it may be collected twice."""
    keys: list[Any] = death.get("routing-keys") or ["unknown"]
    payload = {"contentType": _storable(str(properties.content_type)), "body": _storable(body[:_KEPT].decode(errors="backslashreplace"))}
    digest = hashlib.sha256(body).hexdigest()
    made_up = MessageId(derived_id("unreadable", str(properties.message_id), digest))
    return Message(id=made_up, name=_storable(str(keys[0])), partition_key=made_up, occurred_at=at, payload=payload)


def _storable(text: str) -> str:
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
