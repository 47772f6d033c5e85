"""An order, the states it passes, and the entries of its timeline. What was ordered never changes
once it is placed.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import attrs

from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, OrderId, SellerId, SkuId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.money import Money
from commerce_core.orders.events import Fact
from commerce_core.payment import Action, Handle
from commerce_core.pricing import Adjustment


class OrderState(StrEnum):
    """Where the saga of an order stands."""

    PLACED = "PLACED"
    CHARGING = "CHARGING"
    AWAITING_BUYER = "AWAITING_BUYER"
    """The buyer has to act before the charge goes on, within a time limit."""
    SHIPPING = "SHIPPING"
    COMPENSATING = "COMPENSATING"
    FINISHING = "FINISHING"
    """Completed, and steps that come after it are under way."""
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"

    @property
    def is_completed(self) -> bool:
        """Whether the order is carried out: nothing undoes it any more."""
        return self in (OrderState.FINISHING, OrderState.COMPLETED)

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self in (OrderState.COMPLETED, OrderState.CANCELLED)


class OrderStatus(StrEnum):
    """What a buyer sees of the state."""

    PENDING = "PENDING"
    PAID = "PAID"
    COMPLETED = "COMPLETED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"


_PUBLIC_STATUS: Final = {
    OrderState.PLACED: OrderStatus.PENDING,
    OrderState.CHARGING: OrderStatus.PENDING,
    OrderState.AWAITING_BUYER: OrderStatus.PENDING,
    OrderState.SHIPPING: OrderStatus.PAID,
    OrderState.COMPENSATING: OrderStatus.CANCELLING,
    OrderState.FINISHING: OrderStatus.COMPLETED,
    OrderState.COMPLETED: OrderStatus.COMPLETED,
    OrderState.CANCELLED: OrderStatus.CANCELLED,
}


def status_of(state: OrderState) -> OrderStatus:
    """How *state* is shown to a buyer."""
    return _PUBLIC_STATUS[state]


def states_of(status: OrderStatus) -> tuple[OrderState, ...]:
    """The states that are shown to a buyer as *status*."""
    return tuple(state for state, public in _PUBLIC_STATUS.items() if public is status)


@attrs.frozen(kw_only=True)
class OrderLine:
    """*quantity* pieces of one SKU at the price that the buyer saw.

    *sku* (the seller's own) and *options* are as they were when it was ordered; orders from before
    they were kept have ``None``.
    """

    sku_id: SkuId
    item_id: ItemId
    variant_id: str | None
    seller_id: SellerId
    name: str
    quantity: int
    unit_price: Money
    sku: str | None = None
    options: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = NO_METADATA

    @property
    def total(self) -> Money:
        """Price times quantity, before adjustments."""
        return self.unit_price * self.quantity


@attrs.frozen(kw_only=True)
class Order:
    """What was ordered. ``handle`` is the one payment object that it can ever be paid with."""

    id: OrderId
    buyer_id: BuyerId
    cart_id: CartId
    cart_version: int
    idem_key: str | None
    digest: str
    lines: tuple[OrderLine, ...]
    adjustments: tuple[Adjustment, ...]
    total: Money
    handle: Handle
    email: str
    address: Address | None
    created_at: datetime
    metadata: Mapping[str, Any] = NO_METADATA
    coupons: tuple[str, ...] = ()
    """Coupon codes that counted."""
    number: str | None = None
    """What people call it by, where the shop gives numbers."""

    @property
    def subtotal(self) -> Money:
        """The lines, before adjustments."""
        return sum((line.total for line in self.lines), start=Money.zero(self.total.currency))

    def adjusted(self, kind: str) -> Money:
        """What the adjustments of *kind* have added to the subtotal; what prices hold already adds
        nothing.
        """
        amounts = (a.amount for a in self.adjustments if a.kind == kind and not a.included)
        return sum(amounts, start=Money.zero(self.total.currency))


@attrs.frozen(kw_only=True)
class TimelineEntry:
    """Something that happened to an order: *seq* counts from 1 without gaps; *actor* is ``system``
    or an account's id.
    """

    seq: int
    fact: Fact
    at: datetime
    actor: str = "system"
    cause: str | None = None
    detail: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.frozen(kw_only=True)
class NextAction:
    """What the buyer of an order has to do *until* some time, and what was brought back from it. A
    secret of the buyer's: it is shown to nobody else.
    """

    action: Action
    until: datetime
    returned: Mapping[str, str] | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Shipment:
    """The parcel of an order."""

    carrier: str
    tracking_number: str
