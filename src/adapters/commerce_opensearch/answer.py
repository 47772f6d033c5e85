"""A page of answers: hits, their highlights, and counts over all that was found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any, Final

from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.money import Money
from commerce_core.search import Facets, FacetValue, Hit, PriceBucket
from commerce_opensearch.analysis import key, stem, words_of
from commerce_opensearch.highlight import highlight
from commerce_opensearch.terms import SHORTEST_PART, Term

_VALUES_SHOWN: Final = 100


def hits(found: Sequence[Mapping[str, Any]], term: Term) -> tuple[Hit, ...]:
    """What the index keeps of the items *found*, with the words of *term* marked."""
    rows = [one["_source"]["shown"] for one in found]
    term.stems |= set(_halves([row[2] for row in rows], {sense.word.stem for sense in term.senses}))
    return tuple(_hit(row, term) for row in rows)


def _halves(names: Sequence[str], stems: Set[str]) -> Iterator[str]:
    """The words that "smartwatch" was found by where names say "smart watch"."""
    for left, right in (pair for name in names for pair in pairwise(words_of(name))):
        if len(left.surface) >= SHORTEST_PART <= len(right.surface) and stem(left.surface + right.surface) in stems:
            yield from (left.stem, right.stem)


def _hit(shown: Sequence[Any], term: Term) -> Hit:
    item_id, sku, name, brand, category, type_, minor, currency, in_stock, image, description = shown
    marked = {
        "name": highlight(name, term, whole=True),
        "description": highlight(description, term, whole=False),
    }
    return Hit(
        item_id=ItemId(item_id),
        sku=sku,
        name=name,
        brand=brand,
        category=category,
        type=type_,
        price=Money(minor, currency),
        in_stock=in_stock,
        image=image,
        highlights={field: text for field, text in marked.items() if text is not None} if term.senses else {},
    )


def facets(counted: Mapping[str, Any], currency: str) -> Facets:
    """How many of all that was found there are by category, brand and price."""
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
