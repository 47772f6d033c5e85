"""Bodies, read exactly."""

import contextlib
import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.money import Money
from commerce_http.web.body import check_media, decode, read, values_in
from commerce_http.web.errors import Malformed, UnsupportedMediaType


@attrs.frozen(kw_only=True)
class Sent:
    """Something to read."""

    price: Money
    count: int = 0
    free: Any = None


def test_numbers_are_read_exactly_and_never_through_a_float() -> None:
    assert decode(b'{"n": 1234567890123456.78}') == {"n": Decimal("1234567890123456.78")}
    assert read(b'{"price": 123456789.12}', Sent, "USD").price == Money(12_345_678_912, "USD")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{}{}",
        b"\xff",
        b"nul",
        b"{'a': 1}",
        b"[" * 5000,
        b'{"a":' * 5000,
        b"\xef\xbb\xbf{}",
        b"{} x",
    ],
)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode(raw)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999999999999",
        "-1e-999999999999",
        "9" * 5000,
        '"\\ud800"',
        "true",
        "[]",
        "{}",
    ],
)
def test_what_is_no_number_is_refused_at_its_field(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(f'{{"price": {value}, "count": {value}, "free": {value}}}'.encode(), Sent, "USD")
    assert {"/price", "/count"} <= {p.pointer for p in refused.value.problems}


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Malformed, Invalid):  # and nothing else
        assert isinstance(read(raw, Sent, "USD"), Sent)


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=UTF-8",
        'application/json;charset="utf-8"',
    ],
)
def test_json_goes_by_its_name(media: str) -> None:
    assert check_media({"content-type": media}, ("application/json",)) == "application/json"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/json"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "br"},
    ],
)
def test_another_type_charset_or_coding_is_not_taken(headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMediaType):
        check_media(headers, ("application/json",))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1", 1),
        ("[1, 2, 3]", 4),
        ('{"a": 1, "b": [2]}', 4),
        ('{"a,[{": "x,[{\\",[", "b": "\\\\", "c": ","}', 4),
        ('["\\\\\\"", 1]', 3),
    ],
)
def test_values_are_counted_without_reading_texts(text: str, values: int) -> None:
    assert values_in(text.encode()) == values


def test_39_a_body_of_too_many_values_is_refused_before_it_is_decoded() -> None:
    for text in (
        '{"a": [' + "[]," * 300_000 + "1]}",
        json.dumps({f"k{n}": 1 for n in range(95_000)}),
    ):
        with pytest.raises(Invalid) as refused:
            read(text.encode(), dict, "USD")
        assert refused.value.truncated
        assert [p.pointer for p in refused.value.problems] == [""]
