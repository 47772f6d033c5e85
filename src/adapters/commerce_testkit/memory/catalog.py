"""Items, what carts read of them, and imports in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.catalog import ImportQueue, ImportStatus, Item, ItemBook, ItemImport, Offer, Offers, SkuTaken
from commerce_core.kernel.ids import ImportId, ItemId, SellerId, SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.transaction import table


class MemoryItemBook(ItemBook):
    """Items in a dictionary, with their SKUs, their idempotency keys and their forms in others."""

    def insert(self, tx: Transaction, items: Sequence[Item], keys: Mapping[ItemId, tuple[str, str]]) -> None:
        rows, skus, made = table(tx, "item"), table(tx, "item_sku"), table(tx, "item_key")
        for item in items:
            key, digest = keys.get(item.id, (None, ""))
            if item.id in rows or (item.seller_id, item.sku) in skus or (item.seller_id, key) in made:
                raise SkuTaken("the seller has an item with this SKU, or has used this key")
            rows[item.id] = item
            skus[item.seller_id, item.sku] = item.id
            if key is not None:
                made[item.seller_id, key] = (item.id, digest)
            table(tx, "variant").update(dict.fromkeys((v.sku_id for v in item.variants), item.id))

    def load(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Mapping[ItemId, Item]:
        rows = table(tx, "item")
        return {item_id: rows[item_id] for item_id in item_ids if item_id in rows}

    def by_sku(self, tx: Transaction, skus: Sequence[tuple[SellerId, str]]) -> Mapping[tuple[SellerId, str], Item]:
        rows, known = table(tx, "item"), table(tx, "item_sku")
        return {sku: rows[known[sku]] for sku in skus if sku in known}

    def made_with(self, tx: Transaction, seller_id: SellerId, key: str) -> tuple[Item, str] | None:
        made: tuple[ItemId, str] | None = table(tx, "item_key").get((seller_id, key))
        return (table(tx, "item")[made[0]], made[1]) if made else None

    def owners_of(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Sequence[ItemId]:
        owners = table(tx, "variant")
        return sorted({owners[sku_id] for sku_id in sku_ids if sku_id in owners})

    def update(self, tx: Transaction, changes: Sequence[tuple[int, Item]]) -> Sequence[ItemId]:
        rows = table(tx, "item")
        written = [item for was, item in changes if item.id in rows and rows[item.id].version == was]
        for item in written:
            self._replace(tx, rows[item.id], item)
        return [item.id for item in written]

    def page(self, tx: Transaction, seller_id: SellerId | None, after: ItemId | None, limit: int) -> Sequence[Item]:
        behind = [item for item_id, item in sorted(table(tx, "item").items()) if item_id > (after or "")]
        return [item for item in behind if seller_id in (None, item.seller_id)][:limit]

    def _replace(self, tx: Transaction, before: Item, item: Item) -> None:
        skus, owners = table(tx, "item_sku"), table(tx, "variant")
        del skus[before.seller_id, before.sku]
        if (before.seller_id, item.sku) in skus:
            raise SkuTaken("the seller has another item with this SKU")
        skus[before.seller_id, item.sku] = item.id
        for variant in before.variants:
            del owners[variant.sku_id]
        owners.update(dict.fromkeys((v.sku_id for v in item.variants), item.id))
        table(tx, "item")[item.id] = item


class MemoryOffers(Offers):
    """What carts read of items, from the table that the item book in memory writes."""

    def by_item(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Mapping[ItemId, Sequence[Offer]]:
        rows = table(tx, "item")
        return {item_id: _offers(rows[item_id]) for item_id in item_ids if item_id in rows}

    def by_sku(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, Offer]:
        rows, owners = table(tx, "item"), table(tx, "variant")
        wanted = set(sku_ids)
        items: set[ItemId] = {owners[sku_id] for sku_id in wanted if sku_id in owners}
        return {offer.sku_id: offer for item_id in items for offer in _offers(rows[item_id]) if offer.sku_id in wanted}


class MemoryImportQueue(ImportQueue):
    """Imports with their leases, their chunks, and the lines of their SKUs in dictionaries."""

    def insert(self, tx: Transaction, job: ItemImport) -> None:
        rows = table(tx, "item_import")
        if job.id in rows:
            raise ValueError(f"{job.id} exists")
        rows[job.id] = (job, None)

    def append(self, tx: Transaction, import_id: ImportId, no: int, data: bytes) -> None:
        chunks = table(tx, "import_chunk")
        if (import_id, no) in chunks:
            raise ValueError(f"{import_id} has a chunk {no}")
        chunks[import_id, no] = data

    def chunk(self, tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        return table(tx, "import_chunk").get((import_id, no))

    def load(self, tx: Transaction, import_id: ImportId) -> ItemImport | None:
        found: tuple[ItemImport, datetime | None] | None = table(tx, "item_import").get(import_id)
        return found[0] if found else None

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImport | None:
        rows = table(tx, "item_import")
        free: list[ItemImport] = [
            job for job, lease in rows.values() if job.status is ImportStatus.RUNNING and (lease is None or lease < now)
        ]
        if not free:
            return None
        oldest = min(free, key=lambda job: (job.created_at, job.id))
        taken = attrs.evolve(oldest, fence=oldest.fence + 1)
        rows[taken.id] = (taken, lease_until)
        return taken

    def save(self, tx: Transaction, job: ItemImport, lease_until: datetime | None) -> bool:
        known = self.load(tx, job.id)
        if known is None or known.fence != job.fence:
            return False
        table(tx, "item_import")[job.id] = (job, lease_until)
        if job.status is ImportStatus.FINISHED:
            self._forget_bytes(tx, job.id)
        return True

    def note_skus(self, tx: Transaction, import_id: ImportId, lines: Mapping[str, int]) -> Mapping[str, int]:
        rows = table(tx, "import_sku")
        noted: dict[str, int] = {sku: rows.setdefault((import_id, sku), line) for sku, line in lines.items()}
        return {sku: line for sku, line in noted.items() if line < lines[sku]}

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        rows = table(tx, "item_import")
        jobs: list[ItemImport] = [job for job, _ in rows.values()]
        ended = [j.id for j in jobs if j.finished_at is not None and j.finished_at < before]
        for import_id in ended[:limit]:
            del rows[import_id]
        return len(ended[:limit])

    def drop_received_before(self, tx: Transaction, before: datetime) -> int:
        jobs: list[ItemImport] = [job for job, _ in table(tx, "item_import").values()]
        return sum(self.drop_received(tx, job.id) for job in jobs if job.created_at < before)

    def drop_received(self, tx: Transaction, import_id: ImportId) -> bool:
        job = self.load(tx, import_id)
        if job is None or job.status is not ImportStatus.RECEIVING:
            return False
        del table(tx, "item_import")[import_id]
        self._forget_bytes(tx, import_id)
        return True

    def _forget_bytes(self, tx: Transaction, import_id: ImportId) -> None:
        for name in ("import_chunk", "import_sku"):
            rows = table(tx, name)
            for key in [key for key in rows if key[0] == import_id]:
                del rows[key]


def _offers(item: Item) -> list[Offer]:
    return [
        Offer(
            sku_id=v.sku_id,
            item_id=item.id,
            variant_id=v.variant_id,
            seller_id=item.seller_id,
            sku=item.sku,
            name=item.name,
            options=v.options,
            image=next(iter(v.images or item.images), None),
            price=v.price,
            on_sale=item.on_sale,
        )
        for v in item.variants
    ]
