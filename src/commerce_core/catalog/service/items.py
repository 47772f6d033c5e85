"""Onboarding items, changing them, putting them on sale, and counting what comes in."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from commerce_core.catalog.commands import ItemPatch, NewItem, StockReceipt
from commerce_core.catalog.errors import ItemKeyReused, ItemNotFound, SkuTaken
from commerce_core.catalog.model import Item, ItemStatus, ItemView, OwnItemFilter
from commerce_core.catalog.ports import ItemRepository
from commerce_core.catalog.service.compose import Composed, check, compose, patched
from commerce_core.catalog.service.item_writer import ItemWriter
from commerce_core.inventory import Receipt, StockLedger
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import to_data
from commerce_core.kernel.errors import Invalid, StaleVersion
from commerce_core.kernel.ids import IdFactory, ItemId, SellerId, check_user_id, is_id
from commerce_core.kernel.paging import BadCursor, Page, decode_cursor, encode_cursor
from commerce_core.kernel.transaction import Database, Transaction

_EXPORT_PAGE = 200
_OWN: Final = "own-items"
#: Items that one page of scarce ones looks at: most of a catalogue is in stock.
_LOOKED_AT: Final = 1_000
#: What releases before this one did not know: unless it is given, a request has the digest that it
#: had there.
_LATER: Final = ("tax_class", "weight", "metadata")


class Items:
    """What sellers do with items, and what anyone may read of them."""

    def __init__(
        self,
        database: Database,
        repo: ItemRepository,
        stock: StockLedger,
        writer: ItemWriter,
        clock: Clock,
        ids: IdFactory,
        currency: str,
    ) -> None:
        self._db = database
        self._repo = repo
        self._stock = stock
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._currency = currency

    def onboard(self, seller_id: SellerId, new: NewItem, idem_key: str | None = None) -> ItemView:
        """Take an item into the catalogue, its stock counted once. Idempotent with a key: the item
        that it has made.

        Raises:
            Invalid: price and quantity or variants are missing, or stand beside each other.
            SkuTaken: the seller has an item with this SKU.
            ItemKeyReused: the key was used for another item.
            UnusableId: *seller_id* cannot be the id of a seller.
        """
        check_user_id(seller_id)
        check(new, self._currency)
        digest = _digest(new)
        try:
            return self._onboard(seller_id, new, idem_key, digest)
        except SkuTaken:
            if idem_key is None:
                raise
            return self._onboard(
                seller_id, new, idem_key, digest
            )  # the same request may have won a race against itself

    def details(self, item_id: str, viewer: SellerId | None = None) -> ItemView:
        """An item on sale; its seller sees it whatever its status.

        Raises:
            ItemNotFound: no such item, or not for *viewer*.
        """
        with self._db.snapshot() as tx:
            item = self._item(tx, item_id)
            if not item.on_sale and item.seller_id != viewer:
                raise ItemNotFound("there is no such item")
            return self._writer.views(tx, [item])[0]

    def own(
        self, seller_id: SellerId, wanted: OwnItemFilter, cursor: str | None, size: int
    ) -> Page[ItemView]:
        """A page of the seller's own items, whatever their status, the newest first.

        Where *wanted* is about stock, a page looks at a bounded number of items: it may have fewer
        than *size*, or none, and the list goes on as long as there is a next cursor.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor)
        with self._db.snapshot() as tx:
            if wanted.stock_below is None:
                found = self._repo.latest(tx, seller_id, wanted.status, before, size + 1)
                views, more = self._writer.views(tx, found[:size]), len(found) > size
                return Page(views, _cursor(found[size - 1]) if more else None)
            looked_at = self._repo.latest(tx, seller_id, wanted.status, before, _LOOKED_AT)
            views = self._writer.views(tx, looked_at)
        scarce = [view for view in views if view.scarcest < wanted.stock_below]
        if len(scarce) > size:
            return Page(scarce[:size], _cursor(scarce[size - 1].item))
        return Page(scarce, _cursor(looked_at[-1]) if len(looked_at) == _LOOKED_AT else None)

    def change(self, seller_id: SellerId, item_id: str, patch: ItemPatch, version: int) -> ItemView:
        """Merge *patch* into version *version* of the seller's own item.

        Raises:
            ItemNotFound: no such item, or another seller's.
            StaleVersion: the item is at another version.
            Invalid, SkuTaken, VariantInStock: nothing was changed.
        """
        with self._db.begin() as tx:
            item = self._own(tx, seller_id, item_id)
            if item.version != version:
                raise StaleVersion(f"the item is at version {item.version}")
            return self._keep(tx, item, patched(item, patch, self._ids, self._currency))

    def publish(self, seller_id: SellerId, item_id: str) -> ItemView:
        """Put the seller's own item on sale. Idempotent.

        Raises:
            ItemNotFound: no such item, or another seller's.
        """
        return self._become(seller_id, item_id, ItemStatus.ACTIVE)

    def withdraw(self, seller_id: SellerId, item_id: str) -> ItemView:
        """Take the seller's own item off sale; what is ordered already is delivered. Idempotent.

        Raises:
            ItemNotFound: no such item, or another seller's.
        """
        return self._become(seller_id, item_id, ItemStatus.WITHDRAWN)

    def receive(self, seller_id: SellerId, item_id: str, receipt: StockReceipt) -> ItemView:
        """Count pieces in or out; the item with what is free now. Idempotent by reference
        (acceptance 35).

        Raises:
            ItemNotFound: no such item, or another seller's.
            Invalid: the item has no such variant, or has variants and none is named.
            ReferenceReused: the reference was counted with another quantity.
            StockShort: more would be taken out than is free.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            item = self._own(tx, seller_id, item_id)
            variant = item.variant(receipt.variant_id)
            if variant is None:
                raise Invalid.at(
                    "/variantId",
                    "names no variant of this item"
                    if receipt.variant_id
                    else "is required for this item",
                )
            changes = self._stock.receive(
                tx,
                [
                    Receipt(
                        sku_id=variant.sku_id,
                        quantity=receipt.quantity,
                        reference=receipt.reference,
                    )
                ],
                now,
            )
            self._writer.announce(
                tx, [sku_id for sku_id, change in changes.items() if change.flipped], now
            )
            view = self._writer.views(tx, [item])[0]
            tx.commit()
        return view

    def export(self, seller_id: SellerId) -> Iterator[ItemView]:
        """All items of a seller by id, read page by page."""
        after: ItemId | None = None
        while True:
            with self._db.snapshot() as tx:
                views = self._writer.views(tx, self._repo.page(tx, seller_id, after, _EXPORT_PAGE))
            yield from views
            if len(views) < _EXPORT_PAGE:
                return
            after = views[-1].item.id

    def _onboard(
        self, seller_id: SellerId, new: NewItem, idem_key: str | None, digest: str
    ) -> ItemView:
        now = self._clock.now()
        with self._db.begin() as tx:
            if idem_key is not None and (made := self._repo.made_with(tx, seller_id, idem_key)):
                if made[1] != digest:
                    raise ItemKeyReused("this idempotency key was used for another item")
                return self._writer.views(tx, [made[0]])[0]
            composed = compose(new, seller_id, self._ids, now)
            self._writer.add(
                tx, [composed], {composed.item.id: (idem_key, digest)} if idem_key else {}, now
            )
            view = self._writer.views(tx, [composed.item])[0]
            tx.commit()
        return view

    def _become(self, seller_id: SellerId, item_id: str, status: ItemStatus) -> ItemView:
        with self._db.begin() as tx:
            item = self._own(tx, seller_id, item_id)
            return self._keep(tx, item, Composed(item=item.with_status(status), openings=()))

    def _keep(self, tx: Transaction, before: Item, composed: Composed) -> ItemView:
        after = before
        if composed.item != before:
            after = self._writer.change(tx, [(before, composed)], self._clock.now())[0]
        view = self._writer.views(tx, [after])[0]
        tx.commit()
        return view

    def _own(self, tx: Transaction, seller_id: SellerId, item_id: str) -> Item:
        item = self._item(tx, item_id)
        if item.seller_id != seller_id:
            raise ItemNotFound("there is no such item")
        return item

    def _item(self, tx: Transaction, item_id: str) -> Item:
        item = (
            self._repo.load(tx, [ItemId(item_id)]).get(ItemId(item_id)) if is_id(item_id) else None
        )
        if item is None:
            raise ItemNotFound("there is no such item")
        return item


def _cursor(last: Item) -> str:
    return encode_cursor(_OWN, last.id)


def _position(cursor: str | None) -> ItemId | None:
    """The item behind which the list goes on."""
    if cursor is None:
        return None
    (item_id,) = decode_cursor(_OWN, cursor, str)
    if not is_id(item_id):
        raise BadCursor("not a cursor of this list")
    return ItemId(item_id)


def _digest(new: NewItem) -> str:
    """The digest that distinguishes requests under the same key."""
    data: dict[str, Any] = to_data(new)
    for described in (data, *(data["variants"] or ())):
        for name in _LATER:
            if described.get(name) in (None, "", {}):
                described.pop(name, None)
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
