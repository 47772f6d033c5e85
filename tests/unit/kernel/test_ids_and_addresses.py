"""Names of things, and where parcels go."""

from typing import Any

import pytest

from commerce_core.kernel.address import Address, looks_like_card, luhn
from commerce_core.kernel.ids import derived_id, is_id
from commerce_testkit.memory.ids import CountingIds

HOME = {"name": "Ada", "line1": "1 Main Street", "city": "Berlin", "country": "DE"}


def test_a_derived_id_is_a_function_of_its_parts() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert (
        len(
            {derived_id("a", "b"), derived_id("ab"), derived_id("a", "", "b"), derived_id("b", "a")}
        )
        == 4
    )
    assert is_id(derived_id("a"))


def test_counted_ids_are_ids_and_sort_by_time() -> None:
    ids = CountingIds()
    made = [ids.new() for _ in range(20)]
    assert made == sorted(made)
    assert all(is_id(i) for i in made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "019b7000-0000-7000-8000-00000000000",
        "019B7000-0000-7000-8000-000000000001",
        "' OR 1=1 --" * 4,
    ],
)
def test_what_cannot_be_an_id_is_known_without_asking(text: str) -> None:
    assert not is_id(text)


def test_an_address_needs_a_name_a_line_a_city_and_a_country() -> None:
    assert Address(**HOME).postal_code == ""
    for field in HOME:
        with pytest.raises((ValueError, TypeError)):
            Address(**{k: v for k, v in HOME.items() if k != field})
        with pytest.raises(ValueError, match="must"):
            Address(**{**HOME, field: "  "})


@pytest.mark.parametrize("country", ["de", "DEU", "D", "", "D1", "DE\n"])
def test_a_country_is_two_capital_letters(country: str) -> None:
    with pytest.raises(ValueError, match="two capital letters"):
        Address(**{**HOME, "country": country})


@pytest.mark.parametrize("field", ["name", "line1", "line2", "city", "region", "postal_code"])
@pytest.mark.parametrize(
    "number", ["4242424242424242", "4242 4242 4242 4242", "pay with 4242-4242-4242-4242 please"]
)
def test_33_a_card_number_in_an_address_is_refused_and_not_repeated(
    field: str, number: str
) -> None:
    with pytest.raises(ValueError, match="must not hold a card number") as caught:
        Address(**{**HOME, field: number})
    assert "4242" not in str(caught.value)


@pytest.mark.parametrize("value", ["x" * 201])
def test_a_line_is_bounded(value: str) -> None:
    changed: dict[str, Any] = {**HOME, "line1": value}
    with pytest.raises(ValueError, match="at most 200"):
        Address(**changed)


def test_ordinary_numbers_are_no_card_numbers() -> None:
    assert not looks_like_card("+49 30 1234567, floor 12, 10115")
    assert not looks_like_card("4242424242424241")
    assert looks_like_card("x4000 0000 0000 0002")
    for written in (
        "4000\u00a00000\u00a00000\u00a00002",
        "4000\u20130000\u20130000\u20130002",
        "27 4000000000000002",
        "1-4000000000000002",
        "4000000000000002 12/29",
    ):
        assert looks_like_card(written), written
    assert (luhn("79927398713"), luhn("79927398710")) == (True, False)
