"""Which cancelled orders still owe their buyers money, without reading all that was ever cancelled.

A cancelled order is checked until its refunds sum up to its captures, and counts as settled from
then on. A capture that becomes known later unsettles it, in the transaction that records it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.checkout import OwedRefund
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderKey
from commerce_sqlalchemy.keys import pairs
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.tables import Id, gateway_fact, saga

#: Orders that are checked in one transaction.
_PAGE: Final = 1_000


def unsettle(connection: sa.Connection, keys: Iterable[OrderKey]) -> None:
    """Have those of the orders checked again that are cancelled already."""
    _UNSETTLE.run(connection, pairs(set(keys)))


def owed_refunds(connection: sa.Connection, limit: int) -> Sequence[OwedRefund]:
    """Up to *limit* captures of the next unsettled orders, with what is missing of each.

    Orders of which nothing is missing are settled on the way.
    """
    candidates = connection.execute(_NEXT).all()
    owed = _OWED.run(connection, [(row.buyer_id, row.order_id) for row in candidates])
    open_orders = {row.order_id for row in owed}
    settled = [tuple(row) for row in candidates if row.order_id not in open_orders]
    _SETTLE.run(connection, sorted(settled))
    owed.sort(key=lambda row: (row.order_id, row.at, row.ref))
    return [
        OwedRefund(
            key=OrderKey(row.buyer_id, row.order_id),
            capture_ref=row.ref,
            amount=Money(min(row.amount_minor, int(row.missing)), row.currency),
        )
        for row in owed[:limit]
    ]


_S: Final = saga.c
_F: Final = gateway_fact.c
#: Spelled as the partial index spells it, so that every planner sees that it serves.
_UNSETTLED: Final = sa.text("saga.state = 'CANCELLED' AND saga.settled IS NULL")
#: And this not: where keys are given, rows are found by their keys.
_IS_CANCELLED: Final = sa.func.coalesce(_S.state, "") == "CANCELLED"
_LATE: Final = sa.func.coalesce(_S.late_facts, 0)
_NEXT: Final = (
    sa.select(_S.buyer_id, _S.order_id, _LATE.label("late_facts"))
    .where(_UNSETTLED)
    .order_by(_S.order_id)
    .limit(_PAGE)
)


def _sum_of(others: Any, kind: str) -> "sa.Select[Any]":
    """What the facts of *kind* of the same order and currency sum to."""
    same = (
        others.buyer_id == _F.buyer_id,
        others.order_id == _F.order_id,
        others.currency == _F.currency,
    )
    total = sa.func.coalesce(sa.func.sum(others.amount_minor), 0)
    return sa.select(total).where(*same, others.kind == kind)


def _missing() -> "sa.ColumnElement[int]":
    """What refunds lack of a capture and those before it: they count towards the earliest."""
    earlier, back = gateway_fact.alias().c, gateway_fact.alias().c
    not_later = sa.or_(earlier.at < _F.at, sa.and_(earlier.at == _F.at, earlier.ref <= _F.ref))
    captured = _sum_of(earlier, "capture").where(not_later).scalar_subquery()
    return captured - _sum_of(back, "refund").scalar_subquery()


_MISSING: Final = _missing()
_OWED: Final = Given(
    lambda d: sa.select(
        _F.buyer_id,
        _F.order_id,
        _F.ref,
        _F.at,
        _F.amount_minor,
        _F.currency,
        _MISSING.label("missing"),
    ).where(
        _F.buyer_id == d.buyer_id, _F.order_id == d.order_id, _F.kind == "capture", _MISSING > 0
    ),
    256,
    buyer_id=Id,
    order_id=Id,
)
_UNSETTLE: Final = Given(
    lambda d: (
        sa.update(saga)
        .where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id, _IS_CANCELLED)
        .values(late_facts=_LATE + 1, settled=sa.null())
    ),
    buyer_id=Id,
    order_id=Id,
)
#: Not over a capture that was recorded after the order was checked.
_SETTLE: Final = Given(
    lambda d: (
        sa.update(saga)
        .where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id)
        .where(_S.settled.is_(None), d.late_facts == _LATE)
        .values(settled=sa.true())
    ),
    buyer_id=Id,
    order_id=Id,
    late_facts=sa.BigInteger(),
)
