"""Orders: history, details, the timeline as it goes on, and cancelling."""

from datetime import datetime
from typing import Any

import attrs
from msgspec import UNSET, UnsetType

from commerce_core.accounts import Account, Role
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.orders import (
    OrderFilter,
    OrderKey,
    OrderLine,
    OrderNotFound,
    OrderStatus,
    OrderView,
    SellerOrder,
    TimelineCursor,
    TimelineEntry,
    TooLateToCancel,
)
from commerce_core.orders.service import Orders
from commerce_http.accounts import AddressOut, address_out
from commerce_http.catalog import WakeUp
from commerce_http.event_stream import TimelineStream, entry_number
from commerce_http.timeline_watch import TimelineWatch, TooManyWatching
from commerce_http.web.answers import MEDIA_EVENTS, MoneyOut, Reply, Shape, money
from commerce_http.web.auth import BUYER, BUYER_OR_SELLER
from commerce_http.web.operations import LastEventId, Runs, operation
from commerce_http.web.query import Moment, moment, page_size


class OrderLineOut(Shape):
    """So many pieces of one form, as it was when it was ordered. Orders from before they were kept
    have no ``sku`` and ``options``.
    """

    item_id: str
    variant_id: str | None
    sku: str | None
    options: dict[str, Any] | None
    seller_id: str
    name: str
    quantity: int
    unit_price: MoneyOut
    line_total: MoneyOut


class AdjustmentOut(Shape):
    """What came on top of the goods or off them (a discount's amount is negative). *included*: in
    the prices already.
    """

    kind: str
    code: str
    amount: MoneyOut
    included: bool


class PaymentOut(Shape):
    """How the order is paid: ``pending``, ``paid``, ``declined``, ``refunded`` or ``cancelled``
    (never charged).
    """

    status: str
    brand: str
    last4: str


class ShipmentOut(Shape):
    """The parcel."""

    carrier: str
    tracking_number: str


class CancellationOut(Shape):
    """Why the order was not carried out, and the cart that its lines are back in."""

    code: str
    detail: str
    cart_id: str | None


class TimelineEntryOut(Shape):
    """Something that happened to the order."""

    type: str
    at: datetime
    detail: dict[str, Any]


class OrderSummaryOut(Shape, kw_only=True):
    """An order of the caller's own, by its own record. ``cancellation`` is there once it is being
    undone.
    """

    order_id: str
    cart_id: str
    status: str
    subtotal: MoneyOut
    shipping: MoneyOut
    tax: MoneyOut
    discount: MoneyOut
    total: MoneyOut
    lines: list[OrderLineOut]
    adjustments: list[AdjustmentOut]
    shipping_address: AddressOut | None
    payment: PaymentOut
    shipment: ShipmentOut | None
    cancellation: CancellationOut | UnsetType = UNSET
    created_at: datetime
    updated_at: datetime


class OrderOut(OrderSummaryOut, kw_only=True):
    """An order with its timeline."""

    timeline: list[TimelineEntryOut]


class SellerOrderOut(Shape):
    """A seller's own lines of an order, and what they come to."""

    order_id: str
    status: str
    lines: list[OrderLineOut]
    total: MoneyOut
    created_at: datetime
    updated_at: datetime


class OrdersOut(Shape):
    """A page of a buyer's orders."""

    orders: list[OrderSummaryOut]
    next_cursor: str | None


class SellerOrdersOut(Shape):
    """A page of a seller's orders."""

    orders: list[SellerOrderOut]
    next_cursor: str | None


@attrs.frozen(kw_only=True)
class ListOrders:
    """Which orders, and which page of the list. The cursor of a page belongs to the filters that it
    was asked with.
    """

    status: OrderStatus | None = None
    from_: Moment | None = attrs.field(default=None, metadata=moment("placed then or later"))
    to: Moment | None = attrs.field(
        default=None, metadata=moment("placed then or before; a day counts to its end")
    )
    updated_since: Moment | None = attrs.field(
        default=None, metadata=moment("for sellers: changed in their list since")
    )
    cursor: str | None = None
    size: int = page_size(20)

    @property
    def wanted(self) -> OrderFilter:
        """The filters.

        Raises:
            Invalid: from is behind to.
        """
        since, until, updated = self.from_, self.to, self.updated_since
        if since and until and since.first > until.last:
            raise Invalid.at("/to", "must not be before from")
        return OrderFilter(
            status=self.status,
            since=since.first if since else None,
            until=until.last if until else None,
            updated_since=updated.first if updated else None,
        )


@operation(
    "GET",
    "/orders",
    who=BUYER_OR_SELLER,
    answer=OrdersOut | SellerOrdersOut,
    problems=(BadCursor,),
    runs=Runs.KEY_READ,
)
def order_history(
    query: ListOrders, caller: Account, orders: Orders
) -> OrdersOut | SellerOrdersOut:
    """The caller's orders, newest first: a buyer's own; of a seller those with the seller's goods,
    with these alone.

    A seller who asks what has changed gives as `updatedSince` when it was last asked for, less a
    minute.
    """
    if caller.role is Role.SELLER:
        sold = orders.seller_history(SellerId(caller.id), query.cursor, query.size, query.wanted)
        return SellerOrdersOut(
            orders=[_seller_order_out(order) for order in sold.items], next_cursor=sold.next_cursor
        )
    if query.updated_since is not None:
        raise Invalid.at("/updatedSince", "is for sellers")
    bought = orders.history(BuyerId(caller.id), query.cursor, query.size, query.wanted)
    return OrdersOut(
        orders=[OrderSummaryOut(**_summary(view)) for view in bought.items],
        next_cursor=bought.next_cursor,
    )


@operation(
    "GET",
    "/orders/{order_id}",
    who=BUYER_OR_SELLER,
    answer=OrderOut | SellerOrderOut,
    problems=(OrderNotFound,),
    runs=Runs.KEY_READ,
)
def order_details(order_id: str, caller: Account, orders: Orders) -> OrderOut | SellerOrderOut:
    """An order with everything that happened to it; a seller sees the own lines alone."""
    if caller.role is Role.SELLER:
        return _seller_order_out(orders.seller_details(SellerId(caller.id), order_id))
    return order_out(orders.details(BuyerId(caller.id), order_id))


@operation(
    "GET",
    "/orders/{order_id}/events",
    who=BUYER,
    problems=(OrderNotFound, TooManyWatching),
    also={204: "The order is over and all of its events are known."},
    runs=Runs.KEY_READ,
    answer_media=MEDIA_EVENTS.decode(),
)
def order_events(
    order_id: str, caller: Account, last_event_id: LastEventId, orders: Orders, watch: TimelineWatch
) -> TimelineStream | Reply:
    """The timeline as server-sent events, one an entry, `id` its number; closed after the last
    one.
    """
    after = entry_number(last_event_id)
    view = orders.details(BuyerId(caller.id), order_id)
    last = view.timeline[-1]
    if last.fact.is_last and after >= last.seq:
        return Reply(status=204)
    key = OrderKey(view.order.buyer_id, view.order.id)
    return TimelineStream(watch, TimelineCursor(key, min(after, last.seq)))


@operation(
    "POST",
    "/orders/{order_id}/cancellation",
    who=BUYER,
    answer=OrderOut,
    status=202,
    problems=(OrderNotFound, TooLateToCancel),
)
def cancel_order(
    order_id: str, caller: Account, cancellations: Cancellations, work: WakeUp
) -> OrderOut:
    """Have the order undone; asking again changes nothing. Once it is paid it is too late."""
    view = cancellations.cancel(BuyerId(caller.id), order_id)
    work.notify()
    return order_out(view)


def order_out(view: OrderView) -> OrderOut:
    """*view* as its buyer sees it."""
    return OrderOut(**_summary(view), timeline=[_entry_out(entry) for entry in view.timeline])


def _summary(view: OrderView) -> dict[str, Any]:
    order, shipment, undone = view.order, view.shipment, view.cancellation
    return {
        "order_id": order.id,
        "cart_id": order.cart_id,
        "status": view.status.value,
        "subtotal": money(order.subtotal),
        **{kind: money(order.adjusted(kind)) for kind in ("shipping", "tax", "discount")},
        "total": money(order.total),
        "lines": [_line_out(line) for line in order.lines],
        "adjustments": [
            AdjustmentOut(kind=a.kind, code=a.code, amount=money(a.amount), included=a.included)
            for a in order.adjustments
        ],
        "shipping_address": address_out(order.address),
        "payment": PaymentOut(
            status=view.payment_status, brand=order.handle.brand, last4=order.handle.last4
        ),
        "shipment": ShipmentOut(carrier=shipment.carrier, tracking_number=shipment.tracking_number)
        if shipment
        else None,
        "cancellation": CancellationOut(
            code=undone.code, detail=undone.detail, cart_id=undone.cart_id
        )
        if undone
        else UNSET,
        "created_at": order.created_at,
        "updated_at": view.updated_at,
    }


def _seller_order_out(order: SellerOrder) -> SellerOrderOut:
    return SellerOrderOut(
        order_id=order.order_id,
        status=order.status.value,
        lines=[_line_out(line) for line in order.lines],
        total=money(order.total),
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


def _line_out(line: OrderLine) -> OrderLineOut:
    return OrderLineOut(
        item_id=line.item_id,
        variant_id=line.variant_id,
        sku=line.sku,
        options=dict(line.options) if line.options is not None else None,
        seller_id=line.seller_id,
        name=line.name,
        quantity=line.quantity,
        unit_price=money(line.unit_price),
        line_total=money(line.total),
    )


def _entry_out(entry: TimelineEntry) -> TimelineEntryOut:
    return TimelineEntryOut(type=entry.fact.value, at=entry.at, detail=dict(entry.detail))
