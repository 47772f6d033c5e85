"""Tables as spreadsheets and people write them: understood where they are clear, refused in a
sentence where they are not.
"""

import pytest

from commerce_core.catalog import ImportFormat, TableStyle
from commerce_core.catalog.service.cells import plain_number
from commerce_testkit.memory.shop import memory_shop
from tests.unit.catalog.imported import ANY, COMMA, CSV, POINT, SELLER, rows, stock, take

# --- numbers as people write them


@pytest.mark.parametrize(
    ("cell", "style", "plain"),
    [
        ("12.50", ANY, "12.50"), ("12,50", ANY, "12.50"), ("1.234,50", ANY, "1234.50"),
        ("1,234.50", ANY, "1234.50"),
        ("10,000.00", ANY, "10000.00"), ("1,00,000.00", ANY, "100000.00"),
        ("12,34,567", ANY, "1234567"), ("1.234.567", ANY, "1234567"),
        ("10'000.00", ANY, "10000.00"), ("10’000,00", ANY, "10000.00"),
        ("10 000,00", ANY, "10000.00"), ("10\u00a0000", ANY, "10000"),
        ("10\u202f000,5", ANY, "10000.5"), ("1'234.567", ANY, "1234.567"), ("0.500", ANY, "0.500"),
        ("1234.567", ANY, "1234.567"),
        ("7", ANY, "7"), (" 7 ", ANY, "7"), ("-1,5", ANY, "-1.5"),
        ("2.500", COMMA, "2500"), ("2,500", COMMA, "2.500"), ("2.500", POINT, "2.500"),
        ("2,500", POINT, "2500"), ("1.234,5", COMMA, "1234.5"),
        ("2.500", TableStyle(decimal=","), "2500"), ("2,500", TableStyle(decimal="."), "2500"),
    ],
)  # fmt: skip
def test_a_number_is_understood_where_its_marks_are_clear(
    cell: str, style: TableStyle, plain: str
) -> None:
    assert plain_number(cell, style, 2) == plain


@pytest.mark.parametrize(
    ("cell", "style"),
    [("2.500", ANY), ("1,000", ANY), ("999.999", ANY), ("2.500", TableStyle(decimal=".")),
     ("2,500", TableStyle(decimal=",")),
     ("12,50", POINT), ("12.50", COMMA), ("1.234,50", POINT), ("1,234.50", COMMA)],
)  # fmt: skip
def test_what_may_be_a_thousands_mark_is_refused_with_a_sentence(
    cell: str, style: TableStyle
) -> None:
    with pytest.raises(ValueError, match=r"may be|decimal mark"):
        plain_number(cell, style, 2)


@pytest.mark.parametrize(
    "cell", ["cheap", "1.2.3", "1,2,3.4.5", "€ 5", "1..2", "", "e5", "12-", "1 2 3"]
)
def test_what_is_no_number_is_left_for_the_reader_to_refuse(cell: str) -> None:
    assert plain_number(cell, ANY, 2) == cell


@pytest.mark.parametrize("cell", ["1e5", "1E+05", "4.00638E+12", "1,2E+10", "-5e-1"])
def test_what_a_spreadsheet_has_shortened_is_no_price_and_no_count(cell: str) -> None:
    shop = memory_shop()
    job = take(shop, f"sku;name;price;quantity\nA;a;{cell};1\nB;b;1,00;{cell}\nC;c;1,00;1\n")
    assert [(e.line, e.pointer, e.detail) for e in job.errors] == [
        (2, "/price", "is shortened: write all its digits"),
        (3, "/quantity", "is shortened: write all its digits"),
    ]
    assert list(stock(shop)) == ["C"]


def test_where_prices_have_three_decimals_a_point_before_three_digits_is_a_decimal_point() -> None:
    assert plain_number("2.500", ANY, 3) == "2.500"


def test_prices_and_counts_of_a_german_sheet_are_refused_or_understood_rightly() -> None:
    table = "sku,name,price,quantity\nA,a,2.500,1.000\nB,b,3.00,5\nC,c,4.00,1.000\n"
    shop = memory_shop()
    job = take(shop, table)
    assert [(e.line, e.pointer) for e in job.errors] == [(2, "/price"), (4, "/quantity")]
    assert "decimal=," in job.errors[0].detail
    assert stock(shop) == {"B": ("3.00", 5)}
    shop = memory_shop()
    assert take(shop, "sku,name,price,quantity\nA,a,2.500,1.000\n", COMMA).errors == ()
    assert stock(shop) == {"A": ("2500.00", 1_000)}


@pytest.mark.parametrize("head", ["", "\ufeff", "sep=;\n", "sep=;\r\n", "\n\n"])
def test_a_sheet_with_semicolons_and_decimal_commas_is_understood(head: str) -> None:
    shop = memory_shop()
    job = take(
        shop,
        f"{head}sku;name;price;quantity\r\nA;Lampe, groß;12,50;3\r\nB;Tisch;1.234,50;1.000\r\n",
    )
    assert (job.errors, stock(shop)) == ((), {"A": ("12.50", 3), "B": ("1234.50", 1_000)})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_recognized_by_its_header(delimiter: str) -> None:
    shop = memory_shop()
    table = "\n".join(
        delimiter.join(cells)
        for cells in (["name", "sku", "price", "quantity"], ["n", "A", "1.50", "2"])
    )
    assert (take(shop, table).errors, stock(shop)) == ((), {"A": ("1.50", 2)})


def test_what_the_sender_says_counts() -> None:
    shop = memory_shop()
    job = take(shop, "sku;a,name,price,quantity\nx;y,A,1,1\n", TableStyle(delimiter=","))
    assert job.progress.failed == 1
    assert (
        take(
            shop, "sku|name|price|quantity\nA|a;b|1|1\n", TableStyle(delimiter="|")
        ).progress.created
        == 1
    )


def test_a_sheet_in_windows_1252_is_read_with_a_warning() -> None:
    shop = memory_shop()
    job = take(shop, "sku,name,price,quantity\nA,Käse – groß,1.00,1\n".encode("cp1252"))
    assert [view.item.name for view in shop.items.export(SELLER)] == ["Käse – groß"]
    assert [(w.line, w.detail) for w in job.warnings] == [
        (2, "is not UTF-8: the file is read as Windows-1252")
    ]


def test_a_broken_line_of_a_utf_8_table_is_refused_and_no_other() -> None:
    job = take(
        memory_shop(),
        "sku,name,price,quantity\nA,Käse,1.00,1\n".encode() + b"B,K\xe4se,1.00,1\nC,c,1.00,1\n",
    )
    assert ([(e.line, e.detail) for e in job.errors], job.progress.created) == (
        [(3, "is not UTF-8")],
        2,
    )


@pytest.mark.parametrize("rows_before", [10, 4_000])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_encoding_is_detected_from_the_first_letters_however_far_behind(
    rows_before: int, encoding: str
) -> None:
    shop = memory_shop()
    plain = "".join(f"S{n},Thing,1.00,1\n" for n in range(rows_before))
    job = take(
        shop, f"sku,name,price,quantity\n{plain}A,Käse,1.00,1\n".encode(encoding), limit=5_000
    )
    assert (job.errors, job.progress.created) == ((), rows_before + 1)
    assert [view.item.name for view in shop.items.export(SELLER) if view.item.sku == "A"] == [
        "Käse"
    ]
    assert len(job.warnings) == (encoding == "cp1252")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("form", ImportFormat)
def test_a_file_in_utf_16_is_refused_in_one_sentence(encoding: str, form: ImportFormat) -> None:
    shop = memory_shop()
    text = {CSV: "sku\tname\tprice\tquantity\r\nA\tKäse\t1\t1\r\n"}.get(
        form, '{"sku": "A", "name": "a", "price": 1, "quantity": 1}\n'
    )
    job = shop.imports.take(SELLER, form, [text.encode(encoding)])
    shop.run_to_rest()
    done = shop.imports.details(SELLER, job.id)
    assert [(e.line, e.detail) for e in done.errors] == [
        (1, "the file is UTF-16: save it as UTF-8")
    ]
    assert (done.status.value, stock(shop)) == ("finished", {})


@pytest.mark.parametrize("limit", [1, 100])
def test_lines_that_end_as_on_old_macs_are_lines(limit: int) -> None:
    shop = memory_shop()
    job = take(
        shop,
        'sku,name,price,quantity\rA,"a\rb",1.00,1\rB,b,x,1\rC,"c,1.00,1\rD,d,2.00,2\r',
        limit=limit,
    )
    assert ([e.line for e in job.errors], stock(shop)) == (
        [4, 5],
        {"A": ("1.00", 1), "D": ("2.00", 2)},
    )


def test_a_number_that_the_head_of_a_table_cuts_in_two_shows_no_decimal_mark() -> None:
    lead = "sku;name;quantity;price\n"
    line = f"A;{'a' * ((1 << 16) - len(lead) - len('A;;1;12,34'))};1;12,345\n"
    shop = memory_shop()
    job = take(shop, f"{lead}{line}B;b;1;2.500\nC;c;1;1.00\n")
    assert [(e.line, e.pointer) for e in job.errors] == [(2, "/price"), (3, "/price")]


# --- headers and records


@pytest.mark.parametrize(
    "header",
    [
        "sku,name,price,price,quantity",
        "sku,name,price, price ,quantity",
        "sku,name,\ufeffprice,price,quantity",
    ],
)
def test_two_equal_columns_are_refused_and_named(header: str) -> None:
    job = take(memory_shop(), f"{header}\nA,a,1.00,2.00,1\n")
    assert (len(job.errors), job.errors[0].line, job.progress.created) == (1, 1, 0)
    assert "price stands there more than once" in job.errors[0].detail


def test_the_shops_own_columns_are_known_in_any_case() -> None:
    shop = memory_shop()
    table = (
        "SKU,Name,VARIANTID,Price,Quantity,Options.Size,Attributes.Material\nA,a,1,2.00,3,M,Wool\n"
    )
    assert take(shop, table).errors == ()
    (view,) = shop.items.export(SELLER)
    form = view.item.variants[0]
    assert (form.variant_id, form.options, view.item.attributes, stock(shop)) == (
        "1",
        {"Size": "M"},
        {"Material": "Wool"},
        {"A": ("2.00", 3)},
    )
    for twice in (
        "sku,SKU,name,price,quantity",
        "sku,name,price,quantity,attributes.a,Attributes. a ",
    ):
        job = take(memory_shop(), f"{twice}\nA,a,1.00,2.00,1\n")
        assert [e.line for e in job.errors] == [1]
        assert "more than once" in job.errors[0].detail


@pytest.mark.parametrize(
    "header",
    [b"A,Lamp,1.00,2", b'"sku,name,price,quantity', b"x" * (1 << 20), b"name,price,quantity"],
)
def test_a_header_that_cannot_be_read_ends_the_import_and_no_product_is_taken_for_it(
    header: bytes,
) -> None:
    job = take(memory_shop(), header + b"\nB,Desk,1.00,2\nC,Sofa,1.00,2\n")
    assert (job.progress.rows, job.progress.created, [e.line for e in job.errors]) == (1, 0, [1])
    assert job.errors[0].detail.startswith("the header cannot be read")


def test_rows_of_bare_separators_are_passed_over() -> None:
    shop = memory_shop()
    job = take(
        shop, "sku,name,price,quantity\nA,a,1.00,1\n,,,\n , ,\u00a0,\n,\n\nB,b,1.00,1\n,,,,,,\n"
    )
    assert (job.errors, job.progress.rows, sorted(stock(shop))) == ((), 2, ["A", "B"])


@pytest.mark.parametrize("limit", [1, 7, 500])
@pytest.mark.parametrize("at", [1, 50, 99])
def test_an_unclosed_quote_costs_its_own_row_and_names_it(at: int, limit: int) -> None:
    lines = [f"S{n},Thing {n},1.00,1" for n in range(1, 101)]
    lines[at - 1] = f'S{at},"Thing {at},1.00,1'
    shop = memory_shop()
    job = take(shop, "\n".join(["sku,name,price,quantity", *lines]), limit=limit)
    assert (job.progress.created, job.progress.failed, [e.line for e in job.errors]) == (
        99,
        1,
        [at + 1],
    )
    assert "quote" in job.errors[0].detail
    assert sorted(stock(shop)) == sorted(f"S{n}" for n in range(1, 101) if n != at)


def test_an_unclosed_quote_before_a_quoted_row_swallows_neither() -> None:
    shop = memory_shop()
    job = take(
        shop, 'sku,name,price,quantity\nA,"a,1.00,1\nB,b,1.00,1\nC,"c, d",1.00,1\nD,"e\nf",1.00,1\n'
    )
    assert ([e.line for e in job.errors], sorted(stock(shop))) == ([2], ["B", "C", "D"])


def test_a_quote_that_never_closes_does_not_make_reading_quadratic() -> None:
    data = "sku,name,price,quantity\n" + 'a","\n' * 20_000
    found = rows(data)
    assert len([row for row in found if row.data is None]) == len(found)
    assert found[-1].line <= 20_001


def test_a_bad_third_row_is_reported_as_the_third() -> None:
    table = "sku,name,variantId,price\nA,a,1,1.00\nA,a,2,1.00\nA,a,3,cheap\n"
    assert [(e.line, e.pointer) for e in take(memory_shop(), table).errors] == [
        (4, "/variants/0/price")
    ]


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ('{"sku": "A", "name": "a", "price": 1, "quantity": 1, "price": 2}', "/price"),
        ('{"sku": "A", "name": "a", "variants": [{"variantId": "1", "price": 1, "price": 2}]}',
         "/variants/0/price"),
        (('{"sku": "A", "name": "a", "variants": [{"variantId": "1", "variant_id": "2", "price": '
         '1}]}'), "/variants/0/variant_id"),
        (('{"sku": "A", "name": "a", "variants": [{"variantId": "1", "stock": 1, "quantity": 2, '
         '"price": 1}]}'), "/variants/0/quantity"),
        (('{"sku": "A", "name": "a", "variants": [{"variantId": "1", "color": "red", "options": '
         '{"color": "blue"}, "price": 1}]}'), "/variants/0/color"),
    ],
)  # fmt: skip
def test_the_same_said_twice_in_a_row_is_refused_and_named(row: str, pointer: str) -> None:
    shop = memory_shop()
    for form, data in ((ImportFormat.NDJSON, row), (ImportFormat.JSON, f"[{row}]")):
        job = shop.imports.take(SELLER, form, [data.encode()])
        while shop.importer.run_once(10):
            pass
        done = shop.imports.details(SELLER, job.id)
        assert ([e.pointer for e in done.errors], done.progress.created) == ([pointer], 0)


def test_a_name_in_a_column_of_its_own_and_in_the_whole_is_refused() -> None:
    job = take(
        memory_shop(), 'sku,name,price,quantity,attributes,attributes.a\nA,a,1,1,"{""a"": 1}",2\n'
    )
    assert [(e.line, e.pointer) for e in job.errors] == [(2, "/attributes.a")]
    job = take(
        memory_shop(), 'sku,name,price,quantity,attributes\nA,a,1,1,"{""a"": 1, ""a"": 2}"\n'
    )
    assert [(e.line, e.pointer) for e in job.errors] == [(2, "/attributes/a")]
