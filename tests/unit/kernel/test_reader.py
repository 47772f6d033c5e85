"""Reading what a client sent: every wrong field is named, and nothing is coerced."""

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.codec import (
    ABSENT,
    Reader,
    Unreadable,
    camel,
    decode_event,
    from_data,
    reader,
    storable,
    to_data,
)
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.field_problems import escape_pointer
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber


class Colour(StrEnum):
    RED = "red"


def _positive(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
    if value < 1:
        raise ValueError("must be positive")


@attrs.frozen(kw_only=True)
class Part:
    part_no: int = attrs.field(validator=_positive)
    name: str = ""


@attrs.frozen(kw_only=True)
class Thing:
    title: str = ""
    count: int = 0
    ready: bool = False
    weight: Decimal = Decimal(0)
    unit_price: Money | None = None
    tags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    extras: Mapping[str, Any] = attrs.field(factory=dict)
    note: str | None = ABSENT
    card: CardNumber | None = None
    part: Part | None = None


READER = Reader("USD")


def problems(data: Any, kind: type = Thing) -> dict[str, str]:
    """The pointers that are complained of, each with why."""
    with pytest.raises(Invalid) as caught:
        READER.read(data, kind)
    return {p.pointer: p.detail for p in caught.value.problems}


def test_a_whole_thing_is_read() -> None:
    data = {
        "title": "T", "count": 3, "ready": True, "weight": Decimal("1.50"),
        "unitPrice": {"amount": "5.00", "currency": "EUR"},
        "tags": ["a"], "parts": [{"partNo": 1}], "extras": {"x": [1, None, {"y": True}]},
        "note": None, "card": "4242 4242 4242 4242",
        "part": {"partNo": 2},
    }  # fmt: skip
    thing = READER.read(data, Thing)
    assert (thing.title, thing.count, thing.ready, thing.weight, thing.note) == (
        "T",
        3,
        True,
        Decimal("1.50"),
        None,
    )
    assert (thing.unit_price, thing.tags, thing.parts) == (
        Money(500, "EUR"),
        ("a",),
        (Part(part_no=1),),
    )
    assert thing.extras == {"x": [1, None, {"y": True}]}
    assert thing.card is not None
    assert thing.card.last4 == "4242"
    assert READER.read({}, Thing).note is ABSENT


def test_every_wrong_field_is_named_at_once() -> None:
    data = {
        "title": 5, "count": "3", "ready": 1, "weight": "1", "unitPrice": "x", "tags": ["a", 2],
        "colour": "red",
        "parts": [{"partNo": 1}, {"partNo": 0}, {"name": "n"}, {"partNo": 1, "b/c": 1, "~": 2}, 7],
        "note": 4, "part": [],
    }  # fmt: skip
    assert problems(data) == {
        "/title": "must be text",
        "/count": "must be a whole number",
        "/ready": "must be true or false",
        "/weight": "must be a number",
        "/unitPrice": "not an amount",
        "/tags/1": "must be text",
        "/colour": "is not known here",
        "/parts/1/partNo": "must be positive",
        "/parts/2/partNo": "is required",
        "/parts/3/b~1c": "is not known here",
        "/parts/3/~0": "is not known here",
        "/parts/4": "must be an object",
        "/note": "must be text",
        "/part": "must be an object",
    }


@pytest.mark.parametrize("data", [None, 1, "x", [], True, Decimal(1)])
def test_what_is_no_object_is_refused_as_a_whole(data: Any) -> None:
    assert problems(data) == {"": "must be an object"}


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\udfff"])
@pytest.mark.parametrize("place", ["title", "note", "tags", "extras", "key"])
def test_what_no_database_can_keep_is_refused_everywhere(text: str, place: str) -> None:
    data: dict[str, Any] = {
        "title": {"title": text}, "note": {"note": text}, "tags": {"tags": ["ok", text]},
        "extras": {"extras": {"a": [{"b": text}]}},
        "key": {"extras": {"a": {text: 1}}},
    }[place]  # fmt: skip
    assert set(problems(data).values()) == {"must not contain U+0000 or a lone surrogate"}


@pytest.mark.parametrize(
    ("count", "read"),
    [
        (5, 5),
        (Decimal("5.0"), 5),
        (Decimal("5E1"), 50),
        (-(2**63), -(2**63)),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_whole_numbers_are_exact(count: Any, read: int) -> None:
    assert READER.read({"count": count}, Thing).count == read


@pytest.mark.parametrize(
    "count",
    [
        2**63,
        -(2**63) - 1,
        Decimal("1.5"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("sNaN"),
        Decimal("1E+999999"),
        True,
        "5",
        None,
        10**4000,
    ],
)
def test_what_is_no_whole_number_of_64_bits_is_refused(count: Any) -> None:
    assert set(problems({"count": count})) == {"/count"}


@pytest.mark.parametrize(
    "number", [Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+19"), 2**63, Decimal("1E-400")]
)
def test_a_number_that_cannot_be_kept_is_refused_in_free_json_too(number: Any) -> None:
    assert len(problems({"extras": {"x": {"y": [number]}}})) == 1


def test_free_json_is_refused_where_it_is_too_deep() -> None:
    deep: Any = 1
    for _ in range(12):
        deep = [deep]
    assert "is nested too deeply" in problems({"extras": {"x": deep}}).values()


@pytest.mark.parametrize(
    ("price", "money"),
    [
        ({"amount": "1.50", "currency": "EUR"}, Money(150, "EUR")),
        ({"amount": 2, "currency": "JPY"}, Money(2, "JPY")),
        ("1.50", Money(150, "USD")),
        (3, Money(300, "USD")),
        (Decimal("3.1"), Money(310, "USD")),
    ],
)
def test_money_is_an_object_a_number_or_decimal_text(price: Any, money: Money) -> None:
    assert READER.read({"unitPrice": price}, Thing).unit_price == money


HALF_PRICES = (
    {"amount": "1"},
    {"amount": "1", "currency": "USD", "x": 1},
    {"amount": None, "currency": "USD"},
    {"amount": "1", "currency": 5},
)


@pytest.mark.parametrize(
    "price",
    [
        True,
        [],
        *HALF_PRICES,
        1.5,
        "NaN",
        Decimal("NaN"),
        {"amount": "1", "currency": "usd"},
        "0.001",
    ],
)
def test_what_is_no_money_is_refused(price: Any) -> None:
    assert set(problems({"unitPrice": price})) == {"/unitPrice"}


def test_a_card_number_is_checked_and_never_shown() -> None:
    found = problems({"card": "4242424242424241"})
    assert found == {"/card": "is not a card number"}
    with pytest.raises(Invalid) as caught:
        READER.read({"card": "4242424242424241", "title": 3}, Thing)
    assert "4242424242424241" not in str(caught.value)


def test_the_error_names_the_first_five_fields_in_its_sentence() -> None:
    with pytest.raises(Invalid) as caught:
        READER.read({f"x{i}": 1 for i in range(9)}, Thing)
    assert caught.value.detail.count("is not known here") == 5
    assert len(caught.value.problems) == 9


def test_a_reader_is_shared_by_currency() -> None:
    assert reader("USD") is reader("USD")
    assert reader("USD") is not reader("EUR")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(),
    lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(), s, max_size=3),
)


@given(
    st.dictionaries(
        st.sampled_from([camel(a.name) for a in attrs.fields(Thing)]) | st.text(), JSON, max_size=5
    )
    | JSON
)
def test_whatever_is_sent_is_read_or_refused_by_name(data: Any) -> None:
    refused: Invalid | None = None
    try:
        READER.read(data, Thing)
    except Invalid as error:
        refused = error
    if refused is not None:
        assert refused.problems
        assert all(
            p.detail and (not p.pointer or p.pointer.startswith("/")) for p in refused.problems
        )


# --- what we store ourselves


def test_what_is_stored_is_read_back() -> None:
    part = Part(part_no=1, name="n")
    assert from_data(json.loads(json.dumps(to_data(part))), Part) == part


@pytest.mark.parametrize("data", [{"name": "n"}, [], None, {"part_no": "x"}, {"part_no": -1}])
def test_stored_data_of_another_shape_is_unreadable(data: Any) -> None:
    with pytest.raises(Unreadable):
        from_data(data, Part)


def test_an_event_that_nobody_knows_is_unreadable() -> None:
    for name in ("", "orders.order_created.v99", "commerce_core.orders.events.OrderCreated"):
        with pytest.raises(Unreadable):
            decode_event(name, {})


def test_names_and_pointers_are_spelled_as_the_outside_spells_them() -> None:
    assert (camel("unit_price"), camel("x"), escape_pointer("a/b~c")) == (
        "unitPrice",
        "x",
        "a~1b~0c",
    )
    assert (storable("é𝄞"), storable("\x00"), storable("\udc00")) == (True, False, False)


def refused(data: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        READER.read(data, Thing)
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        {f"k{n}": 1 for n in range(95_000)},
        {"tags": [1] * 500_000},
        {"parts": [{}] * 5_000},
        {"parts": [7] * 5_000},
        {"extras": {f"k{n}": float for n in range(5_000)}, **{f"x{n}": 1 for n in range(200)}},
    ],
    ids=["unknown keys", "wrong values", "empty objects", "no objects", "both"],
)
def test_39_reading_stops_at_a_hundred_wrong_fields_and_says_so(data: Any) -> None:
    error = refused(data)
    assert (len(error.problems), error.truncated) == (100, True)


@pytest.mark.parametrize(
    "data",
    [
        {"tags": ["a"] * 10_001},
        {"extras": {"a": [[]] * 10_001}},
        {"extras": {str(n): n for n in range(10_001)}},
    ],
    ids=["texts", "empty lists", "keys"],
)
def test_39_reading_stops_at_ten_thousand_values_and_says_so(data: Any) -> None:
    error = refused(data)
    assert len(error.problems) == 1
    assert error.truncated
    assert "more than 10,000 values" in error.problems[0].detail


def test_what_is_within_the_bounds_is_read_whole_and_each_body_anew() -> None:
    for _ in range(3):
        assert len(READER.read({"tags": ["a"] * 9_000}, Thing).tags) == 9_000
        error = refused({"tags": [1] * 100})
        assert (len(error.problems), error.truncated) == (100, False)


def test_a_name_as_long_as_the_body_is_not_told_in_full() -> None:
    (problem,) = refused({"x" * 100_000: 1}).problems
    assert len(problem.pointer) < 300
