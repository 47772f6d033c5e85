"""A cart as it is read: at the prices of now, with what has become of it since."""

from enum import StrEnum

import attrs

from commerce_core.cart.model import Cart, CartLine
from commerce_core.catalog import Offer
from commerce_core.kernel.money import Money
from commerce_core.pricing import Quote


class Problem(StrEnum):
    """What has become of a line, or (``left-out``) of one that did not fit into the cart."""

    PRICE_CHANGED = "price-changed"
    SOLD_OUT = "sold-out"
    WITHDRAWN = "withdrawn"
    TOTAL_TOO_LARGE = "total-too-large"
    LEFT_OUT = "left-out"


@attrs.frozen(kw_only=True)
class LineProblem:
    """What has become of a line, as a code and for a person."""

    code: Problem
    detail: str


@attrs.frozen(kw_only=True)
class LineView:
    """A line with its offer of now (``None``: the item is gone) and what is wrong with it."""

    line: CartLine
    offer: Offer | None
    problems: tuple[LineProblem, ...]

    @property
    def unit_price(self) -> Money:
        """The price of now."""
        return self.offer.price if self.offer else self.line.seen_price

    @property
    def name(self) -> str:
        """What the form is called now; once it is there no more, what it was called when it was put
        into the cart.
        """
        return self.offer.name if self.offer else self.line.seen_name


@attrs.frozen(kw_only=True)
class CartView:
    """A cart, its lines with their problems, and what it costs now."""

    cart: Cart
    lines: tuple[LineView, ...]
    quote: Quote
