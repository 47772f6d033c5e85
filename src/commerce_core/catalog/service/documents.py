"""Items as files hold them: the customer's stored documents as they stand, and our own export,
which an import reads back.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from commerce_core.catalog.model import ImportFormat, Item, ItemStatus, ItemType, ItemView, Variant
from commerce_core.catalog.service.cells import harmless, written_cell
from commerce_core.kernel.codec import is_object, storable
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.field_problems import escape_pointer
from commerce_core.kernel.text import clean_text

_SOURCE: Final = ("_id", "created_at", "updated_at")
_KEPT: Final = ("_id", "created_at")
_FORM_FIELDS: Final = frozenset(
    {"variantId", "options", "price", "stock", "images", "gtins", "weight", "deleted"}
)
_LISTS: Final = ("tags", "images", "gtins")


@attrs.frozen
class NormalizedRow:
    """A row as the contract spells a new item, and what the document called itself where it came
    from.
    """

    data: dict[str, Any]
    source: dict[str, str]


def known_as(row: Mapping[str, Any]) -> str | None:
    """The SKU that *row* is known by; nothing if it has none that can be kept, so that the reader
    will refuse it.
    """
    sku = row.get("sku", row.get("_id"))
    cleaned = clean_text(sku) if isinstance(sku, str) and storable(sku) else ""
    return cleaned if 0 < len(cleaned) <= 100 else None


def normalized(row: Mapping[str, Any]) -> NormalizedRow:
    """*row*, an item as the contract spells it or a stored document, as the contract spells it.

    Of a stored document ``_id`` and ``created_at`` are kept aside, ``stock`` is its quantity, and
    what stands directly on a variant beside its own fields (colour, size) are its options. What is
    wrong is left for the reader to name.

    Raises:
        Invalid: a variant says the same thing twice, under two names.
    """
    data = {
        key: value
        for key, value in row.items()
        if key not in _SOURCE and not (key == "type" and value in ("simple", "variant"))
    }
    source = {
        key: value
        for key in _KEPT
        if isinstance(value := row.get(key), str) and storable(value) and len(value) <= 100
    }
    if "stock" in data and "quantity" not in data:
        data["quantity"] = data.pop("stock")
    if data.get("status") == ItemStatus.WITHDRAWN.value:
        # A known item stays withdrawn, a new one does not go on sale.
        data["status"] = ItemStatus.DRAFT.value
    if isinstance(data.get("variants"), list):
        data["variants"] = [
            _normalized_form(form, f"/variants/{i}") for i, form in enumerate(data["variants"])
        ]
    if "sku" not in data and "_id" in source:
        data["sku"] = source["_id"]
    return NormalizedRow(data, source)


_SPELLINGS: Final = {"variant_id": "variantId", "quantity": "stock"}


def _normalized_form(form: Any, pointer: str) -> Any:
    if not is_object(form):
        return form
    if twice := [key for key, name in _SPELLINGS.items() if key in form and name in form]:
        raise Invalid(
            [
                FieldProblem(f"{pointer}/{key}", f"stands there as {_SPELLINGS[key]} too")
                for key in twice
            ]
        )
    known: dict[str, Any] = {_SPELLINGS.get(key, key): value for key, value in form.items()}
    loose = {key: value for key, value in known.items() if key not in _FORM_FIELDS}
    made = {key: value for key, value in known.items() if key in _FORM_FIELDS}
    if loose and is_object(options := made.get("options", {})):
        if twice := [key for key in loose if key in options]:
            raise Invalid(
                [
                    FieldProblem(f"{pointer}/{escape_pointer(key)}", "stands among the options too")
                    for key in twice
                ]
            )
        made["options"] = {**options, **loose}
    return made


def exported(view: ItemView) -> dict[str, Any]:
    """An item as an import reads it back: importing it again changes nothing."""
    item = view.item
    data: dict[str, Any] = {
        **item.source,
        "sku": item.sku,
        "name": item.name,
        "status": item.status.value,
    }
    for field in ("description", "brand", "category", *_LISTS, "specifications", "attributes"):
        if value := getattr(item, field):
            data[field] = list(value) if field in _LISTS else value
    if item.tax_class:
        data["taxClass"] = item.tax_class
    if item.weight is not None:
        data["weight"] = item.weight
    if item.metadata:
        data["metadata"] = item.metadata
    if item.type is ItemType.SIMPLE:
        only = item.variants[0]
        return data | {"price": _money(only), "quantity": view.available(only.sku_id)}
    return data | {"variants": [_exported_form(v, view) for v in item.variants]}


def _exported_form(v: Variant, view: ItemView) -> dict[str, Any]:
    form: dict[str, Any] = {
        "variantId": v.variant_id,
        "price": _money(v),
        "stock": view.available(v.sku_id),
    }
    parts = {"options": dict(v.options), "images": list(v.images), "gtins": list(v.gtins)}
    weight = {} if v.weight is None else {"weight": v.weight}
    return form | {field: value for field, value in parts.items() if value} | weight


def _money(v: Variant) -> dict[str, str]:
    return {"amount": v.price.amount, "currency": v.price.currency}


def written(views: Iterable[ItemView], format: ImportFormat, *, bom: bool = False) -> Iterator[str]:
    """A file of *views*, piece by piece; with *bom* a byte order mark before it, by which
    spreadsheets know UTF-8.

    A table's columns are those of the items it holds: it is gone through twice.
    """
    if bom:
        yield "\ufeff"
    match format:
        case ImportFormat.NDJSON:
            for view in views:
                yield json.dumps(exported(view), ensure_ascii=False) + "\n"
        case ImportFormat.JSON:
            yield "["
            for i, view in enumerate(views):
                yield (",\n" if i else "\n") + json.dumps(exported(view), ensure_ascii=False)
            yield "\n]\n"
        case ImportFormat.CSV:
            yield from _table(views)


def _table(views: Iterable[ItemView]) -> Iterator[str]:
    rows = [row for view in views for row in _table_rows(exported(view), view.item)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(
        out, columns, restval="", lineterminator="\r\n"
    )  # a carriage return in a cell is quoted then
    if columns:
        writer.writeheader()
    for row in rows:
        writer.writerow(row)
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _table_rows(data: dict[str, Any], item: Item) -> Iterator[dict[str, str]]:
    forms = data.pop("variants", None)
    common = _flat({key: value for key, value in data.items() if key not in ("price", "quantity")})
    if forms is None:
        yield common | {"price": item.variants[0].price.amount, "quantity": str(data["quantity"])}
        return
    for form, v in zip(forms, item.variants, strict=True):
        images = {"variantImages": json.dumps(form["images"])} if "images" in form else {}
        gtins = {"variantGtins": json.dumps(form["gtins"])} if "gtins" in form else {}
        weight = {"variantWeight": str(form["weight"])} if "weight" in form else {}
        options = _flat({"options": form.get("options", {})})
        yield (
            common
            | {
                "variantId": harmless(v.variant_id or ""),
                "price": v.price.amount,
                "quantity": str(form["stock"]),
            }
            | options
            | images
            | gtins
            | weight
        )


def _flat(data: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in data.items():
        if is_object(value) and all(
            name == clean_text(name) and name for name in value
        ):  # a header's names are read cleaned
            flat |= {f"{key}.{name}": written_cell(inner) for name, inner in value.items()}
        else:
            flat[key] = (
                harmless(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            )
    return flat
