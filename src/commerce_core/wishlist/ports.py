"""The promise of the wishlist repository."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.transaction import Transaction
from commerce_core.wishlist.model import (
    WishlistCount,
    WishlistEntry,
    WishlistKey,
    WishlistPosition,
)


class WishlistRepository(Protocol):
    """Wishlists of buyers. The database itself keeps an entry unique by its key, and a list within
    its bound.
    """

    @abstractmethod
    def add(self, tx: Transaction, entry: WishlistEntry) -> bool:
        """Put *entry* on its buyer's list, unless its key is there; whether it was put. One that is
        there stays as it is. Idempotent.

        Raises:
            WishlistFull: the list holds as many as it may; the caller rolls back.
        """

    @abstractmethod
    def of_item(
        self, tx: Transaction, buyer_id: BuyerId, item_id: ItemId
    ) -> Sequence[WishlistEntry]:
        """The buyer's entries of one item, whatever the variant, newest first."""

    @abstractmethod
    def page(
        self, tx: Transaction, buyer_id: BuyerId, before: WishlistPosition | None, limit: int
    ) -> Sequence[WishlistEntry]:
        """Up to *limit* entries of a buyer behind *before* (``None``: from the newest), newest
        first: by when they were added, then by item and variant.
        """

    @abstractmethod
    def wished(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Sequence[ItemId]:
        """Those of *item_ids* that are on anybody's list, in their order."""

    @abstractmethod
    def holders(
        self, tx: Transaction, item_id: ItemId, after: WishlistKey | None, limit: int
    ) -> Sequence[WishlistEntry]:
        """Up to *limit* entries of an item, whoever's, by buyer and variant behind *after*
        (``None``: from the first).
        """

    @abstractmethod
    def remove(
        self, tx: Transaction, buyer_id: BuyerId, item_id: ItemId, variant_id: str | None
    ) -> int:
        """Take an item off a buyer's list: the entry of *variant_id*, or, where none is named, all
        of the item; how many there were. Idempotent.
        """

    @abstractmethod
    def counts(self, tx: Transaction, after: BuyerId | None, limit: int) -> Sequence[WishlistCount]:
        """How long up to *limit* lists are, by buyer behind *after* (``None``: from the first)."""

    @abstractmethod
    def forget(self, tx: Transaction, buyer_id: BuyerId) -> int:
        """Take everything off a buyer's list; how much there was. Idempotent."""
