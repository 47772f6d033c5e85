"""The verbs of the cart: fill and show it, know guests by their tokens, end what is idle."""

from commerce_core.cart.commands import CartChange, Shopper
from commerce_core.cart.service.change import CartChanges, Carts
from commerce_core.cart.service.guests import GuestTokens, guest_id, is_guest
from commerce_core.cart.service.personal_data import CartData
from commerce_core.cart.service.retention import CartRetention

__all__ = [
    "CartChange",
    "CartChanges",
    "CartData",
    "CartRetention",
    "Carts",
    "GuestTokens",
    "Shopper",
    "guest_id",
    "is_guest",
]
