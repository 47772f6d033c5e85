"""Rows of one item wherever they stand: a row changes what it names, and nothing is taken away that
the file does not name.
"""

import itertools
import json
import random
from typing import Any, Final

import pytest

from commerce_core.catalog import ImportFormat, ItemImport, ItemView
from commerce_core.kernel.ids import SellerId
from commerce_testkit.memory.shop import MemoryShop, memory_shop

SELLER = SellerId("seller")
CSV, NDJSON, JSON = ImportFormat.CSV, ImportFormat.NDJSON, ImportFormat.JSON

SHIRT: Final[dict[str, Any]] = {
    "sku": "SHIRT", "name": "Shirt", "description": "Soft.", "brand": "Loom", "category": "clothes",
    "tags": ["cotton"],
    "images": ["https://x.test/1.png"], "gtins": ["4006381333931"],
    "specifications": {"weight": 150}, "attributes": {"fit": "slim", "care": "30°"},
    "variants": [
        {"variantId": "RED", "price": "15.99", "stock": 2,
         "options": {"colour": "red", "size": "M"}, "images": ["https://x.test/r.png"]},
        {"variantId": "BLUE", "price": "17.99", "options": {"colour": "blue"},
         "gtins": ["0012345678905"]},
        {"variantId": "GREEN", "price": "12.00", "options": {"colour": "green"}},
    ],
}  # fmt: skip
MUG: Final[dict[str, Any]] = {
    "sku": "MUG",
    "name": "Mug",
    "price": "5.00",
    "quantity": 3,
    "description": "Holds tea.",
    "attributes": {"ml": 300},
}


def take(
    shop: MemoryShop,
    form: ImportFormat,
    data: str | bytes,
    *,
    limit: int = 100,
    dry_run: bool = False,
) -> ItemImport:
    raw = data.encode() if isinstance(data, str) else data
    job = shop.imports.take(SELLER, form, [raw], dry_run=dry_run)
    while shop.importer.run_once(limit):
        pass
    return shop.imports.details(SELLER, job.id)


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def stocked(*items: dict[str, Any]) -> MemoryShop:
    shop = memory_shop()
    assert take(shop, NDJSON, lines(*items)).progress.created == len(items)
    return shop


def item(shop: MemoryShop, sku: str = "SHIRT") -> ItemView:
    return next(view for view in shop.items.export(SELLER) if view.item.sku == sku)


def contents(shop: MemoryShop) -> dict[str, Any]:
    """All items, but for what only says when and under which name they were made."""
    return {
        view.item.sku: (
            view.item.name, view.item.status, view.item.description, view.item.attributes,
            {v.variant_id: (v.price, dict(v.options), v.images,
             view.available(v.sku_id)) for v in view.item.variants},
        )
        for view in shop.items.export(SELLER)
    }  # fmt: skip


def counts(job: ItemImport) -> tuple[int, int, int, int]:
    p = job.progress
    return p.created, p.changed, p.unchanged, p.failed


TABLE: Final = [
    "SHIRT,Shirt,RED,15.99,2,red",
    "SHIRT,Shirt,BLUE,17.99,0,blue",
    "SHIRT,Shirt,GREEN,12.00,0,green",
    "MUG,Mug,,5.00,3,",
]
HEADER: Final = "sku,name,variantId,price,quantity,options.colour"


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_41_rows_of_one_item_scattered_over_a_table_make_the_same_items_in_any_order(
    limit: int,
) -> None:
    found = []
    for order in itertools.permutations(TABLE):
        shop = memory_shop()
        job = take(shop, CSV, "\n".join([HEADER, *order]), limit=limit)
        assert (counts(job), job.progress.rows, job.errors) == ((2, 0, 0, 0), 2, ())
        found.append(contents(shop))
    assert all(one == found[0] for one in found)
    assert list(found[0]["SHIRT"][4]) == ["RED", "BLUE", "GREEN"] or len(found[0]["SHIRT"][4]) == 3


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_41_a_table_sorted_by_price_takes_no_sold_out_variant_away(limit: int) -> None:
    shop = stocked(SHIRT, MUG)
    before = contents(shop)
    by_price = [HEADER, *sorted(TABLE, key=lambda line: float(line.split(",")[3]))]
    job = take(shop, CSV, "\n".join(by_price), limit=limit)
    assert (counts(job), contents(shop)) == ((0, 0, 2, 0), before)


@pytest.mark.parametrize("form", [CSV, NDJSON, JSON])
def test_41_a_file_with_one_changed_variant_leaves_the_others(form: ImportFormat) -> None:
    shop = stocked(SHIRT)
    row = {"sku": "SHIRT", "variants": [{"variantId": "BLUE", "price": "18.50"}]}
    data = {
        CSV: "sku,variantId,price\nSHIRT,BLUE,18.50\n",
        NDJSON: json.dumps(row),
        JSON: json.dumps([row]),
    }[form]
    assert counts(take(shop, form, data)) == (0, 1, 0, 0)
    before = stocked(SHIRT)
    assert [v.variant_id for v in item(shop).item.variants] == ["RED", "BLUE", "GREEN"]
    assert [v.price.amount for v in item(shop).item.variants] == ["15.99", "18.50", "12.00"]
    assert contents(shop)["SHIRT"][:4] == contents(before)["SHIRT"][:4]


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    "bad", ["SHIRT,Shirt,BLUE,cheap,0,blue", "SHIRT,Shirt,BLUE", "SHIRT,,BLUE,x,0,blue"]
)
def test_41_a_bad_row_of_an_item_takes_nothing_away_in_whatever_place(bad: str, limit: int) -> None:
    for place in range(3):
        shop = stocked(SHIRT)
        good = ["SHIRT,Shirt,RED,16.00,2,red", "SHIRT,Shirt,GREEN,12.50,0,green"]
        job = take(shop, CSV, "\n".join([HEADER, *good[:place], bad, *good[place:]]), limit=limit)
        assert (counts(job), {e.line for e in job.errors}) == ((0, 1, 0, 1), {place + 2})
        assert {v.variant_id: v.price.amount for v in item(shop).item.variants} == {
            "RED": "16.00",
            "BLUE": "17.99",
            "GREEN": "12.50",
        }


def test_41_a_column_that_is_not_there_changes_nothing() -> None:
    shop = stocked(SHIRT, MUG)
    assert counts(take(shop, CSV, "sku,name,price,quantity\nMUG,Mug,5.00,99\n")) == (0, 0, 1, 0)
    assert counts(take(shop, CSV, "sku,price\nMUG,6.00\n")) == (0, 1, 0, 0)
    mug = item(shop, "MUG")
    assert (mug.item.price.amount, mug.item.description, mug.item.attributes, mug.stock) == (
        "6.00",
        "Holds tea.",
        {"ml": 300},
        3,
    )


@pytest.mark.parametrize(
    "field", [name for name in SHIRT if name not in ("sku", "name", "variants")]
)
def test_41_a_key_that_is_not_there_changes_nothing_and_null_empties(field: str) -> None:
    shop = stocked(SHIRT)
    without = {name: value for name, value in SHIRT.items() if name != field}
    assert counts(take(shop, NDJSON, lines(without))) == (0, 0, 1, 0)
    assert counts(take(shop, NDJSON, lines({"sku": "SHIRT", field: None}))) == (0, 1, 0, 0)
    assert not getattr(item(shop).item, field)
    rest = [name for name in SHIRT if name not in ("sku", "name", "variants", field)]
    assert all(getattr(item(shop).item, name) for name in rest)


def test_41_an_empty_cell_empties_and_leaves_the_fields_beside_it() -> None:
    shop = stocked(SHIRT)
    table = "sku,description,attributes.fit,attributes.new,tags\nSHIRT,,,,\n"
    assert counts(take(shop, CSV, table)) == (0, 1, 0, 0)
    shirt = item(shop).item
    assert (shirt.description, shirt.attributes, shirt.tags, shirt.brand) == (
        "",
        {"care": "30°"},
        (),
        "Loom",
    )


@pytest.mark.parametrize("nothing", [{"name": None}, {"name": ""}, {"name": " "}])
def test_41_a_name_cannot_be_emptied(nothing: dict[str, Any]) -> None:
    shop = stocked(MUG)
    job = take(shop, NDJSON, lines({"sku": "MUG", **nothing}))
    assert ([e.pointer for e in job.errors], item(shop, "MUG").item.name) == (["/name"], "Mug")


def test_41_a_price_cannot_be_emptied() -> None:
    shop = stocked(MUG, SHIRT)
    job = take(shop, CSV, "sku,variantId,price\nMUG,,\nSHIRT,RED,\n")
    assert [(e.line, e.pointer) for e in job.errors] == [(2, "/price"), (3, "/variants/0/price")]
    assert contents(shop) == contents(stocked(MUG, SHIRT))


def test_41_a_variant_goes_only_where_the_file_says_so() -> None:
    shop = stocked(SHIRT)
    rows = "SHIRT,GREEN,12.00,TRUE\nSHIRT,BLUE,17.99,false\nSHIRT,RED,15.99,\n"
    table = f"sku,variantId,price,deleted\n{rows}"
    assert counts(take(shop, CSV, table)) == (0, 1, 0, 0)
    assert [v.variant_id for v in item(shop).item.variants] == ["RED", "BLUE"]


def test_41_a_dry_run_names_what_would_be_lost_and_loses_nothing() -> None:
    shop = stocked(SHIRT)
    rows = [
        {"sku": "SHIRT", "description": None, "attributes": {"fit": None}},
        {
            "sku": "SHIRT",
            "variants": [
                {"variantId": "GREEN", "deleted": True},
                {"variantId": "RED", "options": {"size": None}, "images": None},
            ],
        },
    ]
    job = take(shop, NDJSON, lines(*rows), dry_run=True)
    assert [(w.line, w.pointer, w.detail) for w in job.warnings] == [
        (1, "/description", "would be emptied"),
        (1, "/attributes/fit", "would be emptied"),
        (1, "/variants/RED/options/size", "would be emptied"),
        (1, "/variants/RED/images", "would be emptied"),
        (1, "/variants/GREEN", "would be deleted"),
    ]
    assert (counts(job), contents(shop)) == ((0, 1, 0, 0), contents(stocked(SHIRT)))


def test_41_a_dry_run_refuses_what_the_run_will_refuse() -> None:
    """A variant that is in stock cannot go; nothing is said to be lost of an item that is not
    changed.
    """
    shop = stocked(SHIRT)
    table = "sku,variantId,deleted,brand\nSHIRT,RED,true,\nMUG,,,\n"
    dry, real = (take(shop, CSV, table, dry_run=dry_run) for dry_run in (True, False))
    assert (dry.errors, dry.warnings) == (real.errors, real.warnings)
    assert next((e.line, e.pointer) for e in dry.errors) == (2, "/variants/0/deleted")
    assert counts(dry) == counts(real)


def test_41_what_stands_in_one_row_counts_for_all_and_empty_cells_beside_it_do_not() -> None:
    """As other shops export: the item's own fields stand in its first row alone."""
    shop = memory_shop()
    table = (
        "sku,name,description,variantId,price,quantity\nS,,,1,5,1\nS,Shirt,Soft.,2,6,1\nS,,,3,7,1\n"
    )
    assert counts(take(shop, CSV, table, limit=1)) == (1, 0, 0, 0)
    assert (
        item(shop, "S").item.name,
        item(shop, "S").item.description,
        len(item(shop, "S").item.variants),
    ) == ("Shirt", "Soft.", 3)


@pytest.mark.parametrize("limit", [1, 100])
@pytest.mark.parametrize(
    ("column", "one", "other"),
    [("name", "Shirt", "Skirt"), ("brand", "Loom", "Boom"), ("attributes.fit", "slim", "wide")],
)
def test_rows_of_one_item_that_disagree_are_refused_and_each_is_named(
    column: str, one: str, other: str, limit: int
) -> None:
    shop = stocked(SHIRT, MUG)
    before = contents(shop)
    table = (
        f"sku,variantId,{column},price\nSHIRT,RED,{one},1.00\nMUG,,,5.00\nSHIRT,BLUE,{other},1.00\n"
    )
    table = table.replace("MUG,,,5.00", "MUG,,Mug,5.00") if column == "name" else table
    job = take(shop, CSV, table, limit=limit)
    pointer = f"/{column.replace('.', '/')}"
    assert [(e.line, e.pointer) for e in job.errors] == [(2, pointer), (4, pointer)]
    assert ((job.progress.changed, job.progress.failed), contents(shop)) == ((0, 1), before)


@pytest.mark.parametrize("limit", [1, 100])
def test_a_form_that_stands_twice_is_taken_once_and_the_later_row_refused(limit: int) -> None:
    shop = memory_shop()
    table = [
        HEADER,
        TABLE[0],
        TABLE[3],
        TABLE[0].replace("15.99", "1.00"),
        TABLE[1],
        TABLE[3].replace("5.00", "1.00"),
    ]
    job = take(shop, CSV, "\n".join(table), limit=limit)
    assert [(e.line, e.pointer, e.detail) for e in job.errors] == [
        (4, "/variants/0/variantId", "stands on line 2 already"),
        (6, "/sku", "stands on line 3 already"),
    ]
    assert (item(shop).item.price.amount, item(shop, "MUG").item.price.amount) == ("15.99", "5.00")


def test_an_item_that_is_simple_on_one_line_and_has_variants_on_another_is_refused() -> None:
    shop = memory_shop()
    job = take(shop, CSV, f"{HEADER}\nS,n,,5.00,1,\nS,n,RED,5.00,1,red\n")
    assert ([(e.line, e.pointer) for e in job.errors], counts(job)) == (
        [(2, "/variants"), (3, "/variants")],
        (0, 0, 0, 1),
    )


def test_a_stored_document_with_some_variants_leaves_the_others() -> None:
    shop = stocked(SHIRT)
    row = {
        "_id": "64f",
        "sku": "SHIRT",
        "name": "Shirt",
        "created_at": "2024",
        "variants": [{"variant_id": "RED", "color": "dark red", "price": 16}],
    }
    assert counts(take(shop, NDJSON, json.dumps(row))) == (0, 1, 0, 0)
    red, *others = item(shop).item.variants
    assert (red.options, len(others)) == ({"colour": "red", "size": "M", "color": "dark red"}, 2)


def test_a_value_that_holds_null_is_left_alone_by_null() -> None:
    shop = stocked({**MUG, "attributes": {"a": None, "b": 1, "c": {"d": None, "e": 2}}})
    again = {"sku": "MUG", "attributes": {"a": None, "c": {"d": None}}}
    assert counts(take(shop, NDJSON, lines(again))) == (0, 0, 1, 0)
    assert counts(
        take(shop, NDJSON, lines({"sku": "MUG", "attributes": {"b": None, "x": None}}))
    ) == (0, 1, 0, 0)
    assert item(shop, "MUG").item.attributes == {"a": None, "c": {"d": None, "e": 2}}


def test_30_many_scattered_rows_are_joined_whatever_the_batches() -> None:
    rows = [f"S{n % 40},Thing,V{n // 40},1.00,1,c{n}" for n in range(200)]
    random.Random(7).shuffle(rows)
    for limit in (3, 50):
        shop = memory_shop()
        job = take(shop, CSV, "\n".join([HEADER, *rows]), limit=limit)
        assert (counts(job), job.progress.rows) == ((40, 0, 0, 0), 40)
        assert {len(view.item.variants) for view in shop.items.export(SELLER)} == {5}


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_rows_of_one_item_may_stand_on_one_line(limit: int) -> None:
    shop = memory_shop()
    parts = [
        {"sku": "S", "name": "n", "variants": [{"variantId": f"V{n}", "price": 1}]}
        for n in range(5)
    ]
    job = take(shop, JSON, json.dumps(parts), limit=limit)
    assert (counts(job), len(item(shop, "S").item.variants)) == ((1, 0, 0, 0), 5)


def test_an_item_of_more_rows_than_are_joined_is_refused_and_the_others_are_taken() -> None:
    shop = memory_shop()
    rows = [f"BIG,n,V{n},1.00,1," for n in range(1_001)]
    job = take(shop, CSV, "\n".join([HEADER, *rows, TABLE[3]]))
    assert (job.progress.created, job.progress.failed, job.errors[0].line) == (1, 1_001, 2)
    assert [view.item.sku for view in shop.items.export(SELLER)] == ["MUG"]


@pytest.mark.parametrize("sku", ["K1", " K1", "K1 ", "K1\u00a0"])
def test_an_sku_is_one_whatever_blanks_stand_around_it(sku: str) -> None:
    shop = stocked({**MUG, "sku": "K1"})
    assert counts(
        take(
            shop,
            NDJSON,
            lines({"sku": sku, "price": "6.00"}, {"sku": "K1", "description": "New."}),
            limit=1,
        )
    ) == (0, 1, 0, 0)
    assert (item(shop, "K1").item.price.amount, item(shop, "K1").item.description) == (
        "6.00",
        "New.",
    )


BROKEN: Final = {
    "twice": '{"sku": "MUG", "sku": "OTHER", "price": "6.00"}',
    "a name twice": '{"sku": "MUG", "price": "6.00", "price": "7.00"}',
    "unfinished": '{"sku": "MUG", "price": "6.00"',
    "unknown": '{"_id": "MUG", "colour": "red"}',
    "huge": '{"_id": "MUG", "attributes": {"n": ' + "9" * 5_000 + "}}",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_row_that_is_refused_keeps_no_other_row_of_its_item_out_however_the_file_is_split(
    broken: str,
) -> None:
    others, found = [MUG | {"sku": f"M{n}"} for n in range(9)], []
    for limit in (1, 2, 100):
        shop = memory_shop()
        job = take(shop, NDJSON, lines(*others, MUG) + "\n" + broken, limit=limit)
        found.append((counts(job), [(e.line, e.pointer) for e in job.errors], contents(shop)))
    assert all(one == found[0] for one in found)
    assert (found[0][0], "MUG" in found[0][2]) == ((10, 0, 0, 1), True)
