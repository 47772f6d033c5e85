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
#: Where one price bucket ends and the next begins, in major units.
_PRICE_STEPS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500)


def price_ranges(currency: str) -> list[dict[str, int]]:
    """The price buckets as ``from`` and ``to`` in minor units."""
    unit = 10 ** exponent(currency)
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
