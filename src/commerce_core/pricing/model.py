"""What a cart costs: lines, what is added to or taken off them, and the total."""

import attrs

from commerce_core.kernel.ids import SkuId
from commerce_core.kernel.money import Money


@attrs.frozen(kw_only=True)
class PricedLine:
    """*quantity* pieces of one SKU at *unit_price*."""

    sku_id: SkuId
    unit_price: Money
    quantity: int

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.unit_price * self.quantity


@attrs.frozen(kw_only=True)
class Adjustment:
    """Something beside the goods: *kind* is ``shipping``, ``tax`` or ``discount`` (a discount's
    amount is negative).

    *line_no* counts from 1, ``None``: the whole order. *included*: the prices hold it already, so
    that it adds nothing.
    """

    kind: str
    code: str
    amount: Money
    line_no: int | None = None
    rate: str | None = None
    included: bool = False


@attrs.frozen(kw_only=True)
class Quote:
    """What everything costs together. ``total`` is the figure that a buyer agrees to."""

    subtotal: Money
    shipping: Money
    tax: Money
    discount: Money
    total: Money
    adjustments: tuple[Adjustment, ...]
