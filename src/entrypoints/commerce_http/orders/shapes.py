"""Orders in responses: to their buyers, and to sellers their own lines."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from commerce_core.kernel.money import Money as Total
from commerce_core.orders import OrderLine as CoreOrderLine
from commerce_core.orders import OrderView
from commerce_core.orders import SellerOrder as CoreSellerOrder
from commerce_core.orders import TimelineEntry as CoreTimelineEntry
from commerce_core.refunds import Refund as CoreRefund
from commerce_core.refunds import RefundState
from commerce_http.accounts.shapes import Address, address_shape
from commerce_http.refunds import Refund, refund_shape
from commerce_http.web.answers import Money, Shape, Timestamp, money


class OrderLine(Shape):
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
    unit_price: Money
    line_total: Money
    metadata: dict[str, Any]


class Adjustment(Shape):
    """What came on top of the goods or off them (a discount's amount is negative). *included*: in
    the prices already. *coupon*: the code that it comes of.
    """

    kind: str
    code: str
    amount: Money
    included: bool
    coupon: str | None


class NextAction(Shape):
    """What the buyer has to do before the order goes on: open ``url`` (``redirect``), or go on with
    the gateway's script (``sdk``), until ``expiresAt``.
    """

    type: str
    url: str | None
    expires_at: Timestamp


class Payment(Shape):
    """How the order is paid: ``pending``, ``action-required``, ``paid``, ``declined``, ``refunded``
    or ``cancelled`` (never charged); ``partially-refunded`` where a part of it went back.
    ``refunded`` is what has.
    """

    status: str
    brand: str
    last4: str
    refunded: Money


class Shipment(Shape):
    """The parcel."""

    carrier: str
    tracking_number: str


class Cancellation(Shape):
    """Why the order was not carried out, and the cart that its lines are back in."""

    code: str
    detail: str
    cart_id: str | None


class TimelineEntry(Shape):
    """Something that happened to the order."""

    type: str
    at: Timestamp
    detail: dict[str, Any]


class OrderSummary(Shape, kw_only=True):
    """An order of the caller's own, by its own record. ``number`` is what people call it by, where
    the shop gives numbers; else show ``orderId``. ``cancellation`` is there once it is being
    undone.
    """

    order_id: str
    number: str | None
    cart_id: str
    status: str
    subtotal: Money
    shipping: Money
    tax: Money
    discount: Money
    total: Money
    lines: list[OrderLine]
    adjustments: list[Adjustment]
    coupons: list[str]
    shipping_address: Address | None
    payment: Payment
    shipment: Shipment | None
    cancellation: Cancellation | UnsetType = UNSET
    metadata: dict[str, Any]
    created_at: Timestamp
    updated_at: Timestamp


class Order(OrderSummary, kw_only=True):
    """An order with its timeline, its refunds, and what its buyer has to do next, if anything."""

    next_action: NextAction | None
    refunds: list[Refund]
    timeline: list[TimelineEntry]


class SellerOrder(Shape):
    """A seller's own lines of an order, and what they come to. ``number`` as its buyer sees it."""

    order_id: str
    number: str | None
    status: str
    lines: list[OrderLine]
    total: Money
    created_at: Timestamp
    updated_at: Timestamp


class OrderPage(Shape):
    """A page of a buyer's orders."""

    orders: list[OrderSummary]
    next_cursor: str | None


class SellerOrderPage(Shape):
    """A page of a seller's orders."""

    orders: list[SellerOrder]
    next_cursor: str | None


def order_shape(view: OrderView, refunds: Sequence[CoreRefund] = ()) -> Order:
    """*view* with its *refunds* as its buyer sees it."""
    asked = view.next_action
    return Order(
        **_summary(view, refunds),
        refunds=[refund_shape(refund, view.order) for refund in refunds],
        next_action=NextAction(
            type=asked.action.kind.value, url=asked.action.url, expires_at=asked.until
        )
        if asked
        else None,
        timeline=[_entry_shape(entry) for entry in view.timeline],
    )


def summary_shape(view: OrderView, refunds: Sequence[CoreRefund] = ()) -> OrderSummary:
    """*view* with its *refunds* in a list."""
    return OrderSummary(**_summary(view, refunds))


def _payment(view: OrderView, refunds: Sequence[CoreRefund]) -> Payment:
    """How it is paid: what was undone went back whole, and of a completed order what its refunds
    have given back.
    """
    total, status = view.order.total, view.payment_status
    done = (refund.amount for refund in refunds if refund.state is RefundState.DONE)
    back = total if status == "refunded" else Total.total(done, total.currency)
    if back.minor:
        status = "refunded" if back == total else "partially-refunded"
    handle = view.order.handle
    return Payment(status=status, brand=handle.brand, last4=handle.last4, refunded=money(back))


def _summary(view: OrderView, refunds: Sequence[CoreRefund]) -> dict[str, Any]:
    order, shipment, undone = view.order, view.shipment, view.cancellation
    return {
        "order_id": order.id,
        "number": order.number,
        "cart_id": order.cart_id,
        "status": view.status.value,
        "subtotal": money(order.subtotal),
        **{kind: money(order.adjusted(kind)) for kind in ("shipping", "tax", "discount")},
        "total": money(order.total),
        "lines": [_line_shape(line) for line in order.lines],
        "adjustments": [
            Adjustment(
                kind=a.kind,
                code=a.code,
                amount=money(a.amount),
                included=a.included,
                coupon=a.coupon,
            )
            for a in order.adjustments
        ],
        "coupons": list(order.coupons),
        "shipping_address": address_shape(order.address),
        "payment": _payment(view, refunds),
        "shipment": Shipment(carrier=shipment.carrier, tracking_number=shipment.tracking_number)
        if shipment
        else None,
        "cancellation": Cancellation(code=undone.code, detail=undone.detail, cart_id=undone.cart_id)
        if undone
        else UNSET,
        "metadata": dict(order.metadata),
        "created_at": order.created_at,
        "updated_at": view.updated_at,
    }


def seller_order_shape(order: CoreSellerOrder) -> SellerOrder:
    """*order* as its seller sees it."""
    return SellerOrder(
        order_id=order.order_id,
        number=order.number,
        status=order.status.value,
        lines=[_line_shape(line) for line in order.lines],
        total=money(order.total),
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


def _line_shape(line: CoreOrderLine) -> OrderLine:
    return OrderLine(
        item_id=line.item_id,
        variant_id=line.variant_id,
        sku=line.sku,
        options=dict(line.options) if line.options is not None else None,
        seller_id=line.seller_id,
        name=line.name,
        quantity=line.quantity,
        unit_price=money(line.unit_price),
        line_total=money(line.total),
        metadata=dict(line.metadata),
    )


def _entry_shape(entry: CoreTimelineEntry) -> TimelineEntry:
    return TimelineEntry(type=entry.fact.value, at=entry.at, detail=dict(entry.detail))
