"""From items to what an index keeps of them: pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from commerce_core.catalog import Item, ItemRepository, ItemView, Variant
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.codec import is_list
from commerce_core.kernel.ids import SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_core.search.model import Document, Form

_MOST_VALUES: Final = 50
_LONGEST: Final = 200


def document_of(view: ItemView) -> Document:
    """What the index keeps of an item and its stock."""
    item = view.item
    forms = _forms(view)
    shown = min(forms, key=lambda form: (not form.in_stock, form.price.minor))
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
        attributes=_attributes(
            item.specifications, item.attributes, *(v.options for v in item.variants)
        ),
        metadata=_attributes(item.metadata) if item.metadata else {},
        price=shown.price,
        in_stock=shown.in_stock,
        forms=tuple(forms) if len(forms) > 1 else (),
        image=next(
            (
                image
                for images in (item.images, *(v.images for v in item.variants))
                for image in images
            ),
            None,
        ),
        created_at=item.created_at,
    )


def documents_of(tx: Transaction, stock: StockLedger, items: Sequence[Item]) -> list[Document]:
    """The documents of *items*: one read for the stock of all."""
    levels: Mapping[SkuId, StockLevel] = (
        stock.levels(tx, [v.sku_id for item in items for v in item.variants]) if items else {}
    )
    return [
        document_of(
            ItemView(
                item=i,
                levels={v.sku_id: levels[v.sku_id] for v in i.variants if v.sku_id in levels},
            )
        )
        for i in items
    ]


def load_documents(
    tx: Transaction, repo: ItemRepository, stock: StockLedger, item_ids: Sequence[Any]
) -> list[Document]:
    """The documents of the items called *item_ids*; unknown ones are missing."""
    return documents_of(tx, stock, list(repo.load(tx, item_ids).values()))


def _codes(item: Item) -> Iterator[str]:
    yield from item.gtins
    for v in item.variants:
        if v.variant_id is not None:
            yield v.variant_id
        yield from v.gtins


def _forms(view: ItemView) -> list[Form]:
    """The forms of an item, those alike for a buyer who filters once."""
    item = view.item
    names = {name.casefold() for v in item.variants for name in v.options}
    described = (item.specifications, item.attributes) if names else ()
    general = [
        {n: value for n, value in source.items() if n.casefold() in names} for source in described
    ]
    forms: dict[object, Form] = {}
    for variant in item.variants:
        level = view.levels.get(variant.sku_id)
        in_stock = level is not None and level.on_offer
        form = Form(price=variant.price, in_stock=in_stock, options=_options(variant, general))
        forms.setdefault((form.price, in_stock, tuple(sorted(form.options.items()))), form)
    return list(forms.values())


def _options(
    variant: Variant, general: Sequence[Mapping[str, Any]]
) -> Mapping[str, tuple[str, ...]]:
    """What a variant says of itself; where it is silent and others are not, what is said of the
    item.
    """
    own = {name.casefold() for name in variant.options}
    silent = (
        {name: value for name, value in source.items() if name.casefold() not in own}
        for source in general
    )
    return _attributes(variant.options, *silent)


def _attributes(*sources: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for source in sources:
        for name, value in source.items():
            found.setdefault(name, []).extend(_texts(value))
    return {
        name: tuple(dict.fromkeys(values) if len(values) > 1 else values)[:_MOST_VALUES]
        for name, values in found.items()
        if values
    }


def _texts(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return (value[:_LONGEST],)
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, float) and value.is_integer():
        return (str(int(value)),)
    if isinstance(value, (int, float)):
        return (str(value)[:_LONGEST],)
    return [text for part in value for text in _texts(part)] if is_list(value) else ()
