"""What orders hold of a person: as their buyer, and as the seller of their goods."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders.errors import OrdersUnderWay
from commerce_core.orders.model import OrderLine, OrderStatus
from commerce_core.orders.ports import OrderRepository, SellerOrders
from commerce_core.orders.views import OrderFilter, OrderPosition, OrderView, SellerOrder

_EVERY: Final = OrderFilter()
_UNDER_WAY: Final = (OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.CANCELLING)


class OrderData(PersonalData):
    """A buyer's orders. Erased they have no contact, no address and no metadata; goods, amounts,
    payment and timeline are what books must keep.
    """

    def __init__(self, orders: OrderRepository, seller_orders: SellerOrders) -> None:
        self._orders = orders
        self._seller_orders = seller_orders

    @property
    def name(self) -> str:
        return "orders"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        before = _position(after)
        found = self._orders.history(tx, BuyerId(user_id), _EVERY, before, limit)
        last = found[-1].order if len(found) == limit else None
        return Excerpt(
            records=[_order(view) for view in found],
            after=_place(last.created_at, last.id) if last else None,
        )

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        if self._orders.under_way(tx, BuyerId(user_id)):
            return OrdersUnderWay("wait until all your orders are completed or cancelled")
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        behind = OrderId(after) if after is not None else None
        blanked = self._orders.blank(tx, BuyerId(user_id), behind, limit)
        self._seller_orders.blank(tx, [(s, o) for o, sellers in blanked.items() for s in sellers])
        return max(blanked) if len(blanked) == limit else None


class SaleData(PersonalData):
    """A seller's list of orders. It is of goods and amounts alone: books must keep it."""

    def __init__(self, seller_orders: SellerOrders) -> None:
        self._seller_orders = seller_orders

    @property
    def name(self) -> str:
        return "sales"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        before = _position(after)
        found = self._seller_orders.history(tx, SellerId(user_id), _EVERY, before, limit)
        last = found[-1] if len(found) == limit else None
        return Excerpt(
            records=[_sale(order) for order in found],
            after=_place(last.created_at, last.order_id) if last else None,
        )

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        for status in _UNDER_WAY:
            wanted = OrderFilter(status=status)
            if self._seller_orders.history(tx, SellerId(user_id), wanted, None, 1):
                return OrdersUnderWay("wait until all orders of your goods are over")
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        return None


def _place(at: datetime, order_id: str) -> str:
    return f"{at.isoformat()} {order_id}"


def _position(after: str | None) -> OrderPosition | None:
    if after is None:
        return None
    at, _, order_id = after.partition(" ")
    return OrderPosition(datetime.fromisoformat(at), OrderId(order_id))


def _order(view: OrderView) -> Mapping[str, Any]:
    order = view.order
    return {
        "orderId": order.id,
        "number": order.number,
        "cartId": order.cart_id,
        "status": view.status.value,
        "email": order.email,
        "shippingAddress": attrs.asdict(order.address) if order.address else None,
        "lines": [_line(line) for line in order.lines],
        "adjustments": [
            {"kind": a.kind, "code": a.code, "amount": _money(a.amount)} for a in order.adjustments
        ],
        "coupons": list(order.coupons),
        "total": _money(order.total),
        "payment": {
            "status": view.payment_status,
            "brand": order.handle.brand,
            "last4": order.handle.last4,
        },
        "shipment": attrs.asdict(view.shipment) if view.shipment else None,
        "metadata": dict(order.metadata),
        "timeline": [
            {"type": e.fact.value, "at": e.at.isoformat(), "detail": dict(e.detail)}
            for e in view.timeline
        ],
        "createdAt": order.created_at.isoformat(),
    }


def _sale(order: SellerOrder) -> Mapping[str, Any]:
    return {
        "orderId": order.order_id,
        "number": order.number,
        "status": order.status.value,
        "lines": [_line(line) for line in order.lines],
        "total": _money(order.total),
        "createdAt": order.created_at.isoformat(),
    }


def _line(line: OrderLine) -> Mapping[str, Any]:
    return {
        "itemId": line.item_id,
        "variantId": line.variant_id,
        "name": line.name,
        "quantity": line.quantity,
        "unitPrice": _money(line.unit_price),
        "metadata": dict(line.metadata),
    }


def _money(amount: Money) -> Mapping[str, str]:
    return {"amount": amount.amount, "currency": amount.currency}
