"""The wishlist repository in memory."""

from collections import Counter
from collections.abc import Sequence

from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.transaction import Transaction
from commerce_core.wishlist import (
    MOST_ENTRIES,
    WishlistCount,
    WishlistEntry,
    WishlistFull,
    WishlistKey,
    WishlistPosition,
    WishlistRepository,
)
from commerce_testkit.memory.transaction import table


class MemoryWishlistRepository(WishlistRepository):
    """Entries in a dictionary by their keys."""

    def add(self, tx: Transaction, entry: WishlistEntry) -> bool:
        rows = table(tx, "wishlist")
        if entry.key in rows:
            return False
        if len(self._of(tx, entry.key.buyer_id)) >= MOST_ENTRIES:
            raise WishlistFull(f"a wishlist holds at most {MOST_ENTRIES:,} items")
        rows[entry.key] = entry
        return True

    def of_item(
        self, tx: Transaction, buyer_id: BuyerId, item_id: ItemId
    ) -> Sequence[WishlistEntry]:
        return [e for e in self._of(tx, buyer_id) if e.key.item_id == item_id]

    def page(
        self, tx: Transaction, buyer_id: BuyerId, before: WishlistPosition | None, limit: int
    ) -> Sequence[WishlistEntry]:
        place = (before.at, before.item_id, before.variant_id) if before else None
        behind = [e for e in self._of(tx, buyer_id) if place is None or _place(e) < place]
        return behind[:limit]

    def wished(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Sequence[ItemId]:
        known = {key.item_id for key in table(tx, "wishlist")}
        return [item_id for item_id in item_ids if item_id in known]

    def holders(
        self, tx: Transaction, item_id: ItemId, after: WishlistKey | None, limit: int
    ) -> Sequence[WishlistEntry]:
        entries: list[WishlistEntry] = [
            e for key, e in table(tx, "wishlist").items() if key.item_id == item_id
        ]
        place = _holder(after) if after else None
        behind = [e for e in entries if place is None or _holder(e.key) > place]
        return sorted(behind, key=lambda e: _holder(e.key))[:limit]

    def remove(
        self, tx: Transaction, buyer_id: BuyerId, item_id: ItemId, variant_id: str | None
    ) -> int:
        own = self.of_item(tx, buyer_id, item_id)
        return _drop(tx, [e for e in own if variant_id in (None, e.key.variant_id)])

    def counts(self, tx: Transaction, after: BuyerId | None, limit: int) -> Sequence[WishlistCount]:
        lengths = Counter(key.buyer_id for key in table(tx, "wishlist"))
        behind = sorted(buyer for buyer in lengths if buyer > (after or ""))
        return [
            WishlistCount(buyer_id=one, entries=lengths[one], counted=lengths[one])
            for one in behind[:limit]
        ]

    def forget(self, tx: Transaction, buyer_id: BuyerId) -> int:
        return _drop(tx, self._of(tx, buyer_id))

    def _of(self, tx: Transaction, buyer_id: BuyerId) -> list[WishlistEntry]:
        rows = table(tx, "wishlist").items()
        own: list[WishlistEntry] = [e for key, e in rows if key.buyer_id == buyer_id]
        return sorted(own, key=_place, reverse=True)


def _drop(tx: Transaction, entries: Sequence[WishlistEntry]) -> int:
    for entry in entries:
        del table(tx, "wishlist")[entry.key]
    return len(entries)


def _place(entry: WishlistEntry) -> tuple[object, ...]:
    return entry.added_at, entry.key.item_id, entry.key.variant_id or ""


def _holder(key: WishlistKey) -> tuple[str, str]:
    return key.buyer_id, key.variant_id or ""
