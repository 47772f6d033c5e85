"""Rows out of bytes: bad ones named by their line, nothing long held, and the same rows wherever
reading is resumed.
"""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.catalog import ImportFormat, Progress
from commerce_core.catalog.service.cells import EMPTY
from commerce_core.catalog.service.documents import known_as
from commerce_core.catalog.service.files import read_rows, skim_rows
from commerce_core.catalog.service.lines import LONGEST_ROW, Fetch
from commerce_core.catalog.service.rows import Row

NDJSON, JSON, CSV = ImportFormat.NDJSON, ImportFormat.JSON, ImportFormat.CSV


def fetching(data: bytes, size: int = 1 << 18) -> Fetch:
    """*data* in chunks of *size*, each from wherever it is asked for."""
    return lambda offset: data[offset : offset - offset % size + size]


def rows(form: ImportFormat, data: bytes | str, size: int = 1 << 18) -> list[Row]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_rows(form, Progress(), fetching(raw, size)))


def said(form: ImportFormat, data: bytes | str, size: int = 1 << 18) -> list[tuple[int, Any]]:
    """Line and content, or line and trouble."""
    return [
        (row.line, row.data if row.data is not None else row.reason)
        for row in rows(form, data, size)
    ]


# --- lines


def test_each_line_is_a_row_and_blank_ones_are_passed_over() -> None:
    assert said(NDJSON, '\ufeff{"a": 1}\n\n  \r\n{"b": "é"}\r\n{"c": 3}') == [
        (1, {"a": 1}),
        (4, {"b": "é"}),
        (5, {"c": 3}),
    ]


def test_bad_lines_are_named_and_the_next_ones_taken() -> None:
    data = b'{"a": 1}\n{"a": \n[1]\n"x"\n\xff\xfe{}\nnull\n{"a": 2}\n{"a": 1} {"b": 2}\n{"z": '
    assert said(NDJSON, data) == [
        (1, {"a": 1}),
        (2, "is no JSON"),
        (3, "is no JSON object"),
        (4, "is no JSON object"),
        (5, "is not UTF-8"),
        (6, "is no JSON object"),
        (7, {"a": 2}),
        (8, "is no JSON"),
        (9, "is no JSON"),
    ]


def test_30_numbers_are_exact() -> None:
    data = said(
        NDJSON,
        (
            '{"a": 0.1, "b": 12345678901234567890123456789012, "c": NaN, "d": '
            "1e999999999999999999999, "
            '"e": 15.990}'
        ),
    )[0][1]
    assert (data["a"], data["e"]) == (Decimal("0.1"), Decimal("15.990"))
    assert [data[k].is_finite() for k in "bcd"] == [False] * 3


def test_a_deeply_nested_line_is_named() -> None:
    assert said(NDJSON, '{"a": ' + "[" * 100_000 + '\n{"b": 1}') == [
        (1, "is no JSON"),
        (2, {"b": 1}),
    ]


def endless(head: bytes, filler: bytes, tail: bytes, length: int) -> tuple[Fetch, list[int]]:
    """A file of *length* bytes more than head and tail, which is nowhere whole; how much was handed
    out at a time.
    """
    handed: list[int] = []
    size = 1 << 18

    def fetch(offset: int) -> bytes:
        end = offset - offset % size + size
        parts = [(0, head), (len(head), b""), (len(head) + length, tail)]
        made = bytearray()
        at = offset
        while at < end:
            if at < len(head):
                piece = head[at : min(len(head), end)]
            elif at < len(head) + length:
                piece = filler * (min(len(head) + length, end) - at)
            else:
                piece = parts[2][1][at - len(head) - length : end - len(head) - length]
            if not piece:
                break
            made += piece
            at += len(piece)
        handed.append(len(made))
        return bytes(made)

    return fetch, handed


@pytest.mark.parametrize(
    ("form", "head", "tail", "good"),
    [
        (NDJSON, b'{"a": 1}\n{"x": "', b'"}\n{"a": 2}\n', [(1, {"a": 1}), (3, {"a": 2})]),
        (JSON, b'[{"a": 1},\n{"x": "', b'"},\n{"a": 2}]\n', [(1, {"a": 1}), (3, {"a": 2})]),
        (
            CSV,
            b"sku,name\n1,a\n2,",
            b"\n3,c\n",
            [(2, {"sku": "1", "name": "a"}), (4, {"sku": "3", "name": "c"})],
        ),
    ],
)
def test_30_a_line_of_50_mb_is_named_and_never_held(
    form: ImportFormat, head: bytes, tail: bytes, good: list[Any]
) -> None:
    fetch, handed = endless(head, b"x", tail, 50 << 20)
    found = list(read_rows(form, Progress(), fetch))
    assert [(r.line, r.data) for r in found if r.data is not None] == good
    assert [(r.line, r.reason) for r in found if r.data is None] == [
        (good[0][0] + 1, f"is longer than {LONGEST_ROW} bytes")
    ]
    assert max(handed) <= 1 << 18


def test_the_longest_row_is_taken_and_one_byte_more_is_not() -> None:
    longest = b'{"a": "' + b"x" * (LONGEST_ROW - 9) + b'"}'
    assert len(longest) == LONGEST_ROW
    for form in (NDJSON, JSON):
        assert [row.reason for row in rows(form, longest)] == [""]
        assert [row.data for row in rows(form, longest.replace(b"a", b"aa"))] == [None]


# --- objects


def test_objects_are_found_in_a_list_and_one_after_another() -> None:
    listed = '[\n {"a": "}{\\"]"},\n {"b": {"c": []}}\n]\n'
    assert said(JSON, listed) == [(2, {"a": '}{"]'}), (3, {"b": {"c": []}})]
    assert said(JSON, '{"a": 1}\n{"b":\n2}{"c": 3}') == [
        (1, {"a": 1}),
        (2, {"b": 2}),
        (3, {"c": 3}),
    ]


def test_what_is_no_object_is_reported_and_the_next_one_found() -> None:
    assert said(JSON, '[1, {"a": 1}, "x", {"b": 2}, null]') == [
        (1, "is no JSON object"),
        (1, {"a": 1}),
        (1, "is no JSON object"),
        (1, {"b": 2}),
        (1, "is no JSON object"),
    ]


def test_a_file_that_ends_in_the_middle_says_so_where_the_object_began() -> None:
    assert said(JSON, '[{"a": 1},\n{"b": {"c": 2}') == [
        (1, {"a": 1}),
        (2, "the file ends in the middle of it"),
    ]


@pytest.mark.parametrize("data", ["[,,,]", "[ ,\n]", '[{"a": 1},, {"a": 1}]', '[,{"a": 1}]'])
def test_a_comma_without_a_row_before_it_is_named(data: str) -> None:
    reasons = [what for _, what in said(JSON, data) if what != {"a": 1}]
    assert len(said(JSON, data)) == data.count("{") + 1
    assert "comma too many" in reasons[0]


@pytest.mark.parametrize("data", ["", "[]", "[\n]\n", "\ufeff[ ]"])
def test_an_empty_list_has_no_rows(data: str) -> None:
    assert said(JSON, data) == []


# --- tables


def test_a_table_is_read_by_its_header() -> None:
    table = (
        '\ufeffsku, name ,price,tags,attributes.Colour,attributes.Size\n1,"a ""b""\nc",5.00,x '
        "| y,red,5\n2,d,,,,\n"
    )
    assert said(CSV, table) == [
        (
            2,
            {
                "sku": "1",
                "name": 'a "b"\nc',
                "tags": ["x", "y"],
                "attributes": {"Colour": "red", "Size": 5},
                "price": "5.00",
            },
        ),
        (
            4,
            {
                "sku": "2",
                "name": "d",
                "price": None,
                "tags": None,
                "attributes": {"Colour": EMPTY, "Size": EMPTY},
            },
        ),
    ]


def test_each_record_is_a_row_of_its_own_whatever_its_sku() -> None:
    table = (
        "sku,name,variantId,price,quantity,options.Colour\nA,n,1,5,1,red\nB,m,,7,3,\nA,n,3,8,,\n"
    )
    assert said(CSV, table) == [
        (
            2,
            {
                "sku": "A",
                "name": "n",
                "variants": [
                    {"variantId": "1", "price": "5", "quantity": 1, "options": {"Colour": "red"}}
                ],
            },
        ),
        (3, {"sku": "B", "name": "m", "price": "7", "quantity": 3}),
        (
            4,
            {
                "sku": "A",
                "name": "n",
                "variants": [{"variantId": "3", "price": "8", "options": {"Colour": EMPTY}}],
            },
        ),
    ]


def test_bad_records_are_named_and_the_next_ones_taken() -> None:
    table = b'sku,name\n1,\xc3\xa4\n2\n3,c,d\n4,\xff\n5,"x" y\n6,f\n7,"unclosed\n'
    found = said(CSV, table)
    assert [x for x in found if isinstance(x[1], dict)] == [
        (2, {"sku": "1", "name": "ä"}),
        (7, {"sku": "6", "name": "f"}),
    ]
    assert [(line, why[:8]) for line, why in found if isinstance(why, str)] == [
        (3, "has 1 ce"),
        (4, "has 3 ce"),
        (5, "is not U"),
        (6, "is no CS"),
        (8, "is no CS"),
    ]


def test_an_item_of_a_table_is_put_together_from_its_cells() -> None:
    table = (
        'sku,name,quantity,price,images\n007,12,5,"{""amount"": ""1"", ""currency"": '
        '""EUR""}","[""a""]"\n'
    )
    assert said(CSV, table) == [
        (
            2,
            {
                "sku": "007",
                "name": "12",
                "quantity": 5,
                "price": {"amount": "1", "currency": "EUR"},
                "images": ["a"],
            },
        )
    ]


# --- wherever it is resumed

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUE = st.recursive(
    TEXT | st.integers(-5, 5) | st.none(),
    lambda s: st.lists(s, max_size=2) | st.dictionaries(TEXT, s, max_size=2),
    max_leaves=4,
)
OBJECT = st.dictionaries(TEXT, VALUE, max_size=3)
JUNK = st.sampled_from([b"{", b"}", b"[1]", b'"', b"\xff", b"null", b"{'a'}", b"", b"x" * 40])


def resumed(form: ImportFormat, data: bytes, size: int, at: int) -> Iterator[Row]:
    """The first *at* rows, then whatever is read from there on."""
    first = rows(form, data, size)[:at]
    last = first[-1] if first else None
    start = (
        Progress(offset=last.next_offset, line=last.next_line, header=last.header, style=last.style)
        if last
        else Progress()
    )
    yield from first
    yield from read_rows(form, start, fetching(data, size))


def comparable(found: Iterator[Row] | list[Row]) -> list[tuple[int, str, str]]:
    return [(r.line, repr(r.data), r.reason) for r in found]


@given(
    st.lists(OBJECT.map(lambda o: json.dumps(o).encode()) | JUNK, max_size=6),
    st.integers(1, 40),
    st.integers(0, 6),
)
def test_30_lines_resumed_anywhere_are_the_same_rows(
    parts: list[bytes], size: int, at: int
) -> None:
    data = b"\n".join(parts)
    whole = comparable(rows(NDJSON, data))
    assert comparable(rows(NDJSON, data, size)) == whole
    assert comparable(resumed(NDJSON, data, size, at)) == whole


@given(
    st.lists(OBJECT, max_size=5), st.integers(1, 40), st.integers(0, 6), st.sampled_from([None, 1])
)
def test_30_objects_resumed_anywhere_are_the_same_rows(
    objects: list[Any], size: int, at: int, indent: int | None
) -> None:
    data = json.dumps(objects, indent=indent, ensure_ascii=False).encode()
    found = rows(JSON, data, size)
    assert [json.loads(json.dumps(r.data, default=float)) for r in found] == objects
    assert comparable(resumed(JSON, data, size, at)) == comparable(found)


@given(
    st.lists(OBJECT.map(lambda o: json.dumps(o).encode()) | JUNK, max_size=6),
    st.integers(1, 40),
    st.integers(0, 6),
)
def test_30_spoilt_objects_resumed_anywhere_lose_no_good_row(
    parts: list[bytes], size: int, at: int
) -> None:
    data = b"\n,".join(parts)
    whole = [r.data for r in rows(JSON, data, size) if r.data is not None]
    assert [r.data for r in resumed(JSON, data, size, at) if r.data is not None] == whole


CELLS = st.lists(TEXT, min_size=3, max_size=3) | st.lists(TEXT, max_size=2)


@given(st.lists(CELLS, max_size=6), st.integers(1, 40), st.integers(0, 6))
def test_30_tables_resumed_anywhere_are_the_same_rows(
    records: list[list[str]], size: int, at: int
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["sku", "name", "attributes.x"], *records])
    data = out.getvalue().encode()
    whole = comparable(rows(CSV, data))
    assert comparable(rows(CSV, data, size)) == whole
    assert comparable(resumed(CSV, data, size, at)) == whole


# --- at a glance

NUMBER = st.integers() | st.sampled_from([10**40, Decimal("1e400"), 1.5])
NAMED = st.sampled_from(["sku", "_id", "SKU", "\\"]) | TEXT
ROW = st.lists(
    st.tuples(NAMED, TEXT | NUMBER | st.lists(NUMBER, max_size=2)),
    max_size=4,
    unique_by=lambda pair: pair[0],
).map(dict)


@given(
    ROW,
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), ("\t,", " :\t")]),
    st.sampled_from(["", "\ufeff", " "]),
)
def test_a_glance_tells_the_sku_of_every_row_that_is_read(
    row: dict[str, Any], ascii: bool, marks: tuple[str, str], before: str
) -> None:
    data = (before + json.dumps(row, ensure_ascii=ascii, separators=marks, default=str)).encode(
        errors="surrogatepass"
    )
    glances = [r.data for r in skim_rows(NDJSON, Progress(), fetching(data))]
    assert [known_as(r.data) for r in rows(NDJSON, data) if r.data] == [
        known_as(d) for d in glances if d
    ]
