"""Orders: their states, their timeline, and what buyers and sellers see of them."""

from commerce_core.orders.errors import OrderExists, OrderNotFound, TooLateToCancel
from commerce_core.orders.events import EVENT_OF, Fact, OrderEvent
from commerce_core.orders.model import (
    Order,
    OrderLine,
    OrderState,
    OrderStatus,
    Shipment,
    TimelineEntry,
    states_of,
    status_of,
)
from commerce_core.orders.ports import OrderBook, OrderKey, SellerOrders, TimelineCursor
from commerce_core.orders.views import (
    Cancellation,
    OrderFilter,
    OrderPosition,
    OrderView,
    SellerOrder,
)

__all__ = [
    "EVENT_OF",
    "Cancellation",
    "Fact",
    "Order",
    "OrderBook",
    "OrderEvent",
    "OrderExists",
    "OrderFilter",
    "OrderKey",
    "OrderLine",
    "OrderNotFound",
    "OrderPosition",
    "OrderState",
    "OrderStatus",
    "OrderView",
    "SellerOrder",
    "SellerOrders",
    "Shipment",
    "TimelineCursor",
    "TimelineEntry",
    "TooLateToCancel",
    "states_of",
    "status_of",
]
