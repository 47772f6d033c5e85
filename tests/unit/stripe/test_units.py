"""Amounts in Stripe's units, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.money import MAX_SUM, Money, exponent
from commerce_stripe.money import _DECIMALS, NotExact, decimals, from_stripe, to_stripe

CURRENCIES = sorted(_DECIMALS)


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1_099, "USD", 1_099),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (500, "MGA", 5),
        (5_120, "KWD", 5_120),
        (150_000, "IDR", 150_000),
        (1_000, "HUF", 1_000),
    ],
)
def test_an_amount_is_written_in_stripe_s_own_units(minor: int, currency: str, amount: int) -> None:
    assert to_stripe(Money(minor, currency)) == amount
    assert from_stripe(amount, currency.lower()) == Money(minor, currency)


@pytest.mark.parametrize("money", [Money(5_123, "KWD"), Money(501, "MGA"), Money(5, "LYD")])
def test_what_its_units_cannot_hold_is_refused_and_never_rounded(money: Money) -> None:
    with pytest.raises(NotExact):
        to_stripe(money)


@pytest.mark.parametrize(("amount", "currency"), [(550, "isk"), (1, "xxx")])
def test_what_our_units_cannot_hold_is_refused_too(amount: int, currency: str) -> None:
    with pytest.raises(NotExact):
        from_stripe(amount, currency)


@given(st.sampled_from(CURRENCIES), st.integers(0, MAX_SUM // 1_000))
def test_every_currency_comes_back_as_it_went(currency: str, whole: int) -> None:
    money = Money(whole * 10 ** exponent(currency), currency)
    assert from_stripe(to_stripe(money), currency.lower()) == money


def test_its_decimals_are_those_of_iso_but_for_the_special_ones() -> None:
    others = {code for code in CURRENCIES if decimals(code) != exponent(code)}
    assert others == {"ISK", "MGA", "UGX"}
