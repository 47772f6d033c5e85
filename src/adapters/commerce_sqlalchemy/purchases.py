"""What was bought, read from the tables of orders."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import BuyerId, ItemId, OrderId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey, OrderState
from commerce_core.recommendations import Purchase, PurchaseHistory
from commerce_sqlalchemy.tables import order_line, orders, saga
from commerce_sqlalchemy.transaction import connection

_COMPLETED: Final = tuple(state.value for state in OrderState if state.is_completed)
_UNDONE: Final = (OrderState.COMPENSATING.value, OrderState.CANCELLED.value)
#: Orders of a buyer in which it is looked what was bought.
_NEWEST_ORDERS: Final = 500


class SqlPurchaseHistory(PurchaseHistory):
    """The history on SQLite and PostgreSQL."""

    def completed(self, tx: Transaction, after: OrderKey | None, limit: int) -> Sequence[Purchase]:
        s, o, line = saga.c, orders.c, order_line.c
        keys = sa.select(s.buyer_id, s.order_id).where(s.state.in_(_COMPLETED))
        if after is not None:
            behind = sa.tuple_(after.buyer_id, after.order_id)
            keys = keys.where(sa.tuple_(s.buyer_id, s.order_id) > behind)
        page = keys.order_by(s.buyer_id, s.order_id).limit(limit).subquery()
        order = sa.and_(o.buyer_id == page.c.buyer_id, o.id == page.c.order_id)
        lines = sa.and_(line.buyer_id == page.c.buyer_id, line.order_id == page.c.order_id)
        read = (
            sa.select(page.c.buyer_id, page.c.order_id, o.created_at, line.item_id)
            .select_from(page.join(orders, order).join(order_line, lines))
            .order_by(page.c.buyer_id, page.c.order_id, line.no)
        )
        rows = connection(tx).execute(read)
        found: list[Purchase] = []
        last = after.buyer_id if after is not None else None
        for key, lines_of_order in groupby(rows, lambda r: (r.buyer_id, r.order_id, r.created_at)):
            buyer_id, order_id, at = key
            found.append(
                Purchase(
                    buyer_id=buyer_id,
                    order_id=order_id,
                    at=at,
                    items=_items(lines_of_order),
                    is_first=buyer_id != last,
                )
            )
            last = buyer_id
        return found

    def bought(
        self, tx: Transaction, buyer_id: BuyerId, limit: int
    ) -> Sequence[tuple[ItemId, datetime]]:
        o, line, s = orders.c, order_line.c, saga.c
        placed = sa.select(o.buyer_id, o.id, o.created_at).where(o.buyer_id == buyer_id)
        newest = placed.order_by(o.created_at.desc(), o.id.desc()).limit(_NEWEST_ORDERS).subquery()
        lines = sa.and_(line.buyer_id == newest.c.buyer_id, line.order_id == newest.c.id)
        state = sa.and_(s.buyer_id == newest.c.buyer_id, s.order_id == newest.c.id)
        at = sa.func.max(newest.c.created_at, type_=o.created_at.type).label("at")
        read = (
            sa.select(line.item_id, at)
            .select_from(newest.join(order_line, lines).join(saga, state))
            .where(s.state.not_in(_UNDONE))
            .group_by(line.item_id)
            .order_by(at.desc(), line.item_id)
            .limit(limit)
        )
        return [(ItemId(row.item_id), row.at) for row in connection(tx).execute(read)]

    def newest(self, tx: Transaction) -> OrderId | None:
        read = sa.select(orders.c.id).order_by(orders.c.id.desc()).limit(1)
        found = connection(tx).execute(read).scalar()
        return OrderId(found) if found is not None else None

    def count_behind(self, tx: Transaction, after: OrderId | None, limit: int) -> int:
        counted = connection(tx).execute(_BEHIND, {"after": after or "", "most": limit})
        return int(counted.scalar_one())


_SOME_BEHIND: Final = (
    sa.select(orders.c.id)
    .where(orders.c.id > sa.bindparam("after"))
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_BEHIND: Final = sa.select(sa.func.count()).select_from(_SOME_BEHIND.subquery())


def _items(rows: Any) -> tuple[ItemId, ...]:
    return tuple(dict.fromkeys(ItemId(row.item_id) for row in rows))
