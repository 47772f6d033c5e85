"""Endpoints and deliveries as rows, and the statements over many of them."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import SellerId
from commerce_core.webhooks import (
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointStatus,
    WebhookDelivery,
)
from commerce_sqlalchemy.columns import Id, Instant
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.tables import webhook_delivery, webhook_endpoint

E: Final = webhook_endpoint.c
D: Final = webhook_delivery.c
#: Spelled as the partial index spells it, so that every planner sees that it serves.
ACTIVE: Final = sa.text("webhook_endpoint.status = 'active'")
_PENDING: Final = D.status == DeliveryStatus.PENDING.value
_AT: Final = sa.bindparam("at", type_=Instant())
_SHOP: Final = ""
_OTHER: Final = webhook_delivery.alias("other")
_SAME_SUBJECT: Final = sa.and_(
    _OTHER.c.endpoint_id == D.endpoint_id,
    _OTHER.c.subject == D.subject,
    _OTHER.c.status == DeliveryStatus.PENDING.value,
)
# Both are computed: what is asked for is found by its key or subject, and by no index of what is
# due or waits, which a database that has not counted its rows takes for empty.
_HAS_TIME: Final = sa.func.coalesce(_OTHER.c.next_at, _OTHER.c.next_at).is_not(None)
_STILL_PENDING: Final = (D.status + "") == DeliveryStatus.PENDING.value

#: Let the oldest pending delivery of each subject be sent at once, if none of it has a time.
PROMOTE: Final = Given(
    lambda d: (
        sa.update(webhook_delivery)
        .where(D.endpoint_id == d.endpoint_id, D.subject == d.subject, _PENDING)
        .where(~sa.exists().where(_SAME_SUBJECT, _HAS_TIME))
        .where(~sa.exists().where(_SAME_SUBJECT, _OTHER.c.event_id < D.event_id))
        .values(next_at=_AT)
    ),
    256,  # for more PostgreSQL reads the whole table
    endpoint_id=Id,
    subject=sa.Text(),
)
#: Count *added* deliveries to those that wait, one of which may be due at once.
COUNT: Final = Given(
    lambda d: (
        sa.update(webhook_endpoint)
        .where(E.id == d.id)
        .values(
            waiting=E.waiting + d.added,
            next_at=sa.case((E.next_at < _AT, E.next_at), else_=_AT),
        )
    ),
    id=Id,
    added=sa.BigInteger(),
)
LOCK_HELD: Final = Given(
    lambda d: (
        sa.update(webhook_endpoint)
        .where(E.id == d.id, E.fence == d.fence)
        .values(lease_until=sa.null(), leave_alone=d.leave_alone, failing_since=d.failing_since)
        .returning(E.id)
    ),
    id=Id,
    fence=sa.BigInteger(),
    leave_alone=Instant(),
    failing_since=Instant(),
)
WRITE: Final = Given(
    lambda d: (
        sa.update(webhook_delivery)
        .where(D.endpoint_id == d.endpoint_id, D.id == d.id, _STILL_PENDING)
        .values(
            status=d.status, attempts=d.attempts, first_at=d.first_at, next_at=d.next_at,
            answered=d.answered, error=d.error, finished_at=d.finished_at,
        )
        .returning(D.endpoint_id, D.status)
    ),
    endpoint_id=Id,
    id=Id,
    status=sa.Text(),
    attempts=sa.BigInteger(),
    first_at=Instant(),
    next_at=Instant(),
    answered=sa.BigInteger(),
    error=sa.Text(),
    finished_at=Instant(),
)  # fmt: skip
#: Take *over* deliveries from those that wait, and note when the next one is due.
SETTLE: Final = Given(
    lambda d: (
        sa.update(webhook_endpoint)
        .where(E.id == d.id)
        .values(
            waiting=E.waiting - d.over,
            next_at=sa.select(sa.func.min(D.next_at))
            .where(D.endpoint_id == E.id, D.next_at.is_not(None))
            .scalar_subquery(),
        )
    ),
    id=Id,
    over=sa.BigInteger(),
)
#: Claim endpoints that are locked, and active.
CLAIM: Final = Given(
    lambda d: (
        sa.update(webhook_endpoint)
        .where(E.id == d.id, E.fence == d.fence)
        .values(fence=E.fence + 1, lease_until=sa.bindparam("until", type_=Instant()))
        .returning(*E)
    ),
    id=Id,
    fence=sa.BigInteger(),
)
_WAITING: Final = sa.and_(D.endpoint_id == E.id, D.status == DeliveryStatus.PENDING.value)
#: What an endpoint says of its deliveries, and what they say.
AUDIT: Final = (
    sa.select(
        E.id,
        E.waiting.label("said"),
        sa.select(sa.func.count()).where(_WAITING).scalar_subquery().label("waiting"),
        sa.select(sa.func.count(D.subject.distinct()))
        .where(_WAITING)
        .where(~sa.exists().where(_SAME_SUBJECT, _OTHER.c.next_at.is_not(None)))
        .scalar_subquery()
        .label("stuck"),
    )
    .where(E.slot.is_not(None))
    .order_by(E.id)
)


def owner_of(seller_id: SellerId | None) -> str:
    """What an owner's endpoints are found by."""
    return _SHOP if seller_id is None else seller_id


def endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    """What its owner may change, and what never changes."""
    because = endpoint.disabled_because
    return {
        "id": endpoint.id,
        "owner": owner_of(endpoint.seller_id),
        "url": endpoint.url,
        "events": list(endpoint.events),
        "description": endpoint.description,
        "status": endpoint.status.value,
        "disabled_because": because.value if because else None,
        "generation": endpoint.generation,
        "former_until": endpoint.former_until,
        "failing_since": endpoint.failing_since,
        "version": endpoint.version,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }


def endpoint_of(row: Any) -> Endpoint:
    """The endpoint of a row."""
    because = row.disabled_because
    return Endpoint(
        id=row.id,
        seller_id=SellerId(row.owner) if row.owner != _SHOP else None,
        url=row.url,
        events=tuple(row.events),
        description=row.description,
        status=EndpointStatus(row.status),
        disabled_because=DisabledBecause(because) if because else None,
        generation=row.generation,
        former_until=row.former_until,
        failing_since=row.failing_since,
        waiting=row.waiting,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def delivery_row(delivery: WebhookDelivery) -> Mapping[str, Any]:
    """A delivery's row; whether it has a time is not said."""
    return {
        "endpoint_id": delivery.endpoint_id,
        "id": delivery.id,
        "event_id": delivery.event_id,
        "name": delivery.name,
        "subject": delivery.subject,
        "occurred_at": delivery.occurred_at,
        "payload": delivery.payload,
        "created_at": delivery.created_at,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
    }


def delivery_of(row: Any) -> WebhookDelivery:
    """The delivery of a row."""
    names = (
        "id", "endpoint_id", "event_id", "name", "subject", "occurred_at", "payload", "created_at",
        "attempts", "first_at", "next_at", "answered", "error", "finished_at",
    )  # fmt: skip
    fields = {name: getattr(row, name) for name in names}
    return WebhookDelivery(status=DeliveryStatus(row.status), **fields)
