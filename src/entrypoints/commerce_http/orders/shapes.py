"""Orders as they are told: to their buyers, and to sellers their own lines."""

from typing import Any

from msgspec import UNSET, UnsetType

from commerce_core.orders import OrderLine, OrderView, SellerOrder, TimelineEntry
from commerce_http.accounts import AddressOut, address_out
from commerce_http.web.answers import MomentOut, MoneyOut, Shape, money


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
    metadata: dict[str, Any]


class AdjustmentOut(Shape):
    """What came on top of the goods or off them (a discount's amount is negative). *included*: in
    the prices already. *coupon*: the code that it comes of.
    """

    kind: str
    code: str
    amount: MoneyOut
    included: bool
    coupon: str | None


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
    at: MomentOut
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
    coupons: list[str]
    shipping_address: AddressOut | None
    payment: PaymentOut
    shipment: ShipmentOut | None
    cancellation: CancellationOut | UnsetType = UNSET
    metadata: dict[str, Any]
    created_at: MomentOut
    updated_at: MomentOut


class OrderOut(OrderSummaryOut, kw_only=True):
    """An order with its timeline."""

    timeline: list[TimelineEntryOut]


class SellerOrderOut(Shape):
    """A seller's own lines of an order, and what they come to."""

    order_id: str
    status: str
    lines: list[OrderLineOut]
    total: MoneyOut
    created_at: MomentOut
    updated_at: MomentOut


class OrderPageOut(Shape):
    """A page of a buyer's orders."""

    orders: list[OrderSummaryOut]
    next_cursor: str | None


class SellerOrderPageOut(Shape):
    """A page of a seller's orders."""

    orders: list[SellerOrderOut]
    next_cursor: str | None


def order_out(view: OrderView) -> OrderOut:
    """*view* as its buyer sees it."""
    return OrderOut(**_summary(view), timeline=[_entry_out(entry) for entry in view.timeline])


def summary_out(view: OrderView) -> OrderSummaryOut:
    """*view* as it is told in a list."""
    return OrderSummaryOut(**_summary(view))


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
            AdjustmentOut(
                kind=a.kind,
                code=a.code,
                amount=money(a.amount),
                included=a.included,
                coupon=a.coupon,
            )
            for a in order.adjustments
        ],
        "coupons": list(order.coupons),
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
        "metadata": dict(order.metadata),
        "created_at": order.created_at,
        "updated_at": view.updated_at,
    }


def seller_order_out(order: SellerOrder) -> SellerOrderOut:
    """*order* as its seller sees it."""
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
        metadata=dict(line.metadata),
    )


def _entry_out(entry: TimelineEntry) -> TimelineEntryOut:
    return TimelineEntryOut(type=entry.fact.value, at=entry.at, detail=dict(entry.detail))
