"""From items to what an index keeps of them: pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from commerce_core.catalog import Item, ItemBook, ItemView
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.codec import is_list
from commerce_core.kernel.ids import SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_core.search.model import Document

_MOST_VALUES: Final = 50
_LONGEST: Final = 200


def document_of(view: ItemView) -> Document:
    """What the index keeps of an item and its stock."""
    item = view.item
    return Document(
        item_id=item.id,
        seller_id=item.seller_id,
        version=view.document_version,
        listed=item.on_sale,
        type=item.type.value,
        sku=item.sku,
        name=item.name,
        brand=item.brand,
        category=item.category,
        description=item.description,
        tags=item.tags,
        codes=tuple(dict.fromkeys(_codes(item))),
        attributes=_attributes(item),
        price=item.price,
        in_stock=any(level.on_offer for level in view.levels.values()),
        image=next((image for images in (item.images, *(v.images for v in item.variants)) for image in images), None),
        created_at=item.created_at,
    )


def documents_of(tx: Transaction, stock: StockLedger, items: Sequence[Item]) -> list[Document]:
    """The documents of *items*: one read for the stock of all."""
    levels: Mapping[SkuId, StockLevel] = stock.levels(tx, [v.sku_id for item in items for v in item.variants]) if items else {}
    return [document_of(ItemView(item=i, levels={v.sku_id: levels[v.sku_id] for v in i.variants if v.sku_id in levels})) for i in items]


def load_documents(tx: Transaction, book: ItemBook, stock: StockLedger, item_ids: Sequence[Any]) -> list[Document]:
    """The documents of the items called *item_ids*; unknown ones are missing."""
    return documents_of(tx, stock, list(book.load(tx, item_ids).values()))


def _codes(item: Item) -> Iterator[str]:
    yield from item.gtins
    for v in item.variants:
        if v.variant_id is not None:
            yield v.variant_id
        yield from v.gtins


def _attributes(item: Item) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for source in (item.specifications, item.attributes, *(v.options for v in item.variants)):
        for name, value in source.items():
            found.setdefault(name, []).extend(_texts(value))
    return {name: tuple(dict.fromkeys(values))[:_MOST_VALUES] for name, values in found.items() if values}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, float) and value.is_integer():
        yield str(int(value))
    elif isinstance(value, (str, int, float)):
        yield str(value)[:_LONGEST]
    elif is_list(value):
        for part in value:
            yield from _texts(part)
