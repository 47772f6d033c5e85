"""Writes items, their stock and their events, in the transaction of the caller."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.catalog.errors import VariantInStock
from commerce_core.catalog.events import ItemChanged, PriceDropped
from commerce_core.catalog.model import Item, ItemView
from commerce_core.catalog.ports import ItemRepository
from commerce_core.catalog.service.compose import Composed
from commerce_core.inventory import AvailabilityChanged, StockLedger, StockLevel
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import IdFactory, ItemId, SkuId
from commerce_core.kernel.messaging import Outbox, envelope
from commerce_core.kernel.transaction import Transaction


class ItemWriter:
    """Set-based: a fixed number of statements whatever the number of items."""

    def __init__(
        self, repo: ItemRepository, stock: StockLedger, outbox: Outbox, ids: IdFactory
    ) -> None:
        self._repo = repo
        self._stock = stock
        self._outbox = outbox
        self._ids = ids

    def add(
        self,
        tx: Transaction,
        new: Sequence[Composed],
        keys: Mapping[ItemId, tuple[str, str]],
        now: datetime,
    ) -> None:
        """Write new items, some with an idempotency key and the digest of their request.

        Raises:
            SkuTaken: a seller has an item with the SKU, or has used the key; the caller rolls back.
        """
        self._repo.insert(tx, [c.item for c in new], keys)
        self._stock.open(tx, [opening for c in new for opening in c.openings], now)
        self._publish_changes(tx, [c.item for c in new], now)

    def change(
        self, tx: Transaction, changes: Sequence[tuple[Item, Composed]], now: datetime
    ) -> list[Item]:
        """Write changed items, each given as it was and as it is to be; the items as stored.

        Raises:
            VariantInStock: a variant to be dropped has stock or holds; the caller rolls back.
            StaleVersion: an item was changed since it was read; the caller rolls back.
            SkuTaken: the seller has another item with the SKU; the caller rolls back.
        """
        dropped = self.check_dropped(tx, [(before, c.item) for before, c in changes])
        after = [_next(before, c.item, dropped, now) for before, c in changes]
        if len(
            self._repo.update(
                tx,
                [(before.version, item) for (before, _), item in zip(changes, after, strict=True)],
            )
        ) < len(after):
            raise StaleVersion("the item was changed meanwhile")
        self._stock.open(tx, [opening for _, c in changes for opening in c.openings], now)
        sellable = {
            v.sku_id: item.on_sale for item in after for v in item.variants
        } | dict.fromkeys(dropped, False)
        self._stock.set_sellable(tx, sellable)
        self._publish_changes(tx, after, now)
        befores = [before for before, _ in changes]
        cheaper = [i for b, i in zip(befores, after, strict=True) if _is_cheaper(b, i)]
        drops = [PriceDropped(item_id=item.id, version=item.version) for item in cheaper]
        self._outbox.append(tx, [envelope(e, id=self._ids.new(), at=now) for e in drops])
        return after

    def change_images(
        self,
        tx: Transaction,
        item_id: ItemId,
        variant_id: str,
        change: Callable[[tuple[str, ...]], tuple[str, ...]],
        now: datetime,
    ) -> None:
        """Make of the images of an item, or of its variant if one is named, what *change* says. An
        item or a variant that is gone is passed over.

        Raises:
            StaleVersion: the item was changed since it was read; the caller rolls back.
        """
        item = self._repo.load(tx, [item_id]).get(item_id)
        if item is None:
            return
        after = attrs.evolve(item, images=change(item.images))
        if variant_id:
            after = attrs.evolve(
                item,
                variants=tuple(
                    attrs.evolve(v, images=change(v.images)) if v.variant_id == variant_id else v
                    for v in item.variants
                ),
            )
        if after != item:
            self.change(tx, [(item, Composed(item=after, openings=()))], now)

    def check_dropped(
        self, tx: Transaction, changes: Sequence[tuple[Item, Item]]
    ) -> Mapping[SkuId, StockLevel]:
        """The stock of the variants dropped by *changes*, pairs of an item before and after.

        Raises:
            VariantInStock: names all that have stock or holds.
        """
        removed = {
            v.sku_id: v
            for before, after in changes
            for v in before.variants
            if v.sku_id not in {w.sku_id for w in after.variants}
        }
        if not removed:
            return {}
        levels = self._stock.levels(tx, sorted(removed))
        if held := {
            sku_id: v.variant_id or ""
            for sku_id, v in removed.items()
            if sku_id in levels and levels[sku_id].on_hand > 0
        }:
            raise VariantInStock(held)
        return levels

    def announce(self, tx: Transaction, sku_ids: Sequence[SkuId], now: datetime) -> None:
        """Publish that variants went on or off sale."""
        self._outbox.append(
            tx,
            [
                envelope(AvailabilityChanged(sku_id=sku_id), id=self._ids.new(), at=now)
                for sku_id in sku_ids
            ],
        )

    def views(self, tx: Transaction, items: Sequence[Item]) -> list[ItemView]:
        """*items* with what is in stock of them."""
        levels = self._stock.levels(tx, [v.sku_id for item in items for v in item.variants])
        return [
            ItemView(
                item=item,
                levels={v.sku_id: levels[v.sku_id] for v in item.variants if v.sku_id in levels},
            )
            for item in items
        ]

    def _publish_changes(self, tx: Transaction, items: Sequence[Item], now: datetime) -> None:
        events = [ItemChanged(item_id=item.id, version=item.version) for item in items]
        self._outbox.append(tx, [envelope(event, id=self._ids.new(), at=now) for event in events])


def _is_cheaper(before: Item, after: Item) -> bool:
    prices = {v.sku_id: v.price.minor for v in before.variants}
    return after.on_sale and any(
        v.price.minor < prices.get(v.sku_id, v.price.minor) for v in after.variants
    )


def _next(before: Item, item: Item, dropped: Mapping[SkuId, StockLevel], now: datetime) -> Item:
    """The item under its next version, raised by what its dropped variants had added to the version
    of its document.
    """
    remaining = {v.sku_id for v in item.variants}
    lost = sum(
        dropped[v.sku_id].availability_version + 1
        for v in before.variants
        if v.sku_id not in remaining and v.sku_id in dropped
    )
    return attrs.evolve(item, version=before.version + 1 + lost, updated_at=now)
