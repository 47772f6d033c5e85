"""Carts of buyers and guests."""

from commerce_core.cart.commands import (
    MOST_LINES,
    MOST_PIECES,
    CartChange,
    ChangeCart,
    SetQuantity,
    Shopper,
)
from commerce_core.cart.errors import TooManyLines, TotalTooLarge
from commerce_core.cart.model import (
    Cart,
    CartAge,
    CartLine,
    CartStatus,
    ReturnedLines,
    next_cart_id,
)
from commerce_core.cart.ports import CartRepository
from commerce_core.cart.views import CartView, LineProblem, LineView, Problem

__all__ = [
    "MOST_LINES",
    "MOST_PIECES",
    "Cart",
    "CartAge",
    "CartChange",
    "CartLine",
    "CartRepository",
    "CartStatus",
    "CartView",
    "ChangeCart",
    "LineProblem",
    "LineView",
    "Problem",
    "ReturnedLines",
    "SetQuantity",
    "Shopper",
    "TooManyLines",
    "TotalTooLarge",
    "next_cart_id",
]
