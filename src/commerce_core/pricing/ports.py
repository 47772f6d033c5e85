"""What a shop adds to its prices or takes off them."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from commerce_core.kernel.address import Address
from commerce_core.pricing.model import Adjustment, Charged, PricedLine


class Charges(Protocol):
    """Shipping, tax and discounts: a pure function, so that the same cart always costs the same."""

    @abstractmethod
    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        """What comes on top of *lines* (none at all, perhaps) or off them when they go to
        *address*. No I/O; the same answer for the same question.

        Discounts may come to more than the rest: the total is nothing then, and what they have too
        much stands beside them.
        """


@runtime_checkable
class CouponCharges(Charges, Protocol):
    """Charges that know coupon codes. Of charges that are none of these every code is unknown."""

    @abstractmethod
    def charge(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        """As :meth:`adjustments`, for a cart with *coupons* (at least one, each once): with those
        that count, and why the others do not. A code that is in neither is taken for unknown.
        Asked only for carts that have a coupon. No I/O; the same answer for the same question.
        """
