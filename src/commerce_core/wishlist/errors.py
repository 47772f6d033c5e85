"""Refusals of wishlists."""

from commerce_core.kernel.errors import Conflict, NotFound


class NotOnWishlist(NotFound):
    """The item is not on the caller's wishlist."""

    code = "not-on-wishlist"


class WishlistFull(Conflict):
    """A wishlist holds at most 1,000 items."""

    code = "wishlist-full"
