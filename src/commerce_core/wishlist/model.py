"""Wishlists: which item somebody wants, since when, and what it cost then."""

from datetime import datetime
from typing import Final

import attrs

from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.money import Money

#: Most entries of one wishlist.
MOST_ENTRIES: Final = 1_000


@attrs.frozen
class WishlistKey:
    """What an entry is unique by. Without *variant_id* the item itself is meant."""

    buyer_id: BuyerId
    item_id: ItemId
    variant_id: str | None = None


@attrs.frozen(kw_only=True)
class WishlistEntry:
    """Something that a buyer wants to have, and its price when it was put on the list."""

    key: WishlistKey
    price: Money
    added_at: datetime


@attrs.frozen(kw_only=True)
class WishlistCount:
    """How many *entries* a buyer's list has, and how many are *counted* against its bound."""

    buyer_id: BuyerId
    entries: int
    counted: int


@attrs.frozen
class WishlistPosition:
    """A place in a list from the newest entry to the oldest: behind the one of *item_id* and
    *variant_id* (empty: the item itself), added *at*.
    """

    at: datetime
    item_id: ItemId
    variant_id: str
