"""Carts of buyers and guests."""

from commerce_core.cart.commands import SetQuantity
from commerce_core.cart.errors import TooManyLines
from commerce_core.cart.model import Cart, CartAge, CartLine, CartStatus, ReturnedLines, next_cart_id
from commerce_core.cart.ports import CartBook
from commerce_core.cart.views import CartView, LineProblem, LineView, Problem

__all__ = [
    "Cart",
    "CartAge",
    "CartBook",
    "CartLine",
    "CartStatus",
    "CartView",
    "LineProblem",
    "LineView",
    "Problem",
    "ReturnedLines",
    "SetQuantity",
    "TooManyLines",
    "next_cart_id",
]
