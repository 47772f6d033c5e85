"""The verbs of the cart: fill and show it, know guests by their tokens, end what is idle."""

from commerce_core.cart.service.change import CartChanges, Carts
from commerce_core.cart.service.guests import GuestTokens, guest_id, is_guest
from commerce_core.cart.service.retention import CartRetention
from commerce_core.cart.service.working_carts import CartChange, Shopper

__all__ = [
    "CartChange",
    "CartChanges",
    "CartRetention",
    "Carts",
    "GuestTokens",
    "Shopper",
    "guest_id",
    "is_guest",
]
