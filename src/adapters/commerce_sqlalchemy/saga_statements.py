"""The statements that find, claim and write sagas."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from commerce_core.checkout import Away
from commerce_core.orders import OrderState
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.saga_rows import WRITE_COLUMNS
from commerce_sqlalchemy.tables import Id, Instant, order_line, saga, shipment_line
from commerce_sqlalchemy.tables import orders as order_table

ORDERS_AT_ONCE: Final = 256
"""Of more orders PostgreSQL reads a young table whole."""

OPEN: Final = sa.text("saga.state NOT IN ('COMPLETED', 'CANCELLED')")
"""Spelled as the partial index spells it, so that every planner sees that it serves."""


def under(definitions: Collection[tuple[str, int]]) -> "sa.ColumnElement[bool]":
    """Whether a saga was begun under one of *definitions*."""
    return sa.or_(
        sa.false(),
        *(
            sa.and_(_S.definition == name, _S.version == version)
            for name, version in sorted(definitions)
        ),
    )


def waits_for(away: Away) -> "sa.ColumnElement[bool]":
    """Whether a saga waits for a party that is *away*."""
    o = order_table.c
    there = sa.or_(
        sa.false(),
        *(
            sa.and_(o.gateway == name, o.gateway_account == account)
            for name, account in sorted(away.gateways)
        ),
    )
    paid_there = sa.exists().where(o.buyer_id == _S.buyer_id, o.id == _S.order_id, there)
    shipping = _S.state == OrderState.SHIPPING.value
    undone_without_a_call = sa.and_(_S.state == OrderState.PLACED.value, _S.cancel_requested)
    completed = _S.state == OrderState.FINISHING.value
    return sa.or_(
        sa.and_(shipping, _S.carrier.in_(sorted(away.carriers))),
        sa.and_(sa.not_(sa.or_(shipping, completed, undone_without_a_call)), paid_there),
    )


_S: Final = saga.c
_L: Final = order_line.c
_NOW: Final = sa.bindparam("now", type_=Instant())
UNHELD: Final = sa.and_(OPEN, sa.or_(_S.lease_until.is_(None), _S.lease_until < _NOW))
#: The same for who takes leases: one that ends later than any that could have been given was taken
#: by a clock that was wrong.
_CLAIMABLE: Final = sa.or_(
    _S.lease_until.is_(None),
    _S.lease_until < _NOW,
    _S.lease_until > sa.bindparam("beyond", type_=Instant()),
)

FREE: Final = sa.and_(OPEN, _CLAIMABLE, _S.next_run_at <= _NOW)
JOINED: Final = saga.join(
    order_table, sa.and_(_S.buyer_id == order_table.c.buyer_id, _S.order_id == order_table.c.id)
)

SAGAS: Final = (
    sa.select(
        *_S,
        order_table.c.gateway,
        order_table.c.gateway_account,
        order_table.c.digest,
        order_table.c.created_at,
        order_table.c.total_minor,
        order_table.c.currency.label("total_currency"),
    )
    .select_from(JOINED)
    .order_by(_S.order_id.desc())
)

BY_KEY: Final = Given(
    lambda d: SAGAS.where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id),
    buyer_id=Id,
    order_id=Id,
)

CLAIM: Final = Given(
    lambda d: (
        sa.update(saga)
        .where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id, _S.fence == d.fence, FREE)
        .values(
            fence=_S.fence + 1,
            claims=_S.claims + 1,
            lease_until=sa.bindparam("until"),
        )
        .returning(_S.buyer_id, _S.order_id)
    ),
    ORDERS_AT_ONCE,
    buyer_id=Id,
    order_id=Id,
    fence=sa.BigInteger(),
)

WRITE: Final = Given(
    lambda d: sa.update(saga)
    .where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id, _S.fence == d.fence)
    .where(_S.state == d.was, _S.cancel_requested == d.cancel_requested)
    .values(
        state=d.state, last_seq=d.seq, claims=d.claims, lease_until=d.lease_until,
        next_run_at=d.next_run_at, last_error=d.last_error,
        attention=sa.func.coalesce(d.attention, _S.attention), cause=d.cause,
        cause_detail=d.cause_detail, updated_at=sa.bindparam("at"),
    )
    .returning(_S.order_id),
    **WRITE_COLUMNS,
)  # fmt: skip

COVER: Final = Given(
    lambda d: sa.insert(shipment_line).from_select(
        ["buyer_id", "order_id", "shipment_no", "line_no", "quantity"],
        sa.select(
            _L.buyer_id, _L.order_id, sa.literal_column("1", sa.BigInteger()), _L.no, _L.quantity
        ).where(_L.buyer_id == d.buyer_id, _L.order_id == d.order_id),
    ),
    buyer_id=Id,
    order_id=Id,
)


def needs_attention_clause(claims: int, created_before: datetime) -> "sa.ColumnElement[bool]":
    """Whether a saga needs review: flagged, claimed in vain, or old."""
    return sa.or_(_S.attention, _S.claims >= claims, order_table.c.created_at < created_before)
