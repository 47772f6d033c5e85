"""The statements that find, claim and write sagas."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.checkout import NOBODY_AWAY, Away, SagaFilter
from commerce_core.orders import OrderState
from commerce_sqlalchemy.leases import NOW, unheld
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.saga_rows import WRITE_COLUMNS
from commerce_sqlalchemy.tables import Id, order_line, saga, shipment_line
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
UNHELD: Final = sa.and_(OPEN, sa.or_(_S.lease_until.is_(None), _S.lease_until < NOW))
FREE: Final = sa.and_(OPEN, unheld(_S.lease_until), _S.next_run_at <= NOW)


@lru_cache(maxsize=64)  # a process knows few definitions, and few parties are away
def due(definitions: frozenset[tuple[str, int]], away: Away) -> "sa.Select[Any, Any, Any, Any]":
    """Up to ``most`` sagas that may be claimed now, in their turn. Made once, as it is asked for
    again and again while there is nothing to do.
    """
    found = sa.select(_S.buyer_id, _S.order_id, _S.fence, _S.claims).where(FREE, under(definitions))
    if away != NOBODY_AWAY:
        found = found.where(sa.not_(waits_for(away)))
    most = sa.bindparam("most", type_=sa.Integer())
    return found.order_by(_S.next_run_at, _S.order_id).limit(most)


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

_IS_UP: Final = sa.and_(
    _S.state == sa.literal_column(f"'{OrderState.AWAITING_BUYER.value}'"), _S.buyer_until <= NOW
)
CLAIM: Final = Given(
    lambda d: (
        sa.update(saga)
        .where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id, _S.fence == d.fence, FREE)
        .values(
            fence=_S.fence + 1,
            claims=_S.claims + 1,
            lease_until=sa.bindparam("until"),
            time_up=sa.case((_IS_UP, sa.true()), else_=_S.time_up),
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
        next_run_at=sa.case((_S.next_run_at == d.was_due, d.next_run_at), else_=_S.next_run_at),
        last_error=d.last_error,
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


def meant(which: SagaFilter) -> "list[sa.ColumnElement[bool] | sa.TextClause]":
    """What holds of the sagas that are meant."""
    where: list[sa.ColumnElement[bool] | sa.TextClause] = [sa.true()]
    if which.state is not None:
        where.append(_S.state == which.state)
    if which.alarm is not None:
        where += [OPEN, needs_attention_clause(which.alarm.claims, which.alarm.created_before)]
    if which.open_before is not None:
        where += [OPEN, order_table.c.created_at < which.open_before]
    return where


def needs_attention_clause(
    claims: int, created_before: "datetime | sa.ColumnElement[Any]"
) -> "sa.ColumnElement[bool]":
    """Whether a saga needs review: flagged, claimed in vain, or old."""
    return sa.or_(_S.attention, _S.claims >= claims, order_table.c.created_at < created_before)


@lru_cache(maxsize=8)  # every scrape of the figures asks for it
def census_of(claims: int, at_most: int | None) -> "sa.Select[Any, Any, int, Any]":
    """The open sagas by state, counted up to *at_most* in all, with those that need review:
    claimed *claims* times, or created before ``created_before``.
    """
    review = sa.case(
        (needs_attention_clause(claims, sa.bindparam("created_before")), 1), else_=0
    ).label("needs_attention")
    # In the order of the index of open sagas, so that no planner ever looks at those that are over.
    some = (
        sa.select(_S.state, order_table.c.created_at, review)
        .select_from(JOINED)
        .where(OPEN)
        .order_by(_S.next_run_at)
    )
    x = some.limit(at_most).subquery().c
    counted = sa.select(
        x.state,
        sa.func.count().label("sagas"),
        sa.func.min(x.created_at).label("oldest"),
        sa.func.sum(x.needs_attention).label("needs_attention"),
    )
    return counted.group_by(x.state)


@lru_cache(maxsize=8)
def strange_to(known: frozenset[tuple[str, int]], at_most: int) -> "sa.Select[Any, Any, int]":
    """The open sagas of definitions that are not *known*, counted up to *at_most* in all."""
    strange = sa.select(_S.definition, _S.version).where(OPEN, sa.not_(under(known)))
    x = strange.order_by(_S.next_run_at).limit(at_most).subquery().c
    counted = sa.select(x.definition, x.version, sa.func.count().label("sagas"))
    return counted.group_by(x.definition, x.version)
