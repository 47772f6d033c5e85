"""Counts over all that was found, by category, brand and price: what to ask for, and what the answer says."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from commerce_core.kernel.money import Money, exponent
from commerce_core.search import Facets, FacetValue, PriceBucket
from commerce_searchtext.words import key

#: Values whose counts are read: spellings that are one for the filter are put together afterwards.
VALUES_READ: Final = 2_000
_VALUES_SHOWN: Final = 100
#: Where one price bucket ends and the next begins, in units of which one buys about as much as a dollar.
_PRICE_STEPS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500)
#: How many units of a currency, to the nearest power of ten, that takes; one of all others. Rates may move a long way
#: before buckets are wrong, and a bucket that is wrong is merely coarse.
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
    | dict.fromkeys(["BIF", "COP", "GNF", "IDR", "KHR", "LAK", "MGA", "MNT", "PYG", "SLL", "STN", "SYP", "UGX", "UZS", "VND"], 10_000)
    | dict.fromkeys(["IRR", "LBP"], 100_000)
)


def price_ranges(currency: str) -> list[dict[str, int]]:
    """The price buckets as ``from`` and ``to`` in minor units."""
    unit = 10 ** exponent(currency) * _UNITS.get(currency, 1)
    steps = [step * unit for step in _PRICE_STEPS]
    ends = zip([None, *steps], [*steps, None], strict=True)
    return [{k: v for k, v in (("from", low), ("to", high)) if v is not None} for low, high in ends]


def facets(counted: Mapping[str, Any], currency: str) -> Facets:
    """How many of all that was found there are, from the aggregations ``categories``, ``brands`` and ``prices``."""
    buckets = [_bucket(b, currency) for b in counted["prices"]["buckets"] if b["doc_count"]]
    return Facets(
        categories=_values(counted["categories"]),
        brands=_values(counted["brands"]),
        prices=tuple(sorted(buckets, key=lambda b: b.low)),
    )


def _values(found: Mapping[str, Any]) -> tuple[FacetValue, ...]:
    """Spellings that the filter takes for one are counted as one, under the most common of them."""
    sums: Counter[str] = Counter()
    names: dict[str, str] = {}
    for bucket in found["buckets"]:
        one = key(bucket["key"])
        sums[one] += bucket["doc_count"]
        names.setdefault(one, bucket["key"])
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:_VALUES_SHOWN]
    return tuple(FacetValue(names[one], number) for one, number in ordered)


def _bucket(found: Mapping[str, Any], currency: str) -> PriceBucket:
    low, high = found.get("from"), found.get("to")
    return PriceBucket(Money(int(low or 0), currency), None if high is None else Money(int(high), currency), found["doc_count"])
