"""Query strings, read as strictly as bodies."""

import contextlib
from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.money import Money
from commerce_http.web.errors import Malformed
from commerce_http.web.query import NoQuery, QueryReader


@attrs.frozen(kw_only=True)
class Criteria:
    """Every kind of parameter."""

    term: str = ""
    size: int = 20
    in_stock: bool | None = None
    brand: tuple[str, ...] = ()
    price_min: Money | None = None
    attributes: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)


def read(query: str | bytes) -> Criteria:
    return QueryReader(Criteria, "USD").read(query if isinstance(query, bytes) else query.encode())


def pointers(query: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read(query)
    return sorted(p.pointer for p in refused.value.problems)


def test_nothing_asked_is_every_default() -> None:
    assert read("") == Criteria()


def test_every_kind_is_read() -> None:
    criteria = read(
        "term=a+b%20c&size=5&inStock=false&brand=x&brand=y&priceMin=1.50"
        "&attributes.colour=red&attributes.colour=blue"
    )
    assert criteria == Criteria(
        term="a b c",
        size=5,
        in_stock=False,
        brand=("x", "y"),
        price_min=Money(150, "USD"),
        attributes={"colour": ("red", "blue")},
    )


def test_a_parameter_without_a_value_is_not_given() -> None:
    assert read("term=&size=&inStock=&brand=&priceMin=") == Criteria()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=1", ["/page"]),
        ("size=1&size=1", ["/size"]),
        ("size=1.0&inStock=1&page=2", ["/inStock", "/page", "/size"]),
        ("attributes=1", ["/attributes"]),
        ("attributes.=1", ["/attributes."]),
        ("a~b/c=1", ["/a~0b~1c"]),
        ("size=9999999999999999999", ["/size"]),
        ("Term=x", ["/Term"]),
        ("in_stock=true", ["/in_stock"]),
    ],
)
def test_every_wrong_parameter_is_named(query: str, expected: list[str]) -> None:
    assert pointers(query) == expected


@pytest.mark.parametrize(
    "query", [b"term=\xff", b"term=%ff", b"term=%ed%a0%80", b"&".join([b"brand=x"] * 300)]
)
def test_what_is_no_utf_8_or_endless_is_malformed(query: bytes) -> None:
    with pytest.raises(Malformed):
        read(query)


def test_an_operation_without_a_query_knows_no_parameter() -> None:
    with pytest.raises(Invalid):
        QueryReader(NoQuery, "USD").read(b"x=1")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(query: bytes) -> None:
    with contextlib.suppress(Malformed, Invalid):  # and nothing else
        assert isinstance(read(query), Criteria)


def test_39_so_many_filters_are_taken_and_the_others_are_named() -> None:
    ten = "&".join(f"attributes.a{n}=x" for n in range(10))
    assert len(read(ten).attributes) == 10
    assert pointers(ten + "&attributes.b=x&attributes.a0=y") == ["/attributes.a0", "/attributes.b"]
    assert pointers("&".join(f"brand=b{n}" for n in range(12))) == ["/brand", "/brand"]
    assert pointers("&".join(f"attributes.a={n}" for n in range(11))) == ["/attributes.a"]


def test_a_very_long_name_is_shown_in_part() -> None:
    with pytest.raises(Invalid) as refused:
        QueryReader(NoQuery, "USD").read(b"x" * 60_000 + b"=1")
    assert len(refused.value.problems[0].pointer) == 501
