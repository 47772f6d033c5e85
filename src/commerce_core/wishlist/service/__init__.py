"""What people do with wishlists, and what is known of a person by them."""

from commerce_core.wishlist.service.audit import WishlistAudit
from commerce_core.wishlist.service.personal_data import WishlistData
from commerce_core.wishlist.service.wishlists import Wishlists

__all__ = ["WishlistAudit", "WishlistData", "Wishlists"]
