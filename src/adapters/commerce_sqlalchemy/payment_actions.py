"""What buyers have to do before they are charged, in SQL: rows that live as long as an order waits
for it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from commerce_core.kernel.codec import from_data, to_data
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.orders import NextAction, OrderKey, OrderState
from commerce_core.payment import Action
from commerce_sqlalchemy.keys import among, pairs
from commerce_sqlalchemy.rows import Given, insert_many
from commerce_sqlalchemy.tables import Id, Instant, payment_action, saga

_A: Final = payment_action.c
_S: Final = saga.c
_UNTIL: Final = Given(
    lambda d: (
        sa.update(saga)
        .where(_S.buyer_id == d.buyer_id, _S.order_id == d.order_id)
        .values(buyer_until=d.until)
        .returning(_S.order_id)
    ),
    buyer_id=Id,
    order_id=Id,
    until=Instant(),
)


def ask(connection: sa.Connection, asked: Mapping[OrderKey, NextAction]) -> None:
    """Keep *asked* in place of what is kept."""
    if not asked:
        return
    forget(connection, list(asked))
    rows = [
        {
            "buyer_id": key.buyer_id,
            "order_id": key.order_id,
            "action": to_data(one.action),
            "until": one.until,
            "returned": dict(one.returned) if one.returned is not None else None,
        }
        for key, one in asked.items()
    ]
    insert_many(connection, payment_action, rows)
    _UNTIL.run(connection, sorted((k.buyer_id, k.order_id, a.until) for k, a in asked.items()))


def asked_of(connection: sa.Connection, keys: Sequence[OrderKey]) -> Mapping[OrderId, NextAction]:
    """What is kept for the buyers of the orders."""
    if not keys:
        return {}
    found = sa.select(payment_action).where(among(_A.buyer_id, _A.order_id, pairs(keys)))
    return {
        OrderId(row.order_id): NextAction(
            action=from_data(row.action, Action), until=row.until, returned=row.returned
        )
        for row in connection.execute(found)
    }


def bring_back(connection: sa.Connection, key: OrderKey, returned: Mapping[str, str]) -> bool:
    """Keep what was brought back, where something is kept at all; whether it is."""
    mine = sa.and_(_A.buyer_id == key.buyer_id, _A.order_id == key.order_id)
    kept = sa.update(payment_action).where(mine).values(returned=dict(returned))
    return connection.execute(kept.returning(_A.order_id)).scalar() is not None


def forget(connection: sa.Connection, keys: Sequence[OrderKey]) -> None:
    """Delete what is kept for the buyers of the orders."""
    if keys:
        gone = among(_A.buyer_id, _A.order_id, pairs(keys))
        connection.execute(sa.delete(payment_action).where(gone))


def strays(connection: sa.Connection, limit: int) -> list[OrderKey]:
    """Orders for whose buyers something is kept, and that do not wait for them."""
    joined = payment_action.outerjoin(
        saga, sa.and_(_S.buyer_id == _A.buyer_id, _S.order_id == _A.order_id)
    )
    waits = _S.state.is_not_distinct_from(OrderState.AWAITING_BUYER.value)
    found = sa.select(_A.buyer_id, _A.order_id).select_from(joined).where(sa.not_(waits))
    rows = connection.execute(found.limit(limit))
    return [OrderKey(BuyerId(row.buyer_id), OrderId(row.order_id)) for row in rows]
