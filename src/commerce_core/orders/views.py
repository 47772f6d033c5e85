"""Orders as they are read."""

from datetime import datetime
from typing import Final, Self

import attrs

from commerce_core.kernel.ids import CartId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders.events import Fact
from commerce_core.orders.model import (
    NextAction,
    Order,
    OrderLine,
    OrderState,
    OrderStatus,
    Shipment,
    TimelineEntry,
    status_of,
)

#: What stands in the timeline of an order as soon as it is placed.
FIRST_FACTS: Final = (Fact.ORDER_CREATED, Fact.INVENTORY_RESERVED)


@attrs.frozen(kw_only=True)
class Cancellation:
    """Why an order was not carried out, and the cart that its lines are back in (``None`` until
    they are).
    """

    code: str
    detail: str
    cart_id: CartId | None


@attrs.frozen(kw_only=True)
class OrderView:
    """An order with where it stands and how it came there."""

    order: Order
    state: OrderState
    timeline: tuple[TimelineEntry, ...]
    shipment: Shipment | None
    cancellation: Cancellation | None
    updated_at: datetime
    next_action: NextAction | None = None
    """What its buyer has to do, while the order waits for that."""

    @classmethod
    def as_placed(cls, order: Order, next_action: NextAction | None = None) -> Self:
        """*order* as it was when it was placed, however far it has come since: the response to a
        checkout must not depend on who is quicker. With a *next_action* its buyer acts first.
        """
        at = order.created_at
        facts = (*FIRST_FACTS, Fact.PAYMENT_ACTION_REQUIRED) if next_action else FIRST_FACTS
        entries = [TimelineEntry(seq=no, fact=fact, at=at) for no, fact in enumerate(facts, 1)]
        return cls(
            order=order,
            state=OrderState.AWAITING_BUYER if next_action else OrderState.PLACED,
            next_action=next_action,
            timeline=tuple(entries),
            shipment=None,
            cancellation=None,
            updated_at=at,
        )

    @property
    def status(self) -> OrderStatus:
        """What a buyer sees of the state."""
        return status_of(self.state)

    @property
    def payment_status(self) -> str:
        """``pending``, ``action-required``, ``paid`` (or nothing to pay), ``declined``,
        ``refunded`` or ``cancelled`` (never charged).
        """
        if self.state is OrderState.AWAITING_BUYER:
            return "action-required"
        facts = {entry.fact for entry in self.timeline}
        if Fact.PAYMENT_REFUNDED in facts:
            return "refunded"
        if Fact.PAYMENT_DECLINED in facts:
            return "declined"
        if Fact.PAYMENT_COMPLETED in facts:
            return "paid"
        if self.order.total.minor == 0 and Fact.SHIPMENT_READY in facts:
            return "paid"
        return "cancelled" if self.state is OrderState.CANCELLED else "pending"


@attrs.frozen(kw_only=True)
class OrderFilter:
    """Which orders of a list are meant: those in *status*, placed from *since* to *until*, both
    included; the one with *order_id*.

    *updated_since* is for sellers' lists: those that the list recorded a change of from then
    on.
    """

    status: OrderStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    order_id: OrderId | None = None


@attrs.frozen
class OrderPosition:
    """A place in a list from the newest order to the oldest: behind the order *order_id*, placed
    *at*.
    """

    at: datetime
    order_id: OrderId


@attrs.frozen(kw_only=True)
class SellerOrder:
    """A seller's own lines of an order: no buyer's contact, no other seller's goods."""

    order_id: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    total: Money
    created_at: datetime
    updated_at: datetime
    number: str | None = None
