"""From what a seller sends to items: pure functions."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from commerce_core.catalog.commands import ItemPatch, NewItem, NewVariant, VariantPatch
from commerce_core.catalog.model import Item, ItemStatus, ItemType, Variant
from commerce_core.inventory import OpeningStock
from commerce_core.kernel.bounded import MOST_NODES
from commerce_core.kernel.codec import ABSENT, is_list, is_object, to_data
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.ids import IdFactory, ItemId, SellerId, SkuId
from commerce_core.kernel.metadata import check_metadata, merged
from commerce_core.kernel.money import Money

#: The fields of an item that may be empty.
CONTENT: Final[tuple[str, ...]] = (
    "description",
    "brand",
    "category",
    "tags",
    "images",
    "gtins",
    "specifications",
    "attributes",
    "tax_class",
    "weight",
    "metadata",
)
EMPTY_CONTENT: Final[Mapping[str, Any]] = {
    "description": "",
    "brand": "",
    "category": "",
    "tags": (),
    "images": (),
    "gtins": (),
    "specifications": {},
    "attributes": {},
    "tax_class": "",
    "weight": None,
    "metadata": {},
}

EMPTY_FORM: Final[Mapping[str, Any]] = {"options": {}, "images": (), "gtins": (), "weight": None}

#: Bytes of what a whole item says, as JSON: as much as the body of a new one may have.
MOST_BYTES: Final = 1 << 20
#: Names in one of its free objects, as of a new one.
_MOST_NAMES: Final = 500


@attrs.frozen(kw_only=True)
class Composed:
    """An item, and the first counts of the forms that are new in it."""

    item: Item
    openings: tuple[OpeningStock, ...]


def check(new: NewItem, currency: str) -> None:
    """Check what no single field shows.

    Raises:
        Invalid: price and quantity are missing or stand beside variants, or a price is in another
            currency.
    """
    problems: list[FieldProblem] = []
    prices = [("/price", new.price)] + [
        (f"/variants/{i}/price", v.price) for i, v in enumerate(new.variants or ())
    ]
    problems += [
        FieldProblem(pointer, f"must be in {currency}")
        for pointer, p in prices
        if p is not None and p.currency != currency
    ]
    for name, value in (("price", new.price), ("quantity", new.quantity)):
        if new.variants is None and value is None:
            problems.append(FieldProblem(f"/{name}", "is required"))
        if new.variants is not None and value is not None:
            problems.append(
                FieldProblem(f"/{name}", "belongs to the variants of an item that has them")
            )
    if problems:
        raise Invalid(problems)


def compose(
    new: NewItem,
    seller_id: SellerId,
    ids: IdFactory,
    now: datetime,
    source: Mapping[str, Any] | None = None,
) -> Composed:
    """A new item from what :func:`check` has let pass."""
    item_id = ItemId(ids.new())
    forms = new.variants or (_only_form(new),)
    return begun(
        item_id,
        {
            "sku": new.sku or item_id,
            "name": new.name,
            "source": source or {},
            **{field: getattr(new, field) for field in CONTENT},
        },
        [(_variant(v, SkuId(ids.new()), simple=new.variants is None), v.stock) for v in forms],
        seller_id=seller_id,
        status=ItemStatus(new.status or "active"),
        now=now,
    )


def begun(
    item_id: ItemId,
    fields: Mapping[str, Any],
    forms: Sequence[tuple[Variant, int]],
    *,
    seller_id: SellerId,
    status: ItemStatus,
    now: datetime,
) -> Composed:
    """A new item from its *fields*, and its *forms* with their first counts."""
    variants = tuple(v for v, _ in forms)
    type_ = ItemType.SIMPLE if variants[0].variant_id is None else ItemType.VARIANT
    item = Item(
        id=item_id,
        seller_id=seller_id,
        type=type_,
        status=status,
        variants=variants,
        created_at=now,
        updated_at=now,
        **fields,
    )
    return Composed(item=item, openings=openings(item, {v.sku_id: count for v, count in forms}))


def patched(item: Item, patch: ItemPatch, ids: IdFactory, currency: str) -> Composed:
    """*item* after a merge patch.

    Raises:
        Invalid: a field would lose its value that must have one, or does not belong to this type of
            item; or the item would grow beyond what a new one may be.
    """
    changed_fields = {
        a.name: getattr(patch, a.name)
        for a in attrs.fields(ItemPatch)
        if getattr(patch, a.name) is not ABSENT
    }
    problems = [
        FieldProblem(f"/{name}", "is required")
        for name in ("sku", "name", "price", "variants")
        if name in changed_fields and changed_fields[name] is None
    ]
    other = "variants" if item.type is ItemType.SIMPLE else "price"
    if other in changed_fields:
        problems.append(FieldProblem(f"/{other}", f"does not belong to a {item.type.value} item"))
    if problems:
        raise Invalid(problems)
    changes = {
        field: _merged(getattr(item, field), changed_fields[field], EMPTY_CONTENT[field])
        for field in CONTENT
        if field in changed_fields
    }
    changes |= {
        field: changed_fields[field] for field in ("sku", "name") if field in changed_fields
    }
    counts: dict[SkuId, int] = {}
    if "price" in changed_fields:
        _check_currency([("/price", changed_fields["price"])], currency)
        changes["variants"] = (attrs.evolve(item.variants[0], price=changed_fields["price"]),)
    elif "variants" in changed_fields:
        changes["variants"] = _patched_variants(
            item, changed_fields["variants"], ids, counts, currency
        )
    after = attrs.evolve(item, **changes)
    check_size(after)
    return Composed(item=after, openings=openings(after, counts))


def check_size(item: Item) -> None:
    """Change by change an item may grow: its bounds are those of the whole.

    Raises:
        Invalid: it has too many names, values or bytes.
    """
    free = {"/specifications": item.specifications, "/attributes": item.attributes}
    free |= {f"/variants/{i}/options": v.options for i, v in enumerate(item.variants)}
    if problems := [
        FieldProblem(pointer, f"must have at most {_MOST_NAMES} names")
        for pointer, found in free.items()
        if len(found) > _MOST_NAMES
    ]:
        raise Invalid(problems)
    try:
        check_metadata(item.metadata)
    except ValueError as error:
        raise Invalid.at("/metadata", str(error)) from error
    content = to_data([{field: getattr(item, field) for field in CONTENT}, item.variants])
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if _most_nodes(text) > MOST_NODES and _nodes(content) > MOST_NODES:
        raise Invalid.at("", f"the whole item must have at most {MOST_NODES:,} values")
    if len(text.encode()) > MOST_BYTES:
        raise Invalid.at("", f"the whole item must have at most {MOST_BYTES:,} bytes")


def _most_nodes(text: str) -> int:
    """At least as many as there are values in the JSON *text*: before each stands a comma or what
    it is in begins.
    """
    return 1 + text.count(",") + text.count("[") + text.count("{")


def _nodes(value: Any) -> int:
    """How many values there are in *value*, itself among them."""
    inside: Sequence[Any] = (
        [*value.values()] if is_object(value) else value if is_list(value) else ()
    )
    return 1 + sum(map(_nodes, inside))


def _patched_variants(
    item: Item,
    patches: Sequence[VariantPatch],
    ids: IdFactory,
    counts: dict[SkuId, int],
    currency: str,
) -> tuple[Variant, ...]:
    problems: list[FieldProblem] = []
    variants: list[Variant] = []
    for i, p in enumerate(patches):
        known = item.variant(p.variant_id)
        if known is not None and p.stock is not ABSENT:
            problems.append(
                FieldProblem(f"/variants/{i}/stock", "changes through stock receipts alone")
            )
        if known is None and p.price is ABSENT:
            problems.append(FieldProblem(f"/variants/{i}/price", "is required"))
            continue
        base = known or Variant(sku_id=SkuId(ids.new()), variant_id=p.variant_id, price=p.price)
        if known is None:
            counts[base.sku_id] = 0 if p.stock is ABSENT else p.stock
        variants.append(_merged_variant(base, p))
    if problems:
        raise Invalid(problems)
    _check_currency([(f"/variants/{i}/price", v.price) for i, v in enumerate(variants)], currency)
    return tuple(variants)


def _merged_variant(base: Variant, p: VariantPatch) -> Variant:
    changes: dict[str, Any] = {} if p.price is ABSENT else {"price": p.price}
    for field in EMPTY_FORM:
        if getattr(p, field) is not ABSENT:
            changes[field] = _merged(getattr(base, field), getattr(p, field), EMPTY_FORM[field])
    return attrs.evolve(base, **changes)


def _check_currency(prices: Sequence[tuple[str, Money]], currency: str) -> None:
    if problems := [
        FieldProblem(pointer, f"must be in {currency}")
        for pointer, price in prices
        if price.currency != currency
    ]:
        raise Invalid(problems)


def _merged(before: Any, patch: Any, empty: Any) -> Any:
    """RFC 7396: objects are merged key by key, everything else is replaced, ``null`` takes away."""
    if patch is None:
        return empty
    return merged(before if is_object(before) else {}, patch) if is_object(patch) else patch


def _only_form(new: NewItem) -> NewVariant:
    if new.price is None:
        raise Invalid.at("/price", "is required")
    return NewVariant(variant_id="-", price=new.price, stock=new.quantity or 0)


def _variant(form: NewVariant, sku_id: SkuId, *, simple: bool) -> Variant:
    return Variant(
        sku_id=sku_id,
        variant_id=None if simple else form.variant_id,
        price=form.price,
        options=form.options,
        images=form.images,
        gtins=form.gtins,
        weight=form.weight,
    )


def openings(item: Item, counts: Mapping[SkuId, int]) -> tuple[OpeningStock, ...]:
    """The first *counts* of forms that are new in *item*."""
    return tuple(
        OpeningStock(sku_id=sku_id, quantity=count, sellable=item.on_sale)
        for sku_id, count in counts.items()
    )
