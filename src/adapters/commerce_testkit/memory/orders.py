"""The order repository and the sellers' list in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SellerId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import (
    Cancellation,
    Fact,
    KeptNumber,
    Order,
    OrderExists,
    OrderFilter,
    OrderKey,
    OrderLine,
    OrderPosition,
    OrderRepository,
    OrderState,
    OrderStatus,
    OrderView,
    SellerOrder,
    SellerOrders,
    TimelineCursor,
    TimelineEntry,
)
from commerce_testkit.memory.transaction import table


class MemoryOrderRepository(OrderRepository):
    """Orders in dictionaries; where they stand is read from the table that the saga store in memory
    writes.
    """

    def insert(self, tx: Transaction, orders: Sequence[Order]) -> None:
        rows, used, numbers = (table(tx, t) for t in ("orders", "order_used", "order_number"))
        for order in orders:
            marks = [("id", order.id), ("cart", order.buyer_id, order.cart_id)]
            marks += [("key", order.buyer_id, order.idem_key)] if order.idem_key else []
            if any(mark in used for mark in marks) or order.number in numbers:
                raise OrderExists("an order with this cart, key or number exists")
            used.update(dict.fromkeys(marks, order.id))
            rows[order.id] = order
            if order.number is not None:
                numbers[order.number] = OrderKey(order.buyer_id, order.id)

    def append(self, tx: Transaction, entries: Mapping[OrderKey, Sequence[TimelineEntry]]) -> None:
        rows = table(tx, "saga_event")
        for key, many in entries.items():
            for entry in many:
                if (key.order_id, entry.seq) in rows:
                    raise Conflict("the timeline has an entry of this number")
                rows[key.order_id, entry.seq] = entry

    def load(self, tx: Transaction, keys: Sequence[OrderKey]) -> Mapping[OrderId, OrderView]:
        rows = table(tx, "orders")
        found = [
            rows[key.order_id]
            for key in keys
            if key.order_id in rows and rows[key.order_id].buyer_id == key.buyer_id
        ]
        return {order.id: _view(tx, order) for order in found}

    def placed_with(
        self,
        tx: Transaction,
        idem_keys: Sequence[tuple[BuyerId, str]],
        carts: Sequence[tuple[BuyerId, CartId]],
    ) -> Sequence[Order]:
        rows, used = table(tx, "orders"), table(tx, "order_used")
        marks = [("key", *key) for key in idem_keys] + [("cart", *cart) for cart in carts]
        return [
            rows[order_id] for order_id in sorted({used[mark] for mark in marks if mark in used})
        ]

    def history(
        self,
        tx: Transaction,
        buyer_id: BuyerId,
        wanted: OrderFilter,
        before: OrderPosition | None,
        limit: int,
    ) -> Sequence[OrderView]:
        mine = sorted(
            (o for o in table(tx, "orders").values() if o.buyer_id == buyer_id),
            key=lambda o: (o.created_at, o.id),
            reverse=True,
        )
        behind = [
            _view(tx, o)
            for o in mine
            if before is None or (o.created_at, o.id) < (before.at, before.order_id)
        ]
        return [
            view
            for view in behind
            if _is_wanted(wanted, view.order.id, view.status, view.order.created_at)
        ][:limit]

    def timelines_after(
        self, tx: Transaction, cursors: Sequence[TimelineCursor]
    ) -> Mapping[OrderId, Sequence[TimelineEntry]]:
        owners = self.keys_of(tx, [cursor.key.order_id for cursor in cursors])
        mine = [cursor for cursor in cursors if owners.get(cursor.key.order_id) == cursor.key]
        found = {
            c.key.order_id: [e for e in _timeline(tx, c.key.order_id) if e.seq > c.seq]
            for c in mine
        }
        return {order_id: entries for order_id, entries in found.items() if entries}

    def keys_of(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[OrderId, OrderKey]:
        rows = table(tx, "orders")
        return {
            order_id: OrderKey(rows[order_id].buyer_id, order_id)
            for order_id in order_ids
            if order_id in rows
        }

    def under_way(self, tx: Transaction, buyer_id: BuyerId) -> bool:
        sagas = table(tx, "saga")
        return any(
            not sagas[order.id].saga.state.is_final
            for order in table(tx, "orders").values()
            if order.buyer_id == buyer_id
        )

    def blank(
        self, tx: Transaction, buyer_id: BuyerId, after: OrderId | None, limit: int
    ) -> Mapping[OrderId, Sequence[SellerId]]:
        rows, used = table(tx, "orders"), table(tx, "order_used")
        mine = sorted(o.id for o in rows.values() if o.buyer_id == buyer_id)
        some = [order_id for order_id in mine if after is None or order_id > after][:limit]
        for order_id in some:
            used.pop(("key", buyer_id, rows[order_id].idem_key), None)
            rows[order_id] = _blanked(rows[order_id])
        return {i: sorted({line.seller_id for line in rows[i].lines}) for i in some}

    def numbered(self, tx: Transaction, numbers: Sequence[str]) -> Mapping[str, OrderKey]:
        kept = table(tx, "order_number")
        return {number: kept[number] for number in numbers if number in kept}

    def numbers(self, tx: Transaction, after: str | None, limit: int) -> Sequence[KeptNumber]:
        kept, rows = table(tx, "order_number"), table(tx, "orders")
        behind = sorted(number for number in kept if after is None or number > after)
        found = [(number, kept[number], rows.get(kept[number].order_id)) for number in behind]
        return [KeptNumber(n, key, order.number if order else None) for n, key, order in found][
            :limit
        ]


class MemorySellerOrders(SellerOrders):
    """The sellers' list in a dictionary."""

    def put(
        self, tx: Transaction, rows: Sequence[tuple[SellerId, int, SellerOrder]], at: datetime
    ) -> None:
        known = table(tx, "seller_order")
        for seller_id, seq, order in rows:
            key = (seller_id, order.order_id)
            if key not in known or known[key][0] < seq:
                known[key] = (seq, order, at)

    def history(
        self,
        tx: Transaction,
        seller_id: SellerId,
        wanted: OrderFilter,
        before: OrderPosition | None,
        limit: int,
    ) -> Sequence[SellerOrder]:
        rows = [
            (o.created_at, o.order_id, at, o)
            for (owner, _), (_, o, at) in table(tx, "seller_order").items()
            if owner == seller_id
        ]
        behind = sorted(
            (row for row in rows if before is None or row[:2] < (before.at, before.order_id)),
            key=lambda row: row[:2],
        )
        meant = [
            o
            for _, _, at, o in reversed(behind)
            if _is_wanted(wanted, o.order_id, o.status, o.created_at, at)
        ]
        return meant[:limit]

    def load(self, tx: Transaction, seller_id: SellerId, order_id: OrderId) -> SellerOrder | None:
        found: tuple[int, SellerOrder, datetime] | None = table(tx, "seller_order").get(
            (seller_id, order_id)
        )
        return found[1] if found else None

    def blank(self, tx: Transaction, orders: Sequence[tuple[SellerId, OrderId]]) -> None:
        known = table(tx, "seller_order")
        for key in orders:
            if key in known:
                seq, order, at = known[key]
                known[key] = (seq, attrs.evolve(order, lines=_without_metadata(order.lines)), at)


def _blanked(order: Order) -> Order:
    return attrs.evolve(
        order, email="", address=None, idem_key=None, metadata=NO_METADATA,
        lines=_without_metadata(order.lines),
    )  # fmt: skip


def _without_metadata(lines: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
    return tuple(attrs.evolve(line, metadata=NO_METADATA) for line in lines)


def _is_wanted(
    wanted: OrderFilter, order_id: str, status: OrderStatus, placed: datetime,
    recorded_at: datetime | None = None
) -> bool:  # fmt: skip
    return (
        (wanted.order_id is None or order_id == wanted.order_id)
        and (wanted.status is None or status is wanted.status)
        and (wanted.since is None or placed >= wanted.since)
        and (wanted.until is None or placed <= wanted.until)
        and (
            wanted.updated_since is None
            or recorded_at is None
            or recorded_at >= wanted.updated_since
        )
    )


def _timeline(tx: Transaction, order_id: OrderId) -> list[TimelineEntry]:
    rows = table(tx, "saga_event")
    entries: list[TimelineEntry] = []
    while (entry := rows.get((order_id, len(entries) + 1))) is not None:
        entries.append(entry)
    return entries


def _view(tx: Transaction, order: Order) -> OrderView:
    row, timeline = table(tx, "saga")[order.id], _timeline(tx, order.id)
    ending = next((e.detail for e in timeline if e.fact is Fact.ORDER_CANCELLED), None)
    return OrderView(
        order=order,
        state=row.saga.state,
        timeline=tuple(timeline),
        shipment=table(tx, "shipment").get(order.id),
        cancellation=Cancellation(
            code=ending["code"], detail=ending["detail"], cart_id=ending["cartId"]
        )
        if ending
        else None,
        updated_at=row.updated_at,
        next_action=table(tx, "payment_action").get(order.id)
        if row.saga.state is OrderState.AWAITING_BUYER
        else None,
    )
