"""Facts about orders, one class a wire name. All say the same of themselves: which order, and
which entry of its timeline.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from commerce_core.kernel.events import Event
from commerce_core.kernel.ids import BuyerId, OrderId


class Fact(StrEnum):
    """What can stand in a timeline."""

    ORDER_CREATED = "OrderCreated"
    INVENTORY_RESERVED = "InventoryReserved"
    PAYMENT_ACTION_REQUIRED = "PaymentActionRequired"
    PAYMENT_COMPLETED = "PaymentCompleted"
    PAYMENT_DECLINED = "PaymentDeclined"
    SHIPMENT_READY = "ShipmentReady"
    ORDER_COMPLETED = "OrderCompleted"
    PAYMENT_REFUNDED = "PaymentRefunded"
    INVENTORY_RELEASED = "InventoryReleased"
    ORDER_CANCELLED = "OrderCancelled"
    STEP_ANSWERED = "StepAnswered"

    @property
    def is_last(self) -> bool:
        """Whether the order is over with it. Only what steps after completion do may follow."""
        return self in (Fact.ORDER_COMPLETED, Fact.ORDER_CANCELLED)


@attrs.frozen(kw_only=True)
class OrderEvent(Event):
    """Entry *seq* of the timeline of an order, which people call by its *number* where the shop
    gives them.
    """

    order_id: OrderId
    buyer_id: BuyerId
    seq: int
    detail: Mapping[str, Any]
    number: str | None = None

    @property
    def partition_key(self) -> str:
        return self.order_id


@attrs.frozen(kw_only=True)
class OrderCreated(OrderEvent):
    """An order was placed and its goods are held."""

    name = "orders.order_created.v1"


@attrs.frozen(kw_only=True)
class InventoryReserved(OrderEvent):
    """The goods are held for the order."""

    name = "orders.inventory_reserved.v1"


@attrs.frozen(kw_only=True)
class PaymentActionRequired(OrderEvent):
    """The buyer has to act before the money can be captured. What is to be done is a secret of
    theirs: it stands in the order that they see, never here.
    """

    name = "orders.payment_action_required.v1"


@attrs.frozen(kw_only=True)
class PaymentCompleted(OrderEvent):
    """The money was captured."""

    name = "orders.payment_completed.v1"


@attrs.frozen(kw_only=True)
class PaymentDeclined(OrderEvent):
    """The payment was refused for good."""

    name = "orders.payment_declined.v1"


@attrs.frozen(kw_only=True)
class ShipmentReady(OrderEvent):
    """The carrier took the booking: nothing can cancel the order any more."""

    name = "orders.shipment_ready.v1"


@attrs.frozen(kw_only=True)
class OrderCompleted(OrderEvent):
    """The order is done."""

    name = "orders.order_completed.v1"


@attrs.frozen(kw_only=True)
class PaymentRefunded(OrderEvent):
    """The captured money went back."""

    name = "orders.payment_refunded.v1"


@attrs.frozen(kw_only=True)
class InventoryReleased(OrderEvent):
    """The goods are free again."""

    name = "orders.inventory_released.v1"


@attrs.frozen(kw_only=True)
class OrderCancelled(OrderEvent):
    """The order was undone; its lines are back in a cart."""

    name = "orders.order_cancelled.v1"


@attrs.frozen(kw_only=True)
class StepAnswered(OrderEvent):
    """A step that the shop has added to the saga got on: ``detail`` names the ``step`` and its
    ``outcome`` (``accepted``, ``refused``, ``waiting`` or ``undone``), beside what it says itself.
    """

    name = "orders.step_answered.v1"


#: The event for each kind of timeline entry.
EVENT_OF: Final[Mapping[Fact, type[OrderEvent]]] = {
    Fact.ORDER_CREATED: OrderCreated,
    Fact.INVENTORY_RESERVED: InventoryReserved,
    Fact.PAYMENT_ACTION_REQUIRED: PaymentActionRequired,
    Fact.PAYMENT_COMPLETED: PaymentCompleted,
    Fact.PAYMENT_DECLINED: PaymentDeclined,
    Fact.SHIPMENT_READY: ShipmentReady,
    Fact.ORDER_COMPLETED: OrderCompleted,
    Fact.PAYMENT_REFUNDED: PaymentRefunded,
    Fact.INVENTORY_RELEASED: InventoryReleased,
    Fact.ORDER_CANCELLED: OrderCancelled,
    Fact.STEP_ANSWERED: StepAnswered,
}
