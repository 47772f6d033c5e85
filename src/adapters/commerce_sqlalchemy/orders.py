"""Orders, their timelines and the sellers' list in SQL."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from commerce_core.kernel.codec import from_data, to_data
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import (
    KeptNumber,
    Order,
    OrderExists,
    OrderFilter,
    OrderKey,
    OrderPosition,
    OrderRepository,
    OrderState,
    OrderView,
    SellerOrder,
    SellerOrders,
    TimelineCursor,
    TimelineEntry,
    states_of,
)
from commerce_sqlalchemy.erased_orders import blank_orders, blank_seller_orders
from commerce_sqlalchemy.keys import among, pairs
from commerce_sqlalchemy.order_rows import (
    adjustment_row,
    line_row,
    order_row,
    order_view,
    timeline_entry,
)
from commerce_sqlalchemy.payment_actions import asked_of
from commerce_sqlalchemy.rows import Given, insert_many, insert_new, one_by_one, slices
from commerce_sqlalchemy.tables import (
    Id,
    Instant,
    Json,
    order_adjustment,
    order_contact,
    order_line,
    order_number,
    saga,
    saga_event,
    seller_order,
    shipment,
)
from commerce_sqlalchemy.tables import orders as order_table
from commerce_sqlalchemy.transaction import connection

_NOT_OVER: Final = tuple(state.value for state in OrderState if not state.is_final)
_AWAITS: Final = OrderState.AWAITING_BUYER.value
_AT_ONCE: Final = 50
"""Timelines per statement: pairs of keys are sought by every first part with every second."""


class SqlOrderRepository(OrderRepository):
    """The order repository on SQLite and PostgreSQL. What was ordered is never updated."""

    def insert(self, tx: Transaction, orders: Sequence[Order]) -> None:
        try:
            insert_many(connection(tx), order_table, [order_row(o) for o in orders])
            insert_many(connection(tx), order_number, _number_rows(orders))
        except IntegrityError as error:
            raise OrderExists("an order with this cart, key or number exists") from error
        keys: list[tuple[Order, dict[str, Any]]] = [
            (o, {"buyer_id": o.buyer_id, "order_id": o.id}) for o in orders
        ]
        insert_many(
            connection(tx),
            order_line,
            [key | line_row(i, x) for o, key in keys for i, x in enumerate(o.lines, 1)],
        )
        insert_many(
            connection(tx),
            order_adjustment,
            [key | adjustment_row(i, a) for o, key in keys for i, a in enumerate(o.adjustments, 1)],
        )
        contacts = [
            key | {"email": o.email, "address": attrs.asdict(o.address) if o.address else None}
            for o, key in keys
        ]
        insert_many(connection(tx), order_contact, contacts)

    def append(self, tx: Transaction, entries: Mapping[OrderKey, Sequence[TimelineEntry]]) -> None:
        rows = [
            {
                "buyer_id": key.buyer_id,
                "order_id": key.order_id,
                "seq": e.seq,
                "type": e.fact.value,
                "at": e.at,
                "actor": e.actor,
                "cause": e.cause,
                "detail": dict(e.detail),
            }
            for key, many in entries.items()
            for e in many
        ]
        try:
            insert_many(connection(tx), saga_event, rows)
        except IntegrityError as error:
            raise Conflict("the timeline has an entry of this number") from error

    def load(self, tx: Transaction, keys: Sequence[OrderKey]) -> Mapping[OrderId, OrderView]:
        return {
            view.order.id: view
            for view in self._views(tx, _BY_KEY.run(connection(tx), pairs(keys)))
        }

    def placed_with(
        self,
        tx: Transaction,
        idem_keys: Sequence[tuple[BuyerId, str]],
        carts: Sequence[tuple[BuyerId, CartId]],
    ) -> Sequence[Order]:
        placed = {
            row.id: row
            for row in (
                *_BY_CART.run(connection(tx), sorted(set(carts))),
                *_BY_IDEM_KEY.run(connection(tx), sorted(set(idem_keys))),
            )
        }
        return [view.order for view in self._views(tx, list(placed.values()))]

    def history(
        self,
        tx: Transaction,
        buyer_id: BuyerId,
        wanted: OrderFilter,
        before: OrderPosition | None,
        limit: int,
    ) -> Sequence[OrderView]:
        c = order_table.c
        statement = _ORDERS.where(
            c.buyer_id == buyer_id, *_placed(c.created_at, c.id, wanted, before)
        )
        if wanted.status is not None:
            statement = statement.where(
                saga.c.buyer_id == buyer_id, saga.c.state.in_(states_of(wanted.status))
            )
        newest_first = statement.order_by(c.created_at.desc(), c.id.desc()).limit(limit)
        return self._views(tx, connection(tx).execute(newest_first).all())

    def timelines_after(
        self, tx: Transaction, cursors: Sequence[TimelineCursor]
    ) -> Mapping[OrderId, Sequence[TimelineEntry]]:
        c = saga_event.c
        known = {(x.key.buyer_id, x.key.order_id): x.seq for x in cursors}
        found: dict[OrderId, list[TimelineEntry]] = defaultdict(list)
        for some in slices(sorted(known), _AT_ONCE):
            entries = (
                sa.select(saga_event)
                .where(among(c.buyer_id, c.order_id, some))
                .order_by(c.order_id, c.seq)
            )
            for row in connection(tx).execute(entries):
                if row.seq > known[row.buyer_id, row.order_id]:
                    found[row.order_id].append(timeline_entry(row))
        return found

    def keys_of(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[OrderId, OrderKey]:
        rows = connection(tx).execute(
            sa.select(order_table.c.buyer_id, order_table.c.id).where(
                order_table.c.id.in_(order_ids)
            )
        )
        return {row.id: OrderKey(row.buyer_id, row.id) for row in rows}

    def under_way(self, tx: Transaction, buyer_id: BuyerId) -> bool:
        mine = sa.and_(saga.c.buyer_id == buyer_id, saga.c.state.in_(_NOT_OVER))
        found = sa.select(saga.c.order_id).where(mine).limit(1)
        return connection(tx).execute(found).first() is not None

    def blank(
        self, tx: Transaction, buyer_id: BuyerId, after: OrderId | None, limit: int
    ) -> Mapping[OrderId, Sequence[SellerId]]:
        return blank_orders(connection(tx), buyer_id, after, limit)

    def numbered(self, tx: Transaction, numbers: Sequence[str]) -> Mapping[str, OrderKey]:
        found = _BY_NUMBER.run(connection(tx), one_by_one(numbers))
        return {row.number: OrderKey(row.buyer_id, row.order_id) for row in found}

    def numbers(self, tx: Transaction, after: str | None, limit: int) -> Sequence[KeptNumber]:
        c, o = order_number.c, order_table.c
        kept = order_number.outerjoin(
            order_table, sa.and_(o.buyer_id == c.buyer_id, o.id == c.order_id)
        )
        statement = sa.select(order_number, o.number.label("of_order")).select_from(kept)
        if after is not None:
            statement = statement.where(c.number > after)
        rows = connection(tx).execute(statement.order_by(c.number).limit(limit))
        return [KeptNumber(r.number, OrderKey(r.buyer_id, r.order_id), r.of_order) for r in rows]

    def _views(self, tx: Transaction, rows: Sequence[Any]) -> list[OrderView]:
        """Five statements for any number of orders; one more where buyers have to act."""
        if not rows:
            return []
        keys = [OrderKey(row.buyer_id, row.id) for row in rows]
        lines, adjustments, entries, shipments = (self._parts(tx, parts, keys) for parts in _PARTS)
        awaited = [key for key, row in zip(keys, rows, strict=True) if row.state == _AWAITS]
        asked = asked_of(connection(tx), awaited)
        return [
            order_view(
                row,
                lines[row.id],
                adjustments[row.id],
                [timeline_entry(e) for e in entries[row.id]],
                shipments[row.id],
                asked.get(row.id),
            )
            for row in rows
        ]

    def _parts(
        self, tx: Transaction, parts: Given, keys: Sequence[OrderKey]
    ) -> Mapping[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for row in parts.run(connection(tx), pairs(keys)):
            found[row.order_id].append(row)
        return found


class SqlSellerOrders(SellerOrders):
    """The sellers' list on SQLite and PostgreSQL."""

    def put(
        self, tx: Transaction, rows: Sequence[tuple[SellerId, int, SellerOrder]], at: datetime
    ) -> None:
        if not rows:
            return
        c = seller_order.c
        latest = {
            (seller_id, o.order_id): (seq, o)
            for seller_id, seq, o in sorted(rows, key=lambda row: row[1])
        }
        newest = dict(sorted(latest.items(), key=lambda row: row[0]))
        written = [
            {
                "seller_id": s,
                "order_id": i,
                "status": o.status.value,
                "seq": seq,
                "document": to_data(o),
                "created_at": o.created_at,
                "updated_at": at,
            }
            for (s, i), (seq, o) in newest.items()
        ]
        # Another process may handle events of the same orders at the same time: the second one
        # finds the row and updates it.
        new = set(insert_new(connection(tx), seller_order, written, c.seller_id, c.order_id))
        unchanged_rows = [row for row in written if (row["seller_id"], row["order_id"]) not in new]
        changed = [
            (r["seller_id"], r["order_id"], r["seq"], r["status"], r["document"], at)
            for r in unchanged_rows
        ]
        _WRITE_OVER.run(connection(tx), changed)

    def history(
        self,
        tx: Transaction,
        seller_id: SellerId,
        wanted: OrderFilter,
        before: OrderPosition | None,
        limit: int,
    ) -> Sequence[SellerOrder]:
        c = seller_order.c
        statement = sa.select(c.document).where(
            c.seller_id == seller_id, *_placed(c.created_at, c.order_id, wanted, before)
        )
        if wanted.status is not None:
            statement = statement.where(c.status == wanted.status.value)
        if wanted.updated_since is not None:
            statement = statement.where(c.updated_at >= wanted.updated_since)
        newest_first = statement.order_by(c.created_at.desc(), c.order_id.desc()).limit(limit)
        return [
            from_data(document, SellerOrder)
            for document in connection(tx).execute(newest_first).scalars()
        ]

    def load(self, tx: Transaction, seller_id: SellerId, order_id: OrderId) -> SellerOrder | None:
        c = seller_order.c
        document = (
            connection(tx)
            .execute(sa.select(c.document).where(c.seller_id == seller_id, c.order_id == order_id))
            .scalar()
        )
        return from_data(document, SellerOrder) if document is not None else None

    def blank(self, tx: Transaction, orders: Sequence[tuple[SellerId, OrderId]]) -> None:
        blank_seller_orders(connection(tx), orders)


def _number_rows(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """In their order: two who give out the same numbers wait for one another, and not crosswise."""
    rows = [
        {"number": o.number, "buyer_id": o.buyer_id, "order_id": o.id}
        for o in orders
        if o.number is not None
    ]
    return sorted(rows, key=itemgetter("number"))


def _placed(
    at: "sa.Column[datetime]",
    order_id: "sa.Column[str]",
    wanted: OrderFilter,
    before: OrderPosition | None,
) -> "Iterator[sa.ColumnElement[bool]]":
    """When orders of a list were placed, and which of them were shown already."""
    if wanted.order_id is not None:
        yield order_id == wanted.order_id
    if wanted.since is not None:
        yield at >= wanted.since
    if wanted.until is not None:
        yield at <= wanted.until
    if before is not None:
        here = sa.tuple_(sa.literal(before.at, Instant()), sa.literal(before.order_id, Id))
        yield sa.tuple_(at, order_id) < here


def _select_orders() -> "sa.Select[Any]":
    joined = order_table.join(
        saga,
        sa.and_(saga.c.buyer_id == order_table.c.buyer_id, saga.c.order_id == order_table.c.id),
    ).join(
        order_contact,
        sa.and_(
            order_contact.c.buyer_id == order_table.c.buyer_id,
            order_contact.c.order_id == order_table.c.id,
        ),
    )
    return sa.select(
        *order_table.c,
        saga.c.state,
        saga.c.updated_at,
        order_contact.c.email,
        order_contact.c.address,
    ).select_from(joined)


_ORDERS: Final = _select_orders()


def _ordered_by(second: "sa.Column[Any]", kind: "sa.types.TypeEngine[Any]") -> Given:
    return Given(
        lambda d: _ORDERS.where(order_table.c.buyer_id == d.buyer_id, second == d.second),
        buyer_id=Id,
        second=kind,
    )


def _parts_of(table: sa.Table, number: "sa.Column[Any]") -> Given:
    ours = sa.select(table).order_by(table.c.order_id, number)
    return Given(
        lambda d: ours.where(table.c.buyer_id == d.buyer_id, table.c.order_id == d.order_id),
        buyer_id=Id,
        order_id=Id,
    )


_BY_KEY: Final = _ordered_by(order_table.c.id, Id)
_BY_CART: Final = _ordered_by(order_table.c.cart_id, Id)
_BY_IDEM_KEY: Final = _ordered_by(order_table.c.idem_key, sa.Text())
_BY_NUMBER: Final = Given(
    lambda d: sa.select(order_number).where(order_number.c.number == d.number), number=sa.Text()
)
_PARTS: Final = (
    _parts_of(order_line, order_line.c.no),
    _parts_of(order_adjustment, order_adjustment.c.no),
    _parts_of(saga_event, saga_event.c.seq),
    _parts_of(shipment, shipment.c.no),
)
_WRITE_OVER: Final = Given(
    lambda d: (
        sa.update(seller_order)
        .where(
            seller_order.c.seller_id == d.seller_id,
            seller_order.c.order_id == d.order_id,
            seller_order.c.seq < d.seq,
        )
        .values(seq=d.seq, status=d.status, document=d.document, updated_at=d.updated_at)
    ),
    seller_id=Id,
    order_id=Id,
    seq=sa.BigInteger(),
    status=sa.Text(),
    document=Json,
    updated_at=Instant(),
)
