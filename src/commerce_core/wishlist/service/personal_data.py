"""What a wishlist tells of a person."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction
from commerce_core.wishlist.model import WishlistEntry, WishlistPosition
from commerce_core.wishlist.ports import WishlistRepository


class WishlistData(PersonalData):
    """A buyer's wishlist. Erased it is empty."""

    def __init__(self, repo: WishlistRepository) -> None:
        self._repo = repo

    @property
    def name(self) -> str:
        return "wishlist"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        found = self._repo.page(tx, BuyerId(user_id), _position(after), limit)
        more = _place(found[-1]) if len(found) == limit else None
        return Excerpt(records=[_record(entry) for entry in found], after=more)

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        self._repo.forget(tx, BuyerId(user_id))  # a list is short: it has a bound of its own
        return None


def _place(entry: WishlistEntry) -> str:
    key = entry.key
    return json.dumps([entry.added_at.isoformat(), key.item_id, key.variant_id or ""])


def _position(after: str | None) -> WishlistPosition | None:
    if after is None:
        return None
    at, item_id, variant_id = json.loads(after)
    return WishlistPosition(datetime.fromisoformat(at), ItemId(item_id), variant_id)


def _record(entry: WishlistEntry) -> Mapping[str, Any]:
    return {
        "itemId": entry.key.item_id,
        "variantId": entry.key.variant_id,
        "priceWhenAdded": {"amount": entry.price.amount, "currency": entry.price.currency},
        "addedAt": entry.added_at.isoformat(),
    }
