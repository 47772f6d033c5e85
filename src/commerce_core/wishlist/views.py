"""A wishlist as its holder reads it."""

from typing import Final

import attrs

from commerce_core.kernel.money import Money
from commerce_core.wishlist.model import WishlistEntry

#: The problem of what cannot be bought any more.
WITHDRAWN: Final = "withdrawn"


@attrs.frozen(kw_only=True)
class WishlistView:
    """An entry with name, image, price and stock of now. Of an item with several variants the
    price is the lowest that can be bought, else the lowest. What is withdrawn costs what it last
    cost, and is not in stock.
    """

    entry: WishlistEntry
    name: str
    image: str | None
    price: Money
    in_stock: bool
    problems: tuple[str, ...] = ()
