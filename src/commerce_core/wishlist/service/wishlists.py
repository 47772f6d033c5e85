"""Putting items on a wishlist, taking them off, and reading it at the prices of now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from commerce_core.catalog import ItemNotFound, Offer, Offers
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Invalid, StaleRead
from commerce_core.kernel.ids import BuyerId, ItemId, SkuId, check_user_id, is_id
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.wishlist.errors import NotOnWishlist
from commerce_core.wishlist.model import WishlistEntry, WishlistKey, WishlistPosition
from commerce_core.wishlist.ports import WishlistRepository
from commerce_core.wishlist.views import WITHDRAWN, WishlistView

_LIST: Final = "wishlist"
_MISSING: Final = "there is no such item"


class Wishlists:
    """What buyers do with their wishlists. Reading asks the database a fixed number of times."""

    def __init__(
        self,
        database: Database,
        repo: WishlistRepository,
        offers: Offers,
        stock: StockLedger,
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = repo
        self._offers = offers
        self._stock = stock
        self._clock = clock

    def add(
        self, buyer_id: BuyerId, item_id: str, variant_id: str | None = None
    ) -> tuple[WishlistView, bool]:
        """Put an item, or one variant of it, on the list; the entry, and whether it is new.
        Idempotent: one that is there stays, even if it was withdrawn since.

        Raises:
            ItemNotFound: there is no such item for buyers.
            Invalid: the item has no such variant.
            WishlistFull: the list holds 1,000 entries.
            UnusableId: *buyer_id* cannot be the id of a buyer.
        """
        check_user_id(buyer_id)
        if not is_id(item_id):
            raise ItemNotFound(_MISSING)
        key = WishlistKey(buyer_id, ItemId(item_id), variant_id)
        return retry_transaction(self._db, lambda: self._add(key))

    def entry(self, buyer_id: BuyerId, item_id: str, variant_id: str | None = None) -> WishlistView:
        """The buyer's entry of an item: of this variant, or, where none is named, the newest.

        Raises:
            NotOnWishlist: it is not on the list.
        """
        if is_id(item_id):
            with self._db.snapshot() as tx:
                if meant := _meant(self._of_item(tx, buyer_id, item_id), variant_id):
                    return self._views(tx, meant[:1])[0]
        raise NotOnWishlist("the item is not on your wishlist")

    def remove(self, buyer_id: BuyerId, item_id: str, variant_id: str | None = None) -> None:
        """Take an item off the list: this variant, or, where none is named, all entries of it.
        Idempotent.
        """
        if not is_id(item_id):
            return

        def work() -> None:
            with self._db.begin() as tx:
                self._repo.remove(tx, buyer_id, ItemId(item_id), variant_id)
                tx.commit()

        retry_transaction(self._db, work)

    def page(self, buyer_id: BuyerId, cursor: str | None, size: int) -> Page[WishlistView]:
        """The buyer's list, newest first, *size* at a time, at the prices of now.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor)
        with self._db.snapshot() as tx:
            found = self._repo.page(tx, buyer_id, before, size + 1)
            page = cut_page(_LIST, found, size, _place)
            return Page(self._views(tx, page.items), page.next_cursor)

    def _add(self, key: WishlistKey) -> tuple[WishlistView, bool]:
        with self._db.begin() as tx:
            offers = self._offers.by_item(tx, [key.item_id]).get(key.item_id, ())
            known = next(
                (e for e in self._of_item(tx, key.buyer_id, key.item_id) if e.key == key), None
            )
            if known is not None:
                return self._views(tx, [known])[0], False
            forms = _forms_on_sale(offers, key.variant_id)
            levels = self._stock.levels(tx, [form.sku_id for form in forms])
            price = _price(forms, levels)
            entry = WishlistEntry(key=key, price=price, added_at=self._clock.now())
            if not self._repo.add(tx, entry):
                raise StaleRead("another request has added the entry meanwhile")
            tx.commit()
        return _view(entry, offers, levels), True

    def _of_item(self, tx: Transaction, buyer_id: BuyerId, item_id: str) -> Sequence[WishlistEntry]:
        return self._repo.of_item(tx, buyer_id, ItemId(item_id))

    def _views(self, tx: Transaction, entries: Sequence[WishlistEntry]) -> list[WishlistView]:
        offers = self._offers.by_item(tx, list(dict.fromkeys(e.key.item_id for e in entries)))
        skus = [offer.sku_id for forms in offers.values() for offer in forms]
        levels = self._stock.levels(tx, skus)
        return [_view(e, offers.get(e.key.item_id, ()), levels) for e in entries]


def _meant(entries: Sequence[WishlistEntry], variant_id: str | None) -> Sequence[WishlistEntry]:
    return [e for e in entries if variant_id is None or e.key.variant_id == variant_id]


def _forms_on_sale(offers: Sequence[Offer], variant_id: str | None) -> Sequence[Offer]:
    on_sale = [offer for offer in offers if offer.on_sale]
    if not on_sale:
        raise ItemNotFound(_MISSING)
    forms = _named(on_sale, variant_id)
    if not forms:
        raise Invalid.at("/variantId", "names no variant of this item")
    return forms


def _named(offers: Sequence[Offer], variant_id: str | None) -> Sequence[Offer]:
    return [o for o in offers if variant_id is None or o.variant_id == variant_id]


def _price(forms: Sequence[Offer], levels: Mapping[SkuId, StockLevel]) -> Money:
    """The lowest price of the forms that can be bought, of all where none can."""
    free = [form for form in forms if _is_free(form, levels)]
    return min((form.price for form in free or forms), key=lambda price: price.minor)


def _is_free(form: Offer, levels: Mapping[SkuId, StockLevel]) -> bool:
    level = levels.get(form.sku_id)
    return form.on_sale and level is not None and level.available > 0


def _view(
    entry: WishlistEntry, offers: Sequence[Offer], levels: Mapping[SkuId, StockLevel]
) -> WishlistView:
    forms = _named(offers, entry.key.variant_id)
    shown = next(iter(forms or offers), None)
    return WishlistView(
        entry=entry,
        name=shown.name if shown else "",
        image=shown.image if shown else None,
        price=_price(forms, levels) if forms else entry.price,
        in_stock=any(_is_free(form, levels) for form in forms),
        problems=() if any(form.on_sale for form in forms) else (WITHDRAWN,),
    )


def _place(entry: WishlistEntry) -> tuple[datetime, str, str]:
    return entry.added_at, entry.key.item_id, entry.key.variant_id or ""


def _position(cursor: str | None) -> WishlistPosition | None:
    if cursor is None:
        return None
    at, item_id, variant_id = decode_cursor(_LIST, cursor, datetime, str, str)
    return WishlistPosition(at, ItemId(item_id), variant_id)
