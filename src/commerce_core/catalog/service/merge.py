"""What becomes of an item by what its rows say together: pure functions.

A row changes what it names and nothing else.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from commerce_core.catalog.commands import MOST_VARIANTS, VariantRow
from commerce_core.catalog.model import Item, ItemStatus, ItemType, Variant
from commerce_core.catalog.service.cells import EMPTY
from commerce_core.catalog.service.compose import (
    CONTENT,
    EMPTY_CONTENT,
    EMPTY_FORM,
    Composed,
    begun,
    check_size,
    openings,
)
from commerce_core.catalog.service.gather import (
    ItemRows,
    LineProblem,
    OnlyForm,
    RowsRefused,
    none_if_absent,
)
from commerce_core.kernel.codec import ABSENT, camel, is_object
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.field_problems import escape_pointer
from commerce_core.kernel.ids import IdFactory, ItemId, SellerId, SkuId
from commerce_core.kernel.money import Money

#: What a row adds to, where it replaces everything else.
_FREE: Final = frozenset({"specifications", "attributes", "metadata"})


def created(rows: ItemRows, seller_id: SellerId, ids: IdFactory, now: datetime) -> Composed:
    """The new item that *rows* make.

    Raises:
        RowsRefused: a name, a price or a quantity is missing, or the rows say more than an item may
            hold.
    """
    forms = [on for on in rows.forms.values() if not on.form.deleted]
    problems: list[LineProblem] = []
    if rows.content.get("name") is None:
        problems.append(LineProblem(rows.line, "/name", "is required"))
    if not forms:
        own = rows.simple or OnlyForm(rows.line, None, None)
        missing = [
            name for name, value in (("price", own.price), ("quantity", own.stock)) if value is None
        ]
        problems += [LineProblem(own.line, f"/{name}", "is required") for name in missing]
    problems += [
        LineProblem(on.line, f"{on.pointer}/price", "is required")
        for on in forms
        if none_if_absent(on.form.price) is None
    ]
    problems += _too_many(rows, len(forms))
    if problems:
        raise RowsRefused(problems)
    fields = {name: _new(rows.content.get(name), EMPTY_CONTENT[name]) for name in CONTENT}
    fields |= {"sku": rows.sku, "name": rows.content["name"], "source": rows.source}
    status = ItemStatus(rows.content.get("status") or "active")
    made = [_new_form(on.form, ids) for on in forms]
    if rows.simple and not made:
        made = [
            (
                Variant(sku_id=SkuId(ids.new()), variant_id=None, price=_price(rows.simple)),
                rows.simple.stock or 0,
            )
        ]
    composed = begun(ItemId(ids.new()), fields, made, seller_id=seller_id, status=status, now=now)
    if rows.several:
        _check_size(composed.item, rows)
    return composed


def _check_size(item: Item, rows: ItemRows) -> None:
    try:
        check_size(item)
    except Invalid as error:
        raise RowsRefused(
            [LineProblem(rows.line, p.pointer, p.detail) for p in error.problems]
        ) from error


def _new(value: Any, empty: Any) -> Any:
    if value is None or value is ABSENT:
        return empty
    return (
        {name: inner for name, inner in value.items() if inner is not EMPTY}
        if is_object(value)
        else value
    )


def _new_form(form: VariantRow, ids: IdFactory) -> tuple[Variant, int]:
    parts = {name: _new(getattr(form, name), empty) for name, empty in EMPTY_FORM.items()}
    return Variant(
        sku_id=SkuId(ids.new()), variant_id=form.variant_id, price=_price(form), **parts
    ), none_if_absent(form.stock) or 0


# --- a known item ---------------------------------------------------------------------------------


def changed(item: Item, rows: ItemRows, ids: IdFactory) -> Composed:
    """*item* with everything that *rows* name, but for the counts of forms that are known: an
    import never overwrites stock.

    Raises:
        RowsRefused: a simple item would get variants or the other way round, a value that must be
            there would be emptied, a new variant has no price, no variant would be left, or the
            item would grow beyond what one may hold.
    """
    if item.type is ItemType.SIMPLE and rows.forms:
        raise rows.at("/variants", "a simple item cannot become one with variants")
    if item.type is ItemType.VARIANT and rows.simple:
        raise RowsRefused(
            [
                LineProblem(
                    rows.simple.line,
                    "/variants",
                    "an item with variants cannot become a simple one",
                )
            ]
        )
    if "name" in rows.content and rows.content["name"] is None:
        raise rows.at("/name", "must not be empty")
    priced = rows.simple is not None and rows.simple.price is not None
    if item.type is ItemType.SIMPLE and rows.unpriced is not None and not priced:
        raise RowsRefused([LineProblem(rows.unpriced, "/price", "must not be empty")])
    counts: dict[SkuId, int] = {}
    changes = {
        field: _filled(getattr(item, field), rows.content[field], EMPTY_CONTENT[field])
        for field in CONTENT
        if field in rows.content
    }
    changes["name"] = rows.content.get("name", item.name)
    changes["status"] = _status(item, rows.content.get("status"))
    if rows.simple is not None and priced:
        changes["variants"] = (attrs.evolve(item.variants[0], price=_price(rows.simple)),)
    elif rows.forms:
        changes["variants"] = _changed_forms(item, rows, ids, counts)
    after = attrs.evolve(item, **changes)
    if (rows.forms or not _FREE.isdisjoint(rows.content)) and after != item:
        _check_size(after, rows)
    return Composed(item=after, openings=openings(after, counts))


def _changed_forms(
    item: Item, rows: ItemRows, ids: IdFactory, counts: dict[SkuId, int]
) -> tuple[Variant, ...]:
    """Known forms in their order with what is said of them, then the new ones in that of the
    file.
    """
    problems: list[LineProblem] = []
    variants: list[Variant] = []
    known = {v.variant_id: v for v in item.variants}
    for variant_id in (*known, *(name for name in rows.forms if name not in known)):
        on, before = rows.forms.get(variant_id or ""), known.get(variant_id)
        if on is None and before is not None:
            variants.append(before)
        elif on is None or on.form.deleted:
            continue
        elif on.form.price is None or (before is None and on.form.price is ABSENT):
            problems.append(
                LineProblem(
                    on.line,
                    f"{on.pointer}/price",
                    "is required" if before is None else "must not be empty",
                )
            )
        else:
            variants.append(
                _changed_form(
                    before
                    or Variant(sku_id=SkuId(ids.new()), variant_id=variant_id, price=on.form.price),
                    on.form,
                )
            )
            if before is None:
                counts[variants[-1].sku_id] = none_if_absent(on.form.stock) or 0
    problems += _too_many(rows, len(variants))
    if not variants and not problems:
        problems.append(LineProblem(rows.line, "/variants", "must not all be deleted"))
    if problems:
        raise RowsRefused(problems)
    return tuple(variants)


def _changed_form(before: Variant, form: VariantRow) -> Variant:
    fields = [name for name in EMPTY_FORM if getattr(form, name) is not ABSENT]
    changes = {
        name: _filled(getattr(before, name), getattr(form, name), EMPTY_FORM[name])
        for name in fields
    }
    return attrs.evolve(
        before, price=before.price if form.price is ABSENT else _price(form), **changes
    )


def _price(form: VariantRow | OnlyForm) -> Money:
    if form.price is None:
        raise ValueError("a price that is not there was not refused")
    return form.price


def _too_many(rows: ItemRows, count: int) -> list[LineProblem]:
    return (
        [LineProblem(rows.line, "/variants", f"must be 1 to {MOST_VARIANTS}")]
        if count > MOST_VARIANTS
        else []
    )


def _filled(before: Any, cell: Any, empty: Any) -> Any:
    """Objects are merged name by name; ``null`` and an empty cell take a value away, and leave
    alone a name that holds ``null``.
    """
    if cell is None:
        return empty
    if not is_object(cell):
        return cell
    filled: dict[str, Any] = dict(before) if is_object(before) else {}
    for name, value in cell.items():
        if value is EMPTY or value is None:
            if filled.get(name) is not None:
                del filled[name]
        elif is_object(value) and is_object(filled.get(name)):
            filled[name] = _filled(filled[name], value, {})
        else:
            filled[name] = value
    return filled


def _status(item: Item, status: str | None) -> ItemStatus:
    if status is None or (status == "draft" and item.status is ItemStatus.WITHDRAWN):
        return item.status  # an export shows a withdrawn item as a draft
    return ItemStatus(status)


# --- what is lost ---------------------------------------------------------------------------------


def lost(before: Item, after: Item) -> Iterator[FieldProblem]:
    """What *before* has and *after* has not."""
    for field in CONTENT:
        yield from _lost_value(f"/{camel(field)}", getattr(before, field), getattr(after, field))
    remaining = {v.variant_id: v for v in after.variants}
    for v in before.variants:
        if v.variant_id not in remaining:
            yield FieldProblem(
                f"/variants/{escape_pointer(v.variant_id or '')}", "would be deleted"
            )
            continue
        for field in EMPTY_FORM:
            at = f"/variants/{escape_pointer(v.variant_id or '')}/{field}"
            yield from _lost_value(at, getattr(v, field), getattr(remaining[v.variant_id], field))


def _lost_value(pointer: str, before: Any, after: Any) -> Iterator[FieldProblem]:
    if before and not after:
        yield FieldProblem(pointer, "would be emptied")
    elif is_object(before) and is_object(after):
        yield from (
            FieldProblem(f"{pointer}/{escape_pointer(name)}", "would be emptied")
            for name in before
            if name not in after
        )
