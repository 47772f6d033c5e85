"""Items, what carts read of them, and imports in memory."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.catalog import (
    ImportQueue,
    ImportStatus,
    Item,
    ItemImport,
    ItemRepository,
    ItemStatus,
    Offer,
    Offers,
    RowSum,
    SetAside,
    SkuTaken,
)
from commerce_core.kernel.ids import ImportId, ItemId, SellerId, SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.leases import unheld
from commerce_testkit.memory.transaction import table


class MemoryItemRepository(ItemRepository):
    """Items in a dictionary, with their SKUs, their idempotency keys and their forms in others."""

    def insert(
        self, tx: Transaction, items: Sequence[Item], keys: Mapping[ItemId, tuple[str, str]]
    ) -> None:
        rows, skus, made = table(tx, "item"), table(tx, "item_sku"), table(tx, "item_key")
        for item in items:
            key, digest = keys.get(item.id, (None, ""))
            if (
                item.id in rows
                or (item.seller_id, item.sku) in skus
                or (item.seller_id, key) in made
            ):
                raise SkuTaken("the seller has an item with this SKU, or has used this key")
            rows[item.id] = item
            skus[item.seller_id, item.sku] = item.id
            if key is not None:
                made[item.seller_id, key] = (item.id, digest)
            table(tx, "variant").update(dict.fromkeys((v.sku_id for v in item.variants), item.id))

    def load(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Mapping[ItemId, Item]:
        rows = table(tx, "item")
        return {item_id: rows[item_id] for item_id in item_ids if item_id in rows}

    def by_sku(
        self, tx: Transaction, skus: Sequence[tuple[SellerId, str]]
    ) -> Mapping[tuple[SellerId, str], Item]:
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
        written = [
            item for was, item in changes if item.id in rows and rows[item.id].version == was
        ]
        for item in written:
            self._replace(tx, rows[item.id], item)
        return [item.id for item in written]

    def page(
        self, tx: Transaction, seller_id: SellerId | None, after: ItemId | None, limit: int
    ) -> Sequence[Item]:
        behind = [
            item for item_id, item in sorted(table(tx, "item").items()) if item_id > (after or "")
        ]
        return [item for item in behind if seller_id in (None, item.seller_id)][:limit]

    def latest(
        self,
        tx: Transaction,
        seller_id: SellerId,
        status: ItemStatus | None,
        before: ItemId | None,
        limit: int,
    ) -> Sequence[Item]:
        own = [i for i in table(tx, "item").values() if i.seller_id == seller_id]
        wanted = [i for i in own if status in (None, i.status) and (not before or i.id < before)]
        return sorted(wanted, key=_by_id, reverse=True)[:limit]

    def sells(self, tx: Transaction, seller_id: SellerId) -> bool:
        return any(i.on_sale for i in table(tx, "item").values() if i.seller_id == seller_id)

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
    """What carts read of items, from the table that the item repository in memory writes."""

    def by_item(
        self, tx: Transaction, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, Sequence[Offer]]:
        rows = table(tx, "item")
        return {item_id: _offers(rows[item_id]) for item_id in item_ids if item_id in rows}

    def by_sku(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, Offer]:
        rows, owners = table(tx, "item"), table(tx, "variant")
        wanted = set(sku_ids)
        items: set[ItemId] = {owners[sku_id] for sku_id in wanted if sku_id in owners}
        return {
            offer.sku_id: offer
            for item_id in items
            for offer in _offers(rows[item_id])
            if offer.sku_id in wanted
        }


class MemoryImportQueue(ImportQueue):
    """Imports with their leases, their chunks, and the lines of their SKUs in dictionaries."""

    def insert(self, tx: Transaction, job: ItemImport) -> None:
        rows = table(tx, "item_import")
        if job.id in rows:
            raise ValueError(f"{job.id} exists")
        rows[job.id] = _StoredImport(job, None, self._latest_turn(tx))

    def append(self, tx: Transaction, import_id: ImportId, no: int, data: bytes) -> None:
        chunks = table(tx, "import_chunk")
        if (import_id, no) in chunks:
            raise ValueError(f"{import_id} has a chunk {no}")
        chunks[import_id, no] = data

    def chunk(self, tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        return table(tx, "import_chunk").get((import_id, no))

    def load(self, tx: Transaction, import_id: ImportId) -> ItemImport | None:
        found: _StoredImport | None = table(tx, "item_import").get(import_id)
        return found.job if found else None

    def open_imports(self, tx: Transaction, seller_id: SellerId) -> Mapping[ImportId, int]:
        chunks = Counter(import_id for import_id, _ in table(tx, "import_chunk"))
        jobs = [
            kept.job
            for kept in self._all(tx)
            if kept.job.seller_id == seller_id and not kept.job.status.is_over
        ]
        return {job.id: chunks[job.id] for job in jobs}

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImport | None:
        running = sorted(
            (kept for kept in self._all(tx) if kept.job.status is ImportStatus.RUNNING),
            key=lambda k: (k.job.created_at, k.job.id),
        )
        oldest = {kept.job.seller_id: kept for kept in reversed(running)}.values()
        free = [kept for kept in oldest if unheld(kept.lease, now, lease_until)]
        if not free:
            return None
        job = min(free, key=lambda k: (k.turn, k.job.created_at, k.job.id)).job
        claimed = attrs.evolve(job, fence=job.fence + 1, claims=job.claims + 1)
        table(tx, "item_import")[claimed.id] = _StoredImport(
            claimed, lease_until, self._latest_turn(tx) + 1
        )
        return claimed

    def renew(self, tx: Transaction, job: ItemImport, lease_until: datetime) -> bool:
        kept: _StoredImport | None = table(tx, "item_import").get(job.id)
        if kept is None or kept.job.fence != job.fence:
            return False
        table(tx, "item_import")[job.id] = attrs.evolve(kept, lease=lease_until)
        return True

    def save(self, tx: Transaction, job: ItemImport, lease_until: datetime | None) -> bool:
        kept: _StoredImport | None = table(tx, "item_import").get(job.id)
        if kept is None or kept.job.fence != job.fence:
            return False
        table(tx, "item_import")[job.id] = _StoredImport(
            attrs.evolve(job, claims=0), lease_until, kept.turn
        )
        if job.status.is_over:
            self._forget_bytes(tx, job.id)
        return True

    def cancel(self, tx: Transaction, import_id: ImportId, at: datetime) -> bool:
        kept: _StoredImport | None = table(tx, "item_import").get(import_id)
        if kept is None or kept.job.status.is_over:
            return False
        ended = attrs.evolve(
            kept.job, status=ImportStatus.CANCELLED, fence=kept.job.fence + 1, finished_at=at
        )
        table(tx, "item_import")[import_id] = attrs.evolve(kept, job=ended)
        self._forget_bytes(tx, import_id)
        return True

    def note_skus(self, tx: Transaction, import_id: ImportId, sums: Mapping[str, RowSum]) -> None:
        rows = table(tx, "import_sum")
        for sku, found in sums.items():
            known = rows.get((import_id, sku), RowSum(rows=0, size=0))
            rows[import_id, sku] = RowSum(
                rows=known.rows + found.rows, size=known.size + found.size
            )

    def several(
        self, tx: Transaction, import_id: ImportId, skus: Sequence[str]
    ) -> Mapping[str, RowSum]:
        rows = table(tx, "import_sum")
        return {
            sku: rows[import_id, sku]
            for sku in skus
            if (import_id, sku) in rows and rows[import_id, sku].rows > 1
        }

    def set_aside(self, tx: Transaction, import_id: ImportId, rows: Sequence[SetAside]) -> None:
        table(tx, "import_aside").update({(import_id, row.sku, row.place): row for row in rows})

    def joined(
        self, tx: Transaction, import_id: ImportId, after: str, most_rows: int, most_bytes: int
    ) -> Sequence[SetAside]:
        found: list[SetAside] = []
        behind = sorted(
            key for key in table(tx, "import_aside") if key[0] == import_id and key[1] > after
        )
        for _, keys in itertools.groupby(behind, key=lambda key: key[1]):
            rows: list[SetAside] = [table(tx, "import_aside")[key] for key in keys]
            most_rows, most_bytes = (
                most_rows - len(rows),
                most_bytes - sum(len(row.raw) for row in rows),
            )
            if found and (most_rows < 0 or most_bytes < 0):
                break
            found += rows
        return found

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        ended = [
            k.job.id
            for k in self._all(tx)
            if k.job.finished_at is not None and k.job.finished_at < before
        ]
        for import_id in ended[:limit]:
            del table(tx, "item_import")[import_id]
        return len(ended[:limit])

    def drop_received_before(self, tx: Transaction, before: datetime) -> int:
        jobs = [kept.job for kept in self._all(tx)]
        return sum(self.drop_received(tx, job.id) for job in jobs if job.created_at < before)

    def drop_received(self, tx: Transaction, import_id: ImportId) -> bool:
        job = self.load(tx, import_id)
        if job is None or job.status is not ImportStatus.RECEIVING:
            return False
        del table(tx, "item_import")[import_id]
        self._forget_bytes(tx, import_id)
        return True

    def of_seller(
        self, tx: Transaction, seller_id: SellerId, after: ImportId | None, limit: int
    ) -> Sequence[ItemImport]:
        mine = sorted((k.job for k in self._all(tx) if k.job.seller_id == seller_id), key=_by_id)
        return [job for job in mine if job.id > (after or "")][:limit]

    def latest(
        self, tx: Transaction, seller_id: SellerId, before: ImportId | None, limit: int
    ) -> Sequence[ItemImport]:
        mine = [k.job for k in self._all(tx) if k.job.seller_id == seller_id]
        behind = [job for job in mine if not before or job.id < before]
        return sorted(behind, key=_by_id, reverse=True)[:limit]

    def forget_of(self, tx: Transaction, seller_id: SellerId, limit: int) -> int:
        found = self.of_seller(tx, seller_id, None, limit)
        for job in found:
            self._forget_bytes(tx, job.id)
            del table(tx, "item_import")[job.id]
        return len(found)

    def _all(self, tx: Transaction) -> list["_StoredImport"]:
        return list(table(tx, "item_import").values())

    def _latest_turn(self, tx: Transaction) -> int:
        return max(
            (kept.turn for kept in self._all(tx) if kept.job.status is ImportStatus.RUNNING),
            default=0,
        )

    def _forget_bytes(self, tx: Transaction, import_id: ImportId) -> None:
        for name in ("import_chunk", "import_sum", "import_aside"):
            rows = table(tx, name)
            for key in [key for key in rows if key[0] == import_id]:
                del rows[key]


def _by_id(kept: Item | ItemImport) -> str:
    return kept.id


@attrs.frozen
class _StoredImport:
    job: ItemImport
    lease: datetime | None
    turn: int


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
            brand=item.brand,
            category=item.category,
            tax_class=item.tax_class,
            weight=item.weight if v.weight is None else v.weight,
        )
        for v in item.variants
    ]
