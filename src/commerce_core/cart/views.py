"""A cart as it is read: at the prices of now, with what has become of it since."""

from enum import StrEnum

import attrs

from commerce_core.cart.model import Cart, CartLine
from commerce_core.catalog import Offer
from commerce_core.inventory import StockLevel
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

    @classmethod
    def of(cls, line: CartLine, offer: Offer | None, level: StockLevel | None) -> "LineView":
        """*line* with what has become of it."""
        problems: list[LineProblem] = []
        free = level.available if level else 0
        if offer is None or not offer.on_sale:
            problems.append(LineProblem(code=Problem.WITHDRAWN, detail="is not sold any more"))
        elif free < line.quantity:
            detail = "is sold out" if free <= 0 else f"only {free} left"
            problems.append(LineProblem(code=Problem.SOLD_OUT, detail=detail))
        if offer is not None and offer.price != line.seen_price:
            detail = f"costs {offer.price} now, not {line.seen_price}"
            problems.append(LineProblem(code=Problem.PRICE_CHANGED, detail=detail))
        return cls(line=line, offer=offer, problems=tuple(problems))

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


def too_dear(lines: tuple[LineView, ...]) -> tuple[LineView, ...]:
    """*lines*, the dearest of which says that they come to more than an order can: prices have
    risen since.
    """
    dearest = max(lines, key=lambda v: v.unit_price.minor * v.line.quantity, default=None)
    problem = LineProblem(
        code=Problem.TOTAL_TOO_LARGE, detail="the cart comes to more than can be ordered at once"
    )
    return tuple(
        attrs.evolve(v, problems=(*v.problems, problem)) if v is dearest else v for v in lines
    )
