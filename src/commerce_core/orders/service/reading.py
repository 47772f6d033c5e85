"""Reading orders, and the projection that sellers read."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import decode_event, to_data
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId, is_id
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders.errors import OrderNotFound
from commerce_core.orders.events import EVENT_OF, OrderEvent
from commerce_core.orders.model import OrderLine, TimelineEntry
from commerce_core.orders.ports import OrderKey, OrderRepository, SellerOrders, TimelineCursor
from commerce_core.orders.views import OrderFilter, OrderPosition, OrderView, SellerOrder

_EVERY: Final = OrderFilter()
_MISSING: Final = "there is no such order"


class Orders:
    """What buyers and sellers read of their orders. Everything here only reads."""

    def __init__(
        self, database: Database, repo: OrderRepository, seller_orders: SellerOrders
    ) -> None:
        self._db = database
        self._repo = repo
        self._seller_orders = seller_orders

    def details(self, buyer_id: BuyerId, order_id: str) -> OrderView:
        """One of the buyer's orders with its timeline.

        Raises:
            OrderNotFound: no such order, or not this buyer's.
        """
        if is_id(order_id):
            key = OrderKey(buyer_id, OrderId(order_id))
            with self._db.snapshot() as tx:
                if found := self._repo.load(tx, [key]).get(key.order_id):
                    return found
        raise OrderNotFound(_MISSING)

    def history(
        self,
        buyer_id: BuyerId,
        cursor: str | None,
        size: int,
        wanted: OrderFilter = _EVERY,
        number: str | None = None,
    ) -> Page[OrderView]:
        """The buyer's orders that are *wanted*, newest first, *size* at a time; with a *number*
        the one that people call by it, if it is among them.

        Raises:
            BadCursor: *cursor* was not given out by this list, or for other wishes.
        """
        kind = _kind("orders", wanted, number)
        position = _position(kind, cursor)
        with self._db.snapshot() as tx:
            meant = self._meant(tx, wanted, number)
            found = self._repo.history(tx, buyer_id, meant, position, size + 1) if meant else ()
        return cut_page(kind, found, size, lambda view: (view.order.created_at, view.order.id))

    def timelines_after(
        self, cursors: Sequence[TimelineCursor]
    ) -> Mapping[OrderId, Sequence[TimelineEntry]]:
        """New entries behind each cursor, for everybody who waits, in one query; orders with
        nothing new are missing.
        """
        with self._db.snapshot() as tx:
            return self._repo.timelines_after(tx, cursors)

    def seller_history(
        self,
        seller_id: SellerId,
        cursor: str | None,
        size: int,
        wanted: OrderFilter = _EVERY,
        number: str | None = None,
    ) -> Page[SellerOrder]:
        """The orders that hold the seller's goods and are *wanted*, newest first, a moment behind
        the buyers' view; with a *number* the one that people call by it, if it is among them.

        Raises:
            BadCursor: *cursor* was not given out by this list, or for other wishes.
        """
        kind = _kind("seller-orders", wanted, number)
        position = _position(kind, cursor)
        with self._db.snapshot() as tx:
            meant = self._meant(tx, wanted, number)
            found = (
                self._seller_orders.history(tx, seller_id, meant, position, size + 1)
                if meant
                else ()
            )
        return cut_page(kind, found, size, lambda order: (order.created_at, order.order_id))

    def seller_details(self, seller_id: SellerId, order_id: str) -> SellerOrder:
        """The seller's own lines of an order.

        Raises:
            OrderNotFound: no such order (yet), or none of the seller's goods is in it.
        """
        if is_id(order_id):
            with self._db.snapshot() as tx:
                if found := self._seller_orders.load(tx, seller_id, OrderId(order_id)):
                    return found
        raise OrderNotFound(_MISSING)

    def _meant(
        self, tx: Transaction, wanted: OrderFilter, number: str | None
    ) -> OrderFilter | None:
        """*wanted*, of the order with this *number* alone; ``None``: no order has it."""
        if number is None:
            return wanted
        key = self._repo.numbered(tx, [number]).get(number)
        return attrs.evolve(wanted, order_id=key.order_id) if key else None


class SellerOrderProjection(Consumer):
    """Keeps the sellers' list in step. An event only wakes it: what it writes is read from the
    order repository.
    """

    def __init__(
        self, database: Database, repo: OrderRepository, seller_orders: SellerOrders, clock: Clock
    ) -> None:
        self._db = database
        self._repo = repo
        self._seller_orders = seller_orders
        self._clock = clock

    @property
    def name(self) -> str:
        return "seller-orders"

    @property
    def follows(self) -> Sequence[str]:
        return [event.name for event in EVENT_OF.values()]

    def handle(self, messages: Sequence[Message]) -> None:
        events = [cast("OrderEvent", decode_event(m.name, m.payload)) for m in messages]
        self.follow(
            [
                OrderKey(buyer_id, order_id)
                for buyer_id, order_id in sorted({(e.buyer_id, e.order_id) for e in events})
            ]
        )

    def follow(self, keys: Sequence[OrderKey]) -> None:
        """Bring the lists up to date with the orders of *keys*, whatever events were received
        before. Idempotent.
        """
        with self._db.snapshot() as tx:
            views = self._repo.load(tx, keys)
        rows = [row for view in views.values() for row in _rows(view)]
        with self._db.begin() as tx:
            self._seller_orders.put(tx, rows, self._clock.now())
            tx.commit()


def _rows(view: OrderView) -> list[tuple[SellerId, int, SellerOrder]]:
    lines: dict[SellerId, list[OrderLine]] = {}
    for line in view.order.lines:
        lines.setdefault(line.seller_id, []).append(line)
    seq = view.timeline[-1].seq
    return [(seller_id, seq, _seller_order(view, own)) for seller_id, own in sorted(lines.items())]


def _seller_order(view: OrderView, lines: Sequence[OrderLine]) -> SellerOrder:
    total = sum((line.total for line in lines), start=Money.zero(view.order.total.currency))
    return SellerOrder(
        order_id=view.order.id,
        status=view.status,
        lines=tuple(lines),
        total=total,
        created_at=view.order.created_at,
        updated_at=view.updated_at,
        number=view.order.number,
    )


def _kind(name: str, wanted: OrderFilter, number: str | None) -> str:
    """What the cursors of a list are called: those of other wishes do not fit."""
    wishes = to_data(wanted) | {"number": number}
    filters = {field: value for field, value in wishes.items() if value is not None}
    return f"{name} {json.dumps(filters)}" if filters else name


def _position(kind: str, cursor: str | None) -> OrderPosition | None:
    if cursor is None:
        return None
    at, order_id = decode_cursor(kind, cursor, datetime, str)
    return OrderPosition(at, OrderId(order_id))
