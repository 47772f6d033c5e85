"""What other shops got wrong about files of items. Numbers are those of the acceptance list."""

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest

from commerce_core.accounts import Role
from commerce_core.catalog import ImportFormat, ItemImport
from commerce_core.catalog.service.documents import exported, written
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from tests.integration.market import Market

RICH = [
    {"sku": "PLAIN", "name": "Plain", "price": "0.01", "quantity": 0},
    {"sku": "DEAR", "name": "Dear", "price": "1234567.89", "quantity": 3,
     "brand": "Ünïcode “quotes”, commas", "category": "a/b"},
    {
        "sku": "FULL", "name": 'Line\nbreaks, "quotes" and =1+1', "price": "19.90", "quantity": 7,
        "description": "long " * 500,
        "tags": ["x", "1", "true"], "images": ["https://example.com/a.png"],
        "gtins": ["0012345678905"],
        "specifications": {"hdmi_ports": 3, "wide": True, "sizes": [1, 2.5],
            "deep": {"a": {"b": None}}},
        "attributes": {"material": "oak", "000": "007", "empty": ""}, "status": "draft",
    },
    {
        "sku": "FORMS", "name": "With forms",
        "variants": [
            {"variantId": f"F-{no}", "price": f"{no}.50", "stock": no,
             "options": {"color": "red", "size": no}, "gtins": [f"40063{no}"]}
            for no in range(1, 6)
        ],
    },
]  # fmt: skip


def carried_out(
    market: Market, seller_id: SellerId, kind: ImportFormat, pieces: Iterable[bytes]
) -> ItemImport:
    """An import, carried out."""
    begun = market.shop.imports.take(seller_id, kind, pieces)
    while market.shop.importer.run_once(500):
        pass
    return market.shop.imports.details(seller_id, begun.id)


def take_in(market: Market, *rows: object, raw: bytes = b"") -> ItemImport:
    """An import of *rows*, and of lines as they stand."""
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows) + raw
    return carried_out(market, market.seller_id, ImportFormat.NDJSON, [data])


@pytest.mark.parametrize("kind", ImportFormat)
def test_30_an_export_that_is_imported_is_the_same_catalogue(
    stepped: Market, kind: ImportFormat
) -> None:
    assert take_in(stepped, *RICH).progress.created == len(RICH)
    before = list(stepped.shop.items.export(stepped.seller_id))
    assert {view.item.sku: view.item.price.amount for view in before}["DEAR"] == "1234567.89"
    file = [piece.encode() for piece in written(before, kind)]
    again = carried_out(stepped, stepped.seller_id, kind, file)
    assert (again.progress.unchanged, again.errors) == (len(RICH), ())

    (another,) = stepped.buyers(1, Role.SELLER)
    moved = carried_out(stepped, SellerId(another.id), kind, file)
    assert (moved.progress.created, moved.errors) == (len(RICH), ())
    after = list(stepped.shop.items.export(SellerId(another.id)))
    assert sorted(map(exported, after), key=str) == sorted(map(exported, before), key=str)


def test_30_an_import_goes_on_behind_bad_rows_and_names_each_by_its_line(stepped: Market) -> None:
    rows: list[dict[str, object]] = [
        {"sku": f"S-{no}", "name": f"Thing {no}", "price": "5.00", "quantity": 1}
        for no in range(1, 41)
    ]
    spoilt: dict[int, tuple[str, dict[str, object]]] = {
        3: ("/price", {"price": "5.001"}),
        15: ("/name", {"name": ""}),
        16: ("/quantity", {"quantity": -1}),
        17: ("/sku", {"sku": "S-1"}),
        30: ("/colour", {"colour": "red"}),
        40: ("/price", {"price": "dear"}),
    }
    for line, (_, change) in spoilt.items():
        rows[line - 1] |= change
    done = take_in(stepped, *rows)
    assert {(error.line, error.pointer) for error in done.errors} == {
        (line, pointer) for line, (pointer, _) in spoilt.items()
    }
    assert (done.progress.rows, done.progress.created, done.progress.failed) == (40, 34, 6)
    prices = {view.item.price for view in stepped.shop.items.export(stepped.seller_id)}
    assert prices == {Money.parse("5.00", "USD")}


def test_30_a_file_of_any_length_takes_the_same_memory(stepped: Market, scale: int) -> None:
    def rows(count: int) -> Iterator[bytes]:
        for no in range(count):
            yield (
                b'{"sku": "L-%d-%d", "name": "Thing with a name", "price": %s, "quantity": 1}\n'
                % (
                    count,
                    no,
                    str(Decimal("1.25")).encode(),
                )
            )

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            done = carried_out(stepped, stepped.seller_id, ImportFormat.NDJSON, rows(count))
            assert done.progress.created == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(600)  # whatever is loaded once
    short, long = peak(1_000), peak(5_000 * scale)
    assert long < short * 1.5, (short, long)


def test_35_an_import_sent_again_changes_nothing_and_never_overwrites_what_was_sold(
    stepped: Market,
) -> None:
    rows = [
        {"sku": f"S-{no}", "name": f"Thing {no}", "price": "5.00", "quantity": 10}
        for no in range(20)
    ]
    first = take_in(stepped, *rows)
    again = take_in(stepped, *rows)
    assert (first.progress.created, again.progress.created, again.progress.unchanged) == (20, 0, 20)
    (thing,) = [
        view for view in stepped.shop.items.export(stepped.seller_id) if view.item.sku == "S-3"
    ]
    stepped.buy(thing, quantity=4)
    stepped.run()
    dearer = take_in(stepped, *({**row, "price": "6.00"} for row in rows))
    assert (dearer.progress.changed, dearer.progress.failed) == (20, 0)
    assert stepped.stock_of(thing) == 6
    assert stepped.shop.items.details(thing.item.id).item.price == Money.parse("6.00", "USD")
    stepped.run()
    stepped.assert_sound()


def test_37_a_bad_row_of_an_import_spoils_only_itself(stepped: Market) -> None:
    good = [
        {"sku": f"G-{no}", "name": f"Thing {no}", "price": "5.00", "quantity": 1} for no in range(6)
    ]
    bad = [
        rb'{"sku": "B-1", "name": "nul \u0000", "price": 5, "quantity": 1}',
        rb'{"sku": "B-2", "name": "half a pair \ud800", "price": 5, "quantity": 1}',
        (
            rb'{"sku": "B-3", "name": "deep", "attributes": {"a\u0000": "b"}, "price": 5, '
            rb'"quantity": '
            rb"1}"
        ),
        b'{"sku": "B-4", "name": "broken \xff", "price": 5, "quantity": 1}',
        b'{"sku": "B-5", "name": "too dear", "price": 1e300, "quantity": 1}',
        b'{"sku": "B-6", "name": "too many", "price": 5, "quantity": 99999999999999999999999}',
    ]
    lines = [
        line
        for pair in zip((json.dumps(row).encode() for row in good), bad, strict=True)
        for line in pair
    ]
    done = take_in(stepped, raw=b"\n".join(lines))
    assert (done.progress.created, done.progress.failed) == (6, 6)
    assert sorted({error.line for error in done.errors}) == [2, 4, 6, 8, 10, 12]
    stepped.run()
    assert stepped.shop.outbox.dead_letters(10) == []
    assert sorted(view.item.sku for view in stepped.shop.items.export(stepped.seller_id)) == [
        row["sku"] for row in good
    ]


def test_37_a_header_that_no_database_could_keep_does_not_keep_the_import_from_ending(
    stepped: Market,
) -> None:
    table = [b"sku,name,price,quantity,co\x00lour\n", b"S-1,Lamp,5.00,1,red\n"]
    done = carried_out(stepped, stepped.seller_id, ImportFormat.CSV, table)
    assert done.progress.failed == 1
    assert done.errors[0].pointer == "/co\\x00lour"
