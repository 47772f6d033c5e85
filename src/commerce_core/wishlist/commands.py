"""What a buyer sends about the wishlist."""

import attrs

from commerce_core.kernel.text import clean_text


def _named(variant_id: str | None) -> str | None:
    """A variant's name as the catalogue keeps it; a blank one names none."""
    return clean_text(variant_id) or None if variant_id else None


@attrs.frozen(kw_only=True)
class AddToWishlist:
    """Put an item on the wishlist: one of its variants, or, without, the item itself."""

    variant_id: str | None = attrs.field(default=None, converter=_named)
