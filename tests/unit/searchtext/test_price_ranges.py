"""Where one price bucket ends and the next begins, in shops of any currency."""

import pytest

from commerce_core.kernel.money import Money
from commerce_searchtext.facets import price_ends, steps_of


def bucket(amount: str, currency: str) -> int:
    """The bucket that a price falls into."""
    [found] = steps_of([Money.parse(amount, currency).minor], currency)
    return found


@pytest.mark.parametrize(
    ("currency", "prices"),
    [
        ("USD", ["4.99", "19.99", "39", "79", "199", "449", "899", "1899", "4999"]),
        ("EUR", ["4.99", "19.99", "39", "79", "199", "449", "899", "1899", "4999"]),
        ("BHD", ["4.990", "19.990", "39", "79", "199", "449", "899", "1899", "4999"]),
        ("SEK", ["49", "199", "390", "790", "1990", "4490", "8990", "18990", "49990"]),
        ("JPY", ["480", "1980", "3980", "7980", "19800", "44800", "89800", "189800", "498000"]),
        ("INR", ["499", "1999", "3999", "7999", "19999", "44999", "89999", "189999", "499999"]),
        (
            "KRW",
            ["4900", "19900", "39000", "79000", "199000", "449000", "899000", "1890000", "4990000"],
        ),
        (
            "IDR",
            [
                "49000",
                "199000",
                "399000",
                "799000",
                "1999000",
                "4499000",
                "8999000",
                "18999000",
                "49999000",
            ],
        ),
        (
            "VND",
            [
                "49000",
                "199000",
                "399000",
                "799000",
                "1999000",
                "4499000",
                "8999000",
                "18999000",
                "49999000",
            ],
        ),
    ],
)
def test_everyday_prices_of_a_currency_fall_into_different_buckets(
    currency: str, prices: list[str]
) -> None:
    assert [bucket(price, currency) for price in prices] == list(range(9))


@pytest.mark.parametrize("currency", ["USD", "JPY", "IDR", "BHD", "IRR", "XYZ"])
def test_buckets_leave_no_gap(currency: str) -> None:
    ends = price_ends(currency)
    assert ends[0] == 0
    assert list(ends) == sorted(set(ends))
