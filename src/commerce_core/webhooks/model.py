"""Endpoints, and what is delivered to them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType

import attrs

from commerce_core.kernel.ids import MessageId, SellerId, derived_id
from commerce_core.kernel.messaging import Message

EndpointId = NewType("EndpointId", str)
DeliveryId = NewType("DeliveryId", str)

#: A receiver that has not answered after so long has failed: connecting, sending and the whole of
#: its answer.
ANSWERS_WITHIN: Final = timedelta(seconds=15)
#: A rolled secret signs beside its successor for so long.
FORMER_SIGNS_FOR: Final = timedelta(days=1)
#: A delivery that fails for so long disables its endpoint.
TRIED_FOR: Final = timedelta(days=3)
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=8)
#: What a receiver may ask for with Retry-After.
_LONGEST_WISH: Final = timedelta(hours=12)
#: The status of HTTP of a receiver that wants nothing more, ever.
GONE: Final = 410
_BUSY: Final = (429, 503)


class EndpointStatus(StrEnum):
    """DELETED: it waits to be forgotten, with its deliveries."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class DisabledBecause(StrEnum):
    """Why nothing is sent to an endpoint."""

    OWNER = "owner"
    GONE = "gone"
    FAILING = "failing"
    TOO_MANY_WAITING = "too-many-waiting"


@attrs.frozen(kw_only=True)
class Endpoint:
    """Where events are sent: the shop's own (no *seller_id*), which any operator manages, or a
    seller's. *waiting* counts deliveries that are not over.
    """

    id: EndpointId
    seller_id: SellerId | None
    url: str = attrs.field(repr=False)
    events: tuple[str, ...]
    description: str = ""
    status: EndpointStatus = EndpointStatus.ACTIVE
    disabled_because: DisabledBecause | None = None
    generation: int = 1
    """Which of its secrets is the present one."""
    former_until: datetime | None = None
    """Until when the one before signs as well."""
    failing_since: datetime | None = None
    waiting: int = 0
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_active(self) -> bool:
        """Whether events are sent to it."""
        return self.status is EndpointStatus.ACTIVE

    def rolled(self, at: datetime) -> "Endpoint":
        """The same with a new secret; the present one signs for a day more, an older one no
        more.
        """
        return attrs.evolve(
            self, generation=self.generation + 1, former_until=at + FORMER_SIGNS_FOR
        )

    def generations(self, at: datetime) -> tuple[int, ...]:
        """The secrets that sign *at* that moment, the present one first."""
        also = self.former_until is not None and at < self.former_until
        return (self.generation, self.generation - 1) if also else (self.generation,)


class DeliveryStatus(StrEnum):
    """PENDING until the receiver took it, or it was given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class WebhookDelivery:
    """An event on its way to an endpoint. Those of one *subject* go one after another."""

    id: DeliveryId
    endpoint_id: EndpointId
    event_id: MessageId
    name: str
    subject: str
    occurred_at: datetime
    payload: Mapping[str, Any]
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    first_at: datetime | None = None
    """When it was tried for the first time."""
    next_at: datetime | None = None
    """When it is tried next; ``None``: when those before it of its subject are over, or never."""
    answered: int | None = None
    """The status of HTTP of the last answer."""
    error: str | None = None
    finished_at: datetime | None = None

    def after(self, answer: "Answer", at: datetime) -> "WebhookDelivery":
        """What becomes of it with an *answer* to one more attempt."""
        first = self.first_at or at
        tried = attrs.evolve(
            self,
            attempts=self.attempts + 1,
            first_at=first,
            answered=answer.status,
            error=answer.error,
        )
        if answer.is_success:
            return attrs.evolve(
                tried, status=DeliveryStatus.DELIVERED, next_at=None, finished_at=at
            )
        if answer.status == GONE or at - first >= TRIED_FOR:
            return attrs.evolve(tried, status=DeliveryStatus.FAILED, next_at=None, finished_at=at)
        pause = max(pause_after(tried.attempts, tried.id), answer.wish or timedelta())
        # Not behind the end of all attempts: the last one is made there.
        return attrs.evolve(tried, next_at=min(at + pause, first + TRIED_FOR))


@attrs.frozen(kw_only=True)
class Post:
    """A delivery as it is sent: *secrets* sign it, the present one first."""

    url: str = attrs.field(repr=False)
    id: MessageId
    at: datetime
    body: str = attrs.field(repr=False)
    secrets: tuple[str, ...] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Answer:
    """What came of an attempt: a *status* of HTTP, or none and an *error*, which is a sentence
    without the address.
    """

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def wish(self) -> timedelta | None:
        """For how long the receiver wants to be left alone, as far as that is granted."""
        if self.retry_after is None or self.status not in _BUSY:
            return None
        return min(max(self.retry_after, timedelta()), _LONGEST_WISH)


def delivery_of(message: Message, endpoint: Endpoint, at: datetime) -> WebhookDelivery:
    """*message* for *endpoint*; the same delivery however often it is made."""
    hidden = () if endpoint.seller_id is None else _NOT_FOR_SELLERS
    return WebhookDelivery(
        id=DeliveryId(derived_id("webhook", endpoint.id, message.id)),
        endpoint_id=endpoint.id,
        event_id=message.id,
        name=message.name,
        subject=message.partition_key,
        occurred_at=message.occurred_at,
        payload={key: value for key, value in message.payload.items() if key not in hidden},
        created_at=at,
    )


#: Sellers are told that something happened to an order with their goods, as `GET /orders` tells
#: them; not whose it is, nor what is between the buyer and the shop.
_NOT_FOR_SELLERS: Final = ("buyer_id", "detail")


def pause_after(attempts: int, key: str) -> timedelta:
    """How long to wait after so many failed attempts: about 5 s, then four times as long each time,
    up to 8 hours. By a quarter more or less, which depends on *key*: what failed together does not
    come again together.
    """
    grown = _FIRST_PAUSE * (1 << 2 * min(attempts - 1, 10))
    digest = hashlib.sha256(f"{key} {attempts}".encode()).digest()
    part = int.from_bytes(digest[:4], "big") / (1 << 32)
    return min(grown, _LONGEST_PAUSE) * (0.75 + part / 2)
