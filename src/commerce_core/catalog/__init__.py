"""The catalogue: items, what carts read of them, and imports. Stock counts in and out with them."""

from commerce_core.catalog.commands import ItemPatch, NewItem, NewVariant, StockReceipt, VariantPatch
from commerce_core.catalog.errors import ImportNotFound, ItemKeyReused, ItemNotFound, SkuTaken, VariantInStock
from commerce_core.catalog.events import ItemChanged
from commerce_core.catalog.model import (
    ImportFormat,
    ImportStatus,
    Item,
    ItemImport,
    ItemStatus,
    ItemType,
    ItemView,
    Offer,
    Progress,
    RowError,
    Variant,
)
from commerce_core.catalog.ports import ImportQueue, ItemBook, Offers

__all__ = [
    "ImportFormat",
    "ImportNotFound",
    "ImportQueue",
    "ImportStatus",
    "Item",
    "ItemBook",
    "ItemChanged",
    "ItemImport",
    "ItemKeyReused",
    "ItemNotFound",
    "ItemPatch",
    "ItemStatus",
    "ItemType",
    "ItemView",
    "NewItem",
    "NewVariant",
    "Offer",
    "Offers",
    "Progress",
    "RowError",
    "SkuTaken",
    "StockReceipt",
    "Variant",
    "VariantInStock",
    "VariantPatch",
]
