"""What a cart costs: lines, what is added to or taken off them, and the total."""

import attrs

from commerce_core.catalog import Offer
from commerce_core.kernel.ids import SkuId
from commerce_core.kernel.money import Money


@attrs.frozen(kw_only=True)
class PricedLine:
    """*quantity* pieces of one SKU at *unit_price*: what its item says of its category, its tax
    class (empty: the usual one) and the *weight* of one piece in grams (``None``: not known).
    """

    sku_id: SkuId
    unit_price: Money
    quantity: int
    category: str = ""
    tax_class: str = ""
    weight: int | None = None

    @classmethod
    def of(cls, offer: Offer, quantity: int) -> "PricedLine":
        """*quantity* pieces of *offer*."""
        return cls(
            sku_id=offer.sku_id,
            unit_price=offer.price,
            quantity=quantity,
            category=offer.category,
            tax_class=offer.tax_class,
            weight=offer.weight,
        )

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.unit_price * self.quantity


@attrs.frozen(kw_only=True)
class Adjustment:
    """Something beside the goods: *kind* is ``shipping``, ``tax`` or ``discount`` (a discount's
    amount is negative).

    *line_no* counts from 1, ``None``: the whole order. *included*: the prices hold it already, so
    that it adds nothing. *coupon* is the code that it comes of.
    """

    kind: str
    code: str
    amount: Money
    line_no: int | None = None
    rate: str | None = None
    included: bool = False
    coupon: str | None = None


@attrs.frozen(kw_only=True)
class RefusedCoupon:
    """A coupon code that takes nothing off: *reason* is a code of the shop's own, *detail* a
    sentence for a person.
    """

    code: str
    reason: str
    detail: str


@attrs.frozen(kw_only=True)
class Charged:
    """What comes on top of some lines or off them, and what became of each coupon code."""

    adjustments: tuple[Adjustment, ...] = ()
    applied: tuple[str, ...] = ()
    refused: tuple[RefusedCoupon, ...] = ()


@attrs.frozen(kw_only=True)
class Quote:
    """What everything costs together. ``total`` is the figure that a buyer agrees to."""

    subtotal: Money
    shipping: Money
    tax: Money
    discount: Money
    total: Money
    adjustments: tuple[Adjustment, ...]
    applied: tuple[str, ...] = ()
    """Coupon codes that count."""
    refused: tuple[RefusedCoupon, ...] = ()
    """Coupon codes that do not."""
