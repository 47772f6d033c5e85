"""What a buyer is shown of a cart."""

import attrs

from commerce_core.cart.model import CartLine
from commerce_core.cart.views import LineProblem, LineView, Problem
from commerce_core.catalog import Offer
from commerce_core.inventory import StockLevel


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


def line_view(line: CartLine, offer: Offer | None, level: StockLevel | None) -> LineView:
    """*line* with what has become of it."""
    problems: list[LineProblem] = []
    free = level.available if level else 0
    if offer is None or not offer.on_sale:
        problems.append(LineProblem(code=Problem.WITHDRAWN, detail="is not sold any more"))
    elif free < line.quantity:
        problems.append(
            LineProblem(
                code=Problem.SOLD_OUT, detail="is sold out" if free <= 0 else f"only {free} left"
            )
        )
    if offer is not None and offer.price != line.seen_price:
        problems.append(
            LineProblem(
                code=Problem.PRICE_CHANGED, detail=f"costs {offer.price} now, not {line.seen_price}"
            )
        )
    return LineView(line=line, offer=offer, problems=tuple(problems))
