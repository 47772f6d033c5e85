"""Telling people that what they wish for costs less, or is back."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from commerce_core.catalog import ItemRepository, Offer, Offers
from commerce_core.inventory import StockLedger
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import ItemId, SkuId
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.notifications.model import EMAIL, INBOX, Kind, Notification, wants
from commerce_core.notifications.ports import NotificationRepository
from commerce_core.notifications.service.notify import new_notification
from commerce_core.wishlist import WishlistEntry, WishlistKey, WishlistRepository

_PAGE: Final = 200


@attrs.frozen(kw_only=True)
class WishNotifications:
    """Writes a row for everybody who asked to be told of an item on their wishlist: at most one a
    day, kind and item. Idempotent on one day.

    Args:
        channels: the names of those that the shop has.
    """

    database: Database
    repo: NotificationRepository
    wishlists: WishlistRepository
    items: ItemRepository
    offers: Offers
    stock: StockLedger
    channels: Sequence[str]
    clock: Clock

    def tell(self, dropped: Collection[ItemId], flipped: Collection[SkuId]) -> None:
        """Tell those who wish for items whose price has *dropped*, and for those whose forms have
        *flipped* between being there and not, if they are there now.
        """
        if not dropped and not flipped:
            return
        with self.database.snapshot() as tx:
            returned = self.items.owners_of(tx, sorted(flipped)) if flipped else ()
            wished = self.wishlists.wished(tx, sorted({*dropped, *returned}))
            offers = self.offers.by_item(tx, wished)
            skus = sorted(o.sku_id for found in offers.values() for o in found)
            levels = self.stock.levels(tx, skus)
        for item_id in wished:
            forms = [
                o
                for o in offers.get(item_id, ())
                if o.on_sale and o.sku_id in levels and levels[o.sku_id].available > 0
            ]
            for kind, due in ((Kind.PRICE_DROPPED, dropped), (Kind.BACK_IN_STOCK, returned)):
                if item_id in due and forms:
                    self._tell_holders(kind, item_id, forms)

    def _tell_holders(self, kind: Kind, item_id: ItemId, forms: Sequence[Offer]) -> None:
        after: WishlistKey | None = None
        while True:
            with self.database.begin() as tx:
                page = self.wishlists.holders(tx, item_id, after, _PAGE)
                made = self._rows(tx, kind, page, forms)
                self.repo.insert(tx, sorted(made, key=lambda n: (n.person, n.id)))
                tx.commit()
            if len(page) < _PAGE:
                return
            after = page[-1].key

    def _rows(
        self, tx: Transaction, kind: Kind, page: Sequence[WishlistEntry], forms: Sequence[Offer]
    ) -> Iterator[Notification]:
        chosen = self.repo.choices(tx, sorted({entry.key.buyer_id for entry in page}))
        now = self.clock.now()
        for entry in page:
            person = entry.key.buyer_id
            asked = any(
                wants(chosen.get(person, {}), kind, name) for name in (EMAIL, INBOX, *self.channels)
            )
            if asked and _is_news(kind, entry, forms):
                yield _row(kind, entry, now)


def _is_news(kind: Kind, entry: WishlistEntry, forms: Sequence[Offer]) -> bool:
    meant = [o for o in forms if entry.key.variant_id in (None, o.variant_id)]
    if kind is Kind.PRICE_DROPPED:
        return any(o.price.minor < entry.price.minor for o in meant)
    return bool(meant)


def _row(kind: Kind, entry: WishlistEntry, now: datetime) -> Notification:
    key = entry.key
    facts: dict[str, Any] = {"itemId": key.item_id, "variantId": key.variant_id}
    if kind is Kind.PRICE_DROPPED:
        facts["was"] = entry.price.minor
    return new_notification(kind, f"{key.item_id}/{now:%Y-%m-%d}", key.buyer_id, now, facts)
