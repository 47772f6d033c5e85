"""Items as files hold them: the customer's stored documents as they stand, and our own export, which an import reads back."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from commerce_core.catalog.model import ImportFormat, Item, ItemStatus, ItemType, ItemView, Variant
from commerce_core.kernel.codec import is_object, storable

_SOURCE: Final = ("_id", "created_at", "updated_at")
_KEPT: Final = ("_id", "created_at")
_FORM_FIELDS: Final = frozenset({"variantId", "options", "price", "stock", "images", "gtins"})
_LISTS: Final = ("tags", "images", "gtins")


@attrs.frozen
class Document:
    """A row as the contract spells a new item, and what the document called itself where it came from."""

    data: dict[str, Any]
    source: dict[str, str]


def normalized(row: Mapping[str, Any]) -> Document:
    """*row*, a new item as the contract spells it or a stored document, as a new item.

    Of a stored document ``_id`` and ``created_at`` are kept aside, ``stock`` is its quantity, and what stands directly on a
    variant beside its own fields (colour, size) are its options. What is wrong is left for the reader to name.
    """
    data = {key: value for key, value in row.items() if key not in _SOURCE and not (key == "type" and value in ("simple", "variant"))}
    source = {key: value for key in _KEPT if isinstance(value := row.get(key), str) and storable(value) and len(value) <= 100}
    if "stock" in data and "quantity" not in data:
        data["quantity"] = data.pop("stock")
    if data.get("status") == ItemStatus.WITHDRAWN.value:
        data["status"] = ItemStatus.DRAFT.value  # a known item stays withdrawn, a new one does not go on sale
    if isinstance(data.get("variants"), list):
        data["variants"] = [_normalized_form(form) for form in data["variants"]]
    if "sku" not in data and "_id" in source:
        data["sku"] = source["_id"]
    return Document(data, source)


def _normalized_form(form: Any) -> Any:
    if not is_object(form):
        return form
    known: dict[str, Any] = {
        ("variantId" if key == "variant_id" else "stock" if key == "quantity" else key): value for key, value in form.items()
    }
    loose = {key: value for key, value in known.items() if key not in _FORM_FIELDS}
    made = {key: value for key, value in known.items() if key in _FORM_FIELDS}
    if loose and is_object(options := made.get("options", {})):
        made["options"] = {**options, **loose}
    return made


def exported(view: ItemView) -> dict[str, Any]:
    """An item as an import reads it back: importing it again changes nothing."""
    item = view.item
    data: dict[str, Any] = {**item.source, "sku": item.sku, "name": item.name, "status": item.status.value}
    for field in ("description", "brand", "category", *_LISTS, "specifications", "attributes"):
        if value := getattr(item, field):
            data[field] = list(value) if field in _LISTS else value
    if item.type is ItemType.SIMPLE:
        only = item.variants[0]
        return data | {"price": _money(only), "quantity": view.available(only.sku_id)}
    return data | {"variants": [_exported_form(v, view) for v in item.variants]}


def _exported_form(v: Variant, view: ItemView) -> dict[str, Any]:
    form: dict[str, Any] = {"variantId": v.variant_id, "price": _money(v), "stock": view.available(v.sku_id)}
    parts = {"options": dict(v.options), "images": list(v.images), "gtins": list(v.gtins)}
    return form | {field: value for field, value in parts.items() if value}


def _money(v: Variant) -> dict[str, str]:
    return {"amount": v.price.amount, "currency": v.price.currency}


def written(views: Iterable[ItemView], format: ImportFormat) -> Iterator[str]:
    """A file of *views*, piece by piece. A table's columns are those of the items it holds: it is gone through twice."""
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
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")  # a carriage return in a cell is quoted then
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
        options = _flat({"options": form.get("options", {})})
        yield common | {"variantId": v.variant_id or "", "price": v.price.amount, "quantity": str(form["stock"])} | options | images | gtins


def _flat(data: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in data.items():
        if is_object(value) and all(name == name.strip() for name in value):  # a header's names are read without blanks around them
            flat |= {f"{key}.{name}": _cell(inner) for name, inner in value.items()}
        else:
            flat[key] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return flat


def _cell(value: Any) -> str:
    """Text stays bare unless it would be read back as something else."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    try:
        json.loads(value, parse_int=str)
    except ValueError:
        return value if value else '""'
    except RecursionError:
        pass
    return json.dumps(value, ensure_ascii=False)
