"""Money is exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.money import MAX_SUM, CurrencyMismatch, InvalidMoney, Money, exponent


@pytest.mark.parametrize(
    ("value", "currency", "minor", "amount"),
    [
        ("15.99", "USD", 1599, "15.99"),
        (15, "USD", 1500, "15.00"),
        (Decimal("0.1"), "USD", 10, "0.10"),
        ("100", "JPY", 100, "100"),
        ("1.234", "KWD", 1234, "1.234"),
        ("1e2", "USD", 10_000, "100.00"),
        ("-0.05", "EUR", -5, "-0.05"),
        ("5.500000", "USD", 550, "5.50"),
        ("-0", "USD", 0, "0.00"),
    ],
)
def test_an_amount_is_read_to_its_last_digit(
    value: str | int | Decimal, currency: str, minor: int, amount: str
) -> None:
    money = Money.parse(value, currency)
    assert (money.minor, money.amount, str(money)) == (minor, amount, f"{amount} {currency}")


NO_TEXT = (
    "",
    " 1",
    "1 ",
    "1,5",
    "1_000",
    "abc",
    "NaN",
    "Infinity",
    "-inf",
    "sNaN",
    "0.001",
    "1e30",
    "1e400",
    "9" * 41,
    "١٢",
    "0x10",
    "--1",
)
ALMOST_ONE = ("1." + "0" * 30 + "1", Decimal("1." + "0" * 50 + "1"), Decimal("1." + "0" * 90 + "1"))
NO_NUMBER = (Decimal("NaN"), Decimal("1E+999999"), MAX_SUM // 100 + 1, 10**400)


@pytest.mark.parametrize("value", [*NO_TEXT, *ALMOST_ONE, *NO_NUMBER])
def test_what_is_no_amount_is_refused(value: str | int | Decimal) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse(value, "USD")


@pytest.mark.parametrize("currency", ["", "us", "usd", "USDT", "ÜSD", "U D", "US1"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse("1", currency)


def test_the_largest_amount_is_allowed_and_no_larger_one() -> None:
    assert Money.parse(str(MAX_SUM // 100), "USD").minor == MAX_SUM
    with pytest.raises(InvalidMoney):
        Money.parse(f"{MAX_SUM // 100}.01", "USD")


def test_two_currencies_are_never_added() -> None:
    for mix in (Money.__add__, Money.__sub__):
        with pytest.raises(CurrencyMismatch):
            mix(Money(1, "USD"), Money(1, "EUR"))


@given(st.integers(-MAX_SUM, MAX_SUM), st.sampled_from(["USD", "JPY", "KWD", "EUR"]))
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    assert Money.parse(Money(minor, currency).amount, currency) == Money(minor, currency)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 10_000))
def test_sums_and_multiples_are_those_of_whole_numbers(a: int, b: int, n: int) -> None:
    x, y = Money(a, "USD"), Money(b, "USD")
    assert (x + y - y, (x + y).minor, (x * n).minor) == (x, a + b, a * n)


def test_currencies_have_their_own_number_of_decimals() -> None:
    assert [exponent(c) for c in ("USD", "JPY", "BHD", "CLP")] == [2, 0, 3, 0]
