"""Counts over all that was found, by category, brand and price: what to ask for, and what the
answer says.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from commerce_core.kernel.codec import is_object
from commerce_core.kernel.money import Money, exponent
from commerce_core.search import Facets, FacetValue, PriceBucket, Query
from commerce_searchtext.words import key

#: Values whose counts are read: spellings that are one for the filter are put together afterwards.
VALUES_READ: Final = 2_000
_VALUES_SHOWN: Final = 100
#: Where one price bucket ends and the next begins, in units of which one buys about as much as a
#: dollar.
_PRICE_STEPS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500)
#: How many units of a currency, to the nearest power of ten, that takes; one of all others. Rates
#: may move a long way before buckets are wrong, and a bucket that is wrong is merely coarse.
_UNITS: Final = (
    dict.fromkeys(
        [
            "AED",
            "BOB",
            "BRL",
            "BWP",
            "CNY",
            "CZK",
            "DKK",
            "GHS",
            "GTQ",
            "HKD",
            "HNL",
            "HRK",
            "MAD",
            "MDL",
            "MOP",
            "MXN",
            "MYR",
            "NAD",
            "NIO",
            "NOK",
            "PEN",
            "PLN",
            "QAR",
            "RON",
            "SAR",
            "SEK",
            "SZL",
            "TJS",
            "TTD",
            "UYU",
            "VES",
            "ZAR",
            "ZMW",
        ],
        10,
    )
    | dict.fromkeys(
        [
            "AFN",
            "ALL",
            "BDT",
            "BTN",
            "CVE",
            "DOP",
            "DZD",
            "EGP",
            "ETB",
            "GMD",
            "HTG",
            "INR",
            "ISK",
            "JMD",
            "JPY",
            "KES",
            "KGS",
            "LKR",
            "MKD",
            "MUR",
            "NPR",
            "PHP",
            "PKR",
            "RSD",
            "RUB",
            "THB",
            "TRY",
            "TWD",
            "UAH",
            "VUV",
            "XPF",
        ],
        100,
    )
    | dict.fromkeys(
        [
            "AMD",
            "AOA",
            "ARS",
            "CDF",
            "CLP",
            "CRC",
            "DJF",
            "HUF",
            "IQD",
            "KMF",
            "KRW",
            "KZT",
            "MMK",
            "MWK",
            "MZN",
            "NGN",
            "RWF",
            "SDG",
            "SOS",
            "SSP",
            "TZS",
            "XAF",
            "XOF",
            "YER",
        ],
        1_000,
    )
    | dict.fromkeys(
        [
            "BIF",
            "COP",
            "GNF",
            "IDR",
            "KHR",
            "LAK",
            "MGA",
            "MNT",
            "PYG",
            "SLL",
            "STN",
            "SYP",
            "UGX",
            "UZS",
            "VND",
        ],
        10_000,
    )
    | dict.fromkeys(["IRR", "LBP"], 100_000)
)


@cache
def price_ends(currency: str) -> tuple[int, ...]:
    """Where the price buckets begin, in minor units."""
    unit = 10 ** exponent(currency) * _UNITS.get(currency, 1)
    return (0, *(step * unit for step in _PRICE_STEPS))


def steps_of(prices: Iterable[int], currency: str) -> list[int]:
    """The numbers of the buckets that *prices* fall into, each once."""
    ends = price_ends(currency)
    return sorted({bisect_right(ends, price) - 1 for price in prices})


def steps_within(query: Query, currency: str) -> dict[int, tuple[int, int | None]]:
    """The buckets that have a price matching *query*: their first and last price
    (``None``: none), by number.
    """
    ends = price_ends(currency)
    found: dict[int, tuple[int, int | None]] = {}
    for step, low in enumerate(ends):
        high = ends[step + 1] - 1 if step + 1 < len(ends) else None
        least = max(low, query.price_min or 0)
        most = min((end for end in (high, query.price_max) if end is not None), default=None)
        if most is None or least <= most:
            found[step] = (least, most)
    return found


def facets(counted: Mapping[str, Any], steps: Mapping[int, int], currency: str) -> Facets:
    """How many of all that was found there are: from the aggregations ``categories`` and
    ``brands``, and from the counts of the price buckets by number.
    """
    return Facets(
        categories=_values(counted["categories"]),
        brands=_values(counted["brands"]),
        prices=tuple(
            _bucket(step, count, currency) for step, count in sorted(steps.items()) if count
        ),
    )


def step_counts(found: Mapping[str, Any]) -> dict[int, int]:
    """The counts by number from an aggregation over the numbers of buckets, or over a filter named
    after each.
    """
    buckets: Any = found["buckets"]
    named: Mapping[Any, Any] = (
        buckets if is_object(buckets) else {bucket["key"]: bucket for bucket in buckets}
    )
    return {int(step): int(bucket["doc_count"]) for step, bucket in named.items()}


def _values(found: Mapping[str, Any]) -> tuple[FacetValue, ...]:
    """Spellings that the filter takes for one are counted as one, under the most common of them."""
    sums: dict[str, int] = {}
    names: dict[str, str] = {}
    for bucket in found["buckets"]:
        one = _key(bucket["key"])
        sums[one] = sums.get(one, 0) + bucket["doc_count"]
        names.setdefault(one, bucket["key"])
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:_VALUES_SHOWN]
    return tuple(FacetValue(names[one], number) for one, number in ordered)


#: The same few categories and brands are in nearly every answer.
_key: Final = lru_cache(maxsize=4_000)(key)


def _bucket(step: int, count: int, currency: str) -> PriceBucket:
    ends = price_ends(currency)
    high = Money(ends[step + 1], currency) if step + 1 < len(ends) else None
    return PriceBucket(Money(ends[step], currency), high, count)
