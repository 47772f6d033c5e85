"""Orders, their lines and what they sum up to as rows."""

from collections.abc import Sequence
from typing import Any

from commerce_core.kernel.address import Address
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.money import Money
from commerce_core.orders import (
    Cancellation,
    Fact,
    NextAction,
    Order,
    OrderLine,
    OrderState,
    OrderView,
    Shipment,
    TimelineEntry,
)
from commerce_core.payment import Handle
from commerce_core.pricing import Adjustment


def order_row(o: Order) -> dict[str, Any]:
    """A new row for the order itself."""
    return {
        "buyer_id": o.buyer_id,
        "id": o.id,
        "cart_id": o.cart_id,
        "cart_version": o.cart_version,
        "idem_key": o.idem_key,
        "digest": o.digest,
        "total_minor": o.total.minor,
        "currency": o.total.currency,
        "gateway": o.handle.gateway,
        "gateway_account": o.handle.account,
        "handle": o.handle.reference,
        "payment_brand": o.handle.brand,
        "payment_last4": o.handle.last4,
        "created_at": o.created_at,
        "metadata": o.metadata or None,
        "coupons": list(o.coupons) or None,
        "number": o.number,
    }


def line_row(no: int, x: OrderLine) -> dict[str, Any]:
    """A new row for the line *no* of an order, without its key."""
    return {
        "no": no,
        "sku_id": x.sku_id,
        "item_id": x.item_id,
        "variant_id": x.variant_id,
        "seller_id": x.seller_id,
        "name": x.name,
        "quantity": x.quantity,
        "unit_minor": x.unit_price.minor,
        "sku": x.sku,
        "options": dict(x.options) if x.options is not None else None,
        "metadata": x.metadata or None,
    }


def adjustment_row(no: int, a: Adjustment) -> dict[str, Any]:
    """A new row for the adjustment *no* of an order, without its key."""
    return {
        "no": no,
        "kind": a.kind,
        "line_no": a.line_no,
        "code": a.code,
        "rate": a.rate,
        "amount_minor": a.amount.minor,
        "included": a.included,
        "coupon": a.coupon,
    }


def timeline_entry(row: Any) -> TimelineEntry:
    """The entry of a timeline that a row holds."""
    return TimelineEntry(
        seq=row.seq,
        fact=Fact(row.type),
        at=row.at,
        actor=row.actor,
        cause=row.cause,
        detail=row.detail,
    )


def order_view(
    row: Any,
    lines: Sequence[Any],
    adjustments: Sequence[Any],
    timeline: Sequence[TimelineEntry],
    shipments: Sequence[Any],
    next_action: NextAction | None,
) -> OrderView:
    """The order of a row that is joined with its saga and contact, and the rows of its parts."""
    ending = next((e.detail for e in timeline if e.fact is Fact.ORDER_CANCELLED), None)
    return OrderView(
        order=_order(row, lines, adjustments),
        state=OrderState(row.state),
        timeline=tuple(timeline),
        shipment=Shipment(
            carrier=shipments[0].carrier, tracking_number=shipments[0].tracking_number
        )
        if shipments
        else None,
        cancellation=Cancellation(
            code=ending["code"], detail=ending["detail"], cart_id=ending["cartId"]
        )
        if ending
        else None,
        updated_at=row.updated_at,
        next_action=next_action,
    )


def _order(row: Any, lines: Sequence[Any], adjustments: Sequence[Any]) -> Order:
    return Order(
        id=row.id,
        buyer_id=row.buyer_id,
        cart_id=row.cart_id,
        cart_version=row.cart_version,
        idem_key=row.idem_key,
        digest=row.digest,
        lines=tuple(_line(x, row.currency) for x in lines),
        adjustments=tuple(
            Adjustment(
                kind=a.kind,
                line_no=a.line_no,
                code=a.code,
                rate=a.rate,
                amount=Money(a.amount_minor, row.currency),
                included=a.included,
                coupon=a.coupon,
            )
            for a in adjustments
        ),
        total=Money(row.total_minor, row.currency),
        handle=Handle(
            gateway=row.gateway,
            account=row.gateway_account,
            reference=row.handle,
            brand=row.payment_brand,
            last4=row.payment_last4,
        ),
        email=row.email,
        address=Address(**row.address) if row.address else None,
        created_at=row.created_at,
        metadata=row.metadata or NO_METADATA,
        coupons=tuple(row.coupons or ()),
        number=row.number,
    )


def _line(x: Any, currency: str) -> OrderLine:
    return OrderLine(
        sku_id=x.sku_id,
        item_id=x.item_id,
        variant_id=x.variant_id,
        seller_id=x.seller_id,
        name=x.name,
        quantity=x.quantity,
        unit_price=Money(x.unit_minor, currency),
        sku=x.sku,
        options=x.options,
        metadata=x.metadata or NO_METADATA,
    )
