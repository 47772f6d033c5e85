"""Orders after their buyer is gone: what says who it was is taken out of the rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.tables import Id, Json, UserId, order_contact, order_line, seller_order
from commerce_sqlalchemy.tables import orders as order_table

_SELLER_ORDER: Final = seller_order.c
_DOCUMENTS: Final = Given(
    lambda d: sa.select(seller_order).where(
        _SELLER_ORDER.seller_id == d.seller_id, _SELLER_ORDER.order_id == d.order_id
    ),
    seller_id=UserId,
    order_id=Id,
)
_WRITE: Final = Given(
    lambda d: (
        sa.update(seller_order)
        .where(
            _SELLER_ORDER.seller_id == d.seller_id,
            _SELLER_ORDER.order_id == d.order_id,
            _SELLER_ORDER.seq == d.seq,
        )
        .values(document=d.document)
    ),
    seller_id=UserId,
    order_id=Id,
    seq=sa.BigInteger(),
    document=Json,
)


def blank_orders(
    opened: sa.Connection, buyer_id: BuyerId, after: OrderId | None, limit: int
) -> Mapping[OrderId, Sequence[SellerId]]:
    """Take contact, address, key and metadata out of some orders of a buyer; whose goods are in
    each.
    """
    o, line, contact = order_table.c, order_line.c, order_contact.c
    page = sa.select(o.id).where(o.buyer_id == buyer_id).order_by(o.id).limit(limit)
    ids = opened.execute(page.where(o.id > after) if after is not None else page).scalars().all()
    if not ids:
        return {}
    ours = {table: sa.and_(c.buyer_id == buyer_id, key.in_(ids)) for table, c, key in (
        (order_table, o, o.id), (order_line, line, line.order_id),
        (order_contact, contact, contact.order_id),
    )}  # fmt: skip
    opened.execute(
        sa.update(order_contact).where(ours[order_contact]).values(email="", address=sa.null())
    )
    opened.execute(
        sa.update(order_table)
        .where(ours[order_table])
        .values(metadata=sa.null(), idem_key=sa.null())
    )
    described = sa.and_(ours[order_line], line.metadata.is_not(None))
    opened.execute(sa.update(order_line).where(described).values(metadata=sa.null()))
    sellers: dict[OrderId, list[SellerId]] = defaultdict(list)
    found = sa.select(line.order_id, line.seller_id).where(ours[order_line]).distinct()
    for row in opened.execute(found):
        sellers[OrderId(row.order_id)].append(SellerId(row.seller_id))
    return {OrderId(i): sorted(sellers[OrderId(i)]) for i in ids}


def blank_seller_orders(opened: sa.Connection, orders: Sequence[tuple[SellerId, OrderId]]) -> None:
    """Take the metadata out of the lines of sellers' rows."""
    changed: list[tuple[Any, ...]] = []
    nothing: dict[str, Any] = {"metadata": dict[str, Any]()}
    for row in _DOCUMENTS.run(opened, sorted(set(orders))):
        document: dict[str, Any] = row.document
        lines: list[dict[str, Any]] = document["lines"]
        if any(line.get("metadata") for line in lines):
            blanked = [line | nothing for line in lines]
            changed.append((row.seller_id, row.order_id, row.seq, document | {"lines": blanked}))
    _WRITE.run(opened, changed)
