"""Files of items: the customer's stored documents as they stand, and our own export, which an
import reads back.
"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_core.catalog import ImportFormat, ImportStatus, ItemStatus, NewItem
from commerce_core.catalog.service.documents import normalized, written
from commerce_core.kernel.codec import reader
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.text import clean_text
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from tests.unit.people import usd

SELLER = SellerId("seller")
FORMATS = list(ImportFormat)

# --- stored documents


def test_a_stored_document_is_a_new_item_with_its_own_name_kept_aside() -> None:
    row = {
        "_id": "64f",
        "created_at": "2023-01-01",
        "updated_at": "x",
        "type": "simple",
        "name": "n",
        "stock": 5,
        "price": 1,
    }
    document = normalized(row)
    assert document.data == {"name": "n", "price": 1, "quantity": 5, "sku": "64f"}
    assert document.source == {"_id": "64f", "created_at": "2023-01-01"}


def test_what_stands_loose_on_a_variant_is_its_options() -> None:
    row = {
        "name": "n",
        "type": "variant",
        "variants": [{"variant_id": "1", "color": "red", "size": "M", "stock": 3, "price": 1}, 7],
    }
    assert normalized(row).data["variants"] == [
        {"variantId": "1", "stock": 3, "price": 1, "options": {"color": "red", "size": "M"}},
        7,
    ]


def test_options_and_loose_fields_are_put_together() -> None:
    form = {"variantId": "1", "options": {"a": 1}, "b": 2, "quantity": 4}
    assert normalized({"variants": [form]}).data["variants"] == [
        {"variantId": "1", "options": {"a": 1, "b": 2}, "stock": 4}
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"type": "other"},
        {"_id": 5},
        {"stock": 1, "quantity": 2},
        {"variants": "x"},
        {"status": "sold"},
    ],
)
def test_what_is_wrong_is_left_for_the_reader_to_name(row: dict[str, Any]) -> None:
    kept = {key: value for key, value in row.items() if key != "_id"}
    assert normalized(row).data == kept


@pytest.mark.parametrize("name", ["a\x00", "\ud800", "x" * 101])
def test_a_name_that_cannot_be_kept_is_not_kept(name: str) -> None:
    assert normalized({"_id": name, "sku": "s"}).source == {}


# --- export then import is the identity


def take(shop: MemoryShop, form: ImportFormat, data: str) -> Any:
    """Import *data* to its end."""
    job = shop.imports.take(SELLER, form, [data.encode()])
    while shop.importer.run_once(3):
        pass
    done = shop.imports.details(SELLER, job.id)
    assert done.status is ImportStatus.FINISHED
    return done


def exported(shop: MemoryShop, form: ImportFormat) -> str:
    return "".join(written(shop.items.export(SELLER), form))


NAME = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8
).filter(clean_text)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
ODD = st.sampled_from(
    [
        "1",
        "true",
        "null",
        '"x"',
        "1e5",
        "NaN",
        "[",
        "[[[",
        "{",
        '{"a": 1}',
        "a|b",
        " x ",
        "-0",
        "a\r\nb",
        "\r",
        "=1+1",
        "",
    ]
)
PLAIN = (
    TEXT
    | ODD
    | st.integers(-(2**53), 2**53)
    | st.booleans()
    | st.none()
    | st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
)
FREE = st.dictionaries(
    NAME | st.sampled_from(["a.b", " a", "a ", "a,b", 'a"b', "a\nb"]),
    PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(TEXT, PLAIN, max_size=2),
    max_size=3,
)
OPTIONS = FREE.filter(
    lambda free: (
        len({clean_text(name) for name in free}) == len(free) and all(map(clean_text, free))
    )
)
GTINS = st.lists(st.from_regex("[0-9]{1,14}", fullmatch=True), max_size=3)
TAGS = st.lists(NAME | st.sampled_from(["[x", "a|b", "5"]), max_size=3)
IMAGES = st.lists(
    st.sampled_from(["https://x/1.jpg", "http://x/a|b.png", "https://x/[1]"]), max_size=2
)
PRICE = st.integers(0, 10**6).map(lambda n: f"{n // 100}.{n % 100:02}")
CONTENT = st.fixed_dictionaries(
    {"name": NAME},
    optional={
        "description": TEXT | ODD, "brand": TEXT, "category": TEXT | ODD, "tags": TAGS,
        "images": IMAGES, "gtins": GTINS,
        "specifications": FREE, "attributes": FREE, "status": st.sampled_from(["draft", "active"]),
    },
)  # fmt: skip
SIMPLE = st.tuples(
    CONTENT, st.fixed_dictionaries({"price": PRICE, "quantity": st.integers(0, 99)})
).map(lambda p: p[0] | p[1])
FORM = st.fixed_dictionaries(
    {"variantId": NAME, "price": PRICE},
    optional={"stock": st.integers(0, 99), "options": OPTIONS, "images": IMAGES, "gtins": GTINS},
)
VARIANT = st.tuples(
    CONTENT, st.lists(FORM, min_size=1, max_size=3, unique_by=lambda f: clean_text(f["variantId"]))
).map(lambda p: p[0] | {"variants": p[1]})
ITEMS = st.lists(
    st.tuples(NAME, SIMPLE | VARIANT), max_size=3, unique_by=lambda pair: clean_text(pair[0])
)


def shelved(items: list[tuple[str, dict[str, Any]]]) -> MemoryShop:
    shop = memory_shop()
    for sku, item in items:
        shop.items.onboard(SELLER, reader("USD").read({"sku": sku, **item}, NewItem))
    return shop


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.sampled_from(FORMATS))
def test_30_export_then_import_changes_nothing(
    items: list[tuple[str, dict[str, Any]]], form: ImportFormat
) -> None:
    shop = shelved(items)
    file = exported(shop, form)
    done = take(shop, form, file)
    assert (done.errors, done.progress.unchanged, done.progress.rows) == (
        (),
        len(items),
        len(items),
    )


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.sampled_from(FORMATS))
def test_30_an_export_builds_the_same_items_in_an_empty_shop(
    items: list[tuple[str, dict[str, Any]]], form: ImportFormat
) -> None:
    shop, copy = shelved(items), memory_shop()
    done = take(copy, form, exported(shop, form))
    assert (done.errors, done.progress.created) == ((), len(items))
    assert by_sku(copy) == by_sku(shop)


def by_sku(shop: MemoryShop) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in exported(shop, ImportFormat.NDJSON).split("\n")[:-1]]
    return sorted(found, key=lambda item: item["sku"])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "text", ["1" * 5_000, "[" * 20_000, '{"a":' * 9_000], ids=["digits", "brackets", "braces"]
)
def test_text_that_no_parser_likes_is_text(form: ImportFormat, text: str) -> None:
    shop = shelved(
        [("A", {"name": "n", "price": "1.00", "quantity": 3, "attributes": {"a": text}})]
    )
    done = take(shop, form, exported(shop, form))
    assert (done.errors, done.progress.unchanged) == ((), 1)


@pytest.mark.parametrize("form", FORMATS)
def test_a_withdrawn_item_stays_withdrawn_and_does_not_go_on_sale_elsewhere(
    form: ImportFormat,
) -> None:
    shop = shelved([("A", {"name": "n", "price": "1.00", "quantity": 3})])
    item = next(iter(shop.items.export(SELLER))).item
    shop.items.withdraw(SELLER, item.id)
    file = exported(shop, form)
    assert take(shop, form, file).progress.unchanged == 1
    copy = memory_shop()
    take(copy, form, file)
    assert next(iter(copy.items.export(SELLER))).item.status is ItemStatus.DRAFT


@pytest.mark.parametrize("form", FORMATS)
def test_35_an_old_export_never_overwrites_what_was_sold(form: ImportFormat) -> None:
    shop = shelved([("A", {"name": "n", "variants": [{"variantId": "1", "price": 1, "stock": 9}]})])
    file = exported(shop, form)
    sku_id = next(iter(shop.items.export(SELLER))).item.variants[0].sku_id
    with shop.parts.database.begin() as tx:
        shop.parts.stock._count(tx, {sku_id: (-4, 0)})
        tx.commit()
    take(shop, form, file)
    assert next(iter(shop.items.export(SELLER))).stock == 5


def test_an_empty_shop_exports_an_empty_file() -> None:
    shop = memory_shop()
    assert [exported(shop, form) for form in FORMATS] == ["", "[\n]\n", ""]
    assert take(shop, ImportFormat.JSON, "[\n]\n").progress.rows == 0


def test_more_than_a_page_is_exported_whole() -> None:
    shop = memory_shop()
    for n in range(401):
        shop.items.onboard(SELLER, NewItem(sku=f"{n}", name="n", price=usd("1.00"), quantity=1))
    assert exported(shop, ImportFormat.NDJSON).count("\n") == 401
