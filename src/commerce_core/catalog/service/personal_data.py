"""What the catalogue holds of a person who sells."""

from collections.abc import Mapping
from typing import Any

from commerce_core.catalog.errors import ItemsOnSale
from commerce_core.catalog.model import Item, ItemImport
from commerce_core.catalog.ports import ImportQueue, ItemRepository
from commerce_core.kernel.codec import to_data
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import ImportId, ItemId, SellerId
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction


class ItemData(PersonalData):
    """A seller's items. They tell of goods, and orders name them: withdrawn, they stay."""

    def __init__(self, items: ItemRepository) -> None:
        self._items = items

    @property
    def name(self) -> str:
        return "items"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        behind = ItemId(after) if after is not None else None
        found = self._items.page(tx, SellerId(user_id), behind, limit)
        return Excerpt(
            records=[_item(item) for item in found],
            after=found[-1].id if len(found) == limit else None,
        )

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        if self._items.sells(tx, SellerId(user_id)):
            return ItemsOnSale("withdraw all your items first")
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        return None


class ImportData(PersonalData):
    """A seller's imports, with their text and what was wrong in it. One that is running ends."""

    def __init__(self, imports: ImportQueue) -> None:
        self._imports = imports

    @property
    def name(self) -> str:
        return "imports"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        behind = ImportId(after) if after is not None else None
        found = self._imports.of_seller(tx, SellerId(user_id), behind, limit)
        return Excerpt(
            records=[_import(job) for job in found],
            after=found[-1].id if len(found) == limit else None,
        )

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        return "more" if self._imports.forget_of(tx, SellerId(user_id), limit) == limit else None


def _item(item: Item) -> Mapping[str, Any]:
    return {
        "itemId": item.id,
        "sku": item.sku,
        "name": item.name,
        "status": item.status.value,
        "details": to_data(item),
    }


def _import(job: ItemImport) -> Mapping[str, Any]:
    return {
        "importId": job.id,
        "status": job.status.value,
        "createdAt": job.created_at.isoformat(),
        "progress": to_data(job.progress),
        "errors": to_data(job.errors),
        "warnings": to_data(job.warnings),
    }
