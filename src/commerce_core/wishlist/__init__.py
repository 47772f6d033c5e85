"""What buyers want to have one day: a list of items, newest first."""

from commerce_core.wishlist.commands import AddToWishlist
from commerce_core.wishlist.errors import NotOnWishlist, WishlistFull
from commerce_core.wishlist.model import (
    MOST_ENTRIES,
    WishlistCount,
    WishlistEntry,
    WishlistKey,
    WishlistPosition,
)
from commerce_core.wishlist.ports import WishlistRepository
from commerce_core.wishlist.views import WishlistView

__all__ = [
    "MOST_ENTRIES",
    "AddToWishlist",
    "NotOnWishlist",
    "WishlistCount",
    "WishlistEntry",
    "WishlistFull",
    "WishlistKey",
    "WishlistPosition",
    "WishlistRepository",
    "WishlistView",
]
