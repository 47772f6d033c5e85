"""Cells of tables: text stays text, and nothing becomes a formula."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.catalog import ImportFormat
from commerce_core.catalog.service.cells import bare, harmless, read_cell, written_cell
from commerce_core.catalog.service.documents import written
from commerce_testkit.memory.shop import memory_shop
from tests.unit.catalog.imported import CSV, SELLER, take


@pytest.mark.parametrize(
    "text",
    ["1.50", "2E10", "2e10", "1E+5", "007", "-0", "+5", "12345678901234567890", "0x10", "1_000",
     "1,5", ".5", "5.", "NaN", "Infinity",
     "1e-30", "9223372036854775808", "True", "TRUE", "None", " 5", "5 ", "1 000", "٣", "- 5",
     "1.0e3"],
)  # fmt: skip
def test_text_that_only_looks_like_a_number_stays_text(text: str) -> None:
    assert read_cell(text) == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [("5", 5), ("-5", -5), ("1.5", Decimal("1.5")), ("0", 0), ("9223372036854775807", 2**63 - 1),
     ("true", True), ("null", None),
     ("[1]", [1]), ('{"a": 1}', {"a": 1}), ('"5"', "5"), ("1e+16", Decimal("1e16")),
     ("0.0004215065742225275", Decimal("0.0004215065742225275"))],
)  # fmt: skip
def test_a_number_in_its_own_form_is_one(cell: str, value: Any) -> None:
    assert read_cell(cell) == value
    assert type(read_cell(cell)) is type(value)


def test_a_serial_of_twenty_digits_refuses_no_row() -> None:
    shop = memory_shop()
    table = (
        "sku,name,price,quantity,attributes.serial,attributes.size,attributes.code\n"
        "A,n,1.00,1,12345678901234567890,1.50,2E10\n"
    )
    assert take(shop, table).errors == ()
    assert next(iter(shop.items.export(SELLER))).item.attributes == {
        "serial": "12345678901234567890",
        "size": "1.50",
        "code": "2E10",
    }


@given(
    st.text()
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.none()
    | st.lists(st.text(), max_size=2)
)
def test_what_is_written_into_a_cell_is_read_out_of_it(value: Any) -> None:
    assert read_cell(written_cell(value)) == value


@given(st.floats(-1e18, 1e18).filter(lambda number: not 0 < abs(number) < 1e-18))
def test_a_number_with_a_point_is_written_so_that_it_is_read_as_one(number: float) -> None:
    read = read_cell(written_cell(number))
    assert (type(read), float(read)) == (Decimal, number)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+5", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''-x", "＝1", "=HYPERLINK(1)"],
)
def test_no_cell_begins_as_a_formula_and_its_text_comes_back(text: str) -> None:
    cell = harmless(text)
    assert (cell[0], bare(cell)) == ("'", text)
    assert not written_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert read_cell(written_cell(text)) == text


@pytest.mark.parametrize("text", ["'", "'abc", "5", "a=b", "", "a-b"])
def test_other_text_is_left_alone(text: str) -> None:
    assert harmless(text) == bare(text) == text


def test_30_names_and_skus_that_look_like_formulas_go_out_and_come_back() -> None:
    shop = memory_shop()
    fields = {
        "description": "+49 30",
        "brand": "@home",
        "attributes": {"f": "=A1", "n": -5, "q": "'=x"},
        "tags": ["=t"],
    }
    data = [{"sku": "=SUM(A1)", "name": "-10% off", "price": 1, "quantity": 1, **fields},
            {"sku": "-V", "name": "v",
             "variants": [{"variantId": "+1", "price": 1, "options": {"o": "=1"}}]}]  # fmt: skip

    job = shop.imports.take(SELLER, ImportFormat.JSON, [json.dumps(data).encode()])
    while shop.importer.run_once(10):
        pass
    assert shop.imports.details(SELLER, job.id).progress.created == 2
    table = "".join(written(shop.items.export(SELLER), CSV, bom=True))
    assert table.startswith("\ufeff")
    assert not [
        row
        for row in table.split("\r\n")
        for cell in row.split(",")
        if cell.strip('"')[:1] in ("=", "+", "@")
    ]
    again = take(shop, table)
    assert (again.errors, again.progress.unchanged) == ((), 2)
