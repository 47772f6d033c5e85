"""Orders by the payments that they are paid with, in SQL."""

from collections.abc import Collection, Mapping
from typing import Final

import sqlalchemy as sa

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderHandles, OrderKey, PaidOrder
from commerce_sqlalchemy.tables import orders
from commerce_sqlalchemy.transaction import connection

_O: Final = orders.c


class SqlOrderHandles(OrderHandles):
    """By an index over handles alone: a gateway's names are its own for ever."""

    def paid_with(
        self, tx: Transaction, references: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], PaidOrder]:
        if not references:
            return {}
        named = sorted({reference for _, reference in references})
        found = sa.select(_O.gateway, _O.handle, _O.gateway_account, _O.buyer_id, _O.id)
        rows = connection(tx).execute(found.where(_O.handle.in_(named)))
        return {
            (row.gateway, row.handle): PaidOrder(
                OrderKey(BuyerId(row.buyer_id), OrderId(row.id)), row.gateway_account
            )
            for row in rows
            if (row.gateway, row.handle) in references
        }
