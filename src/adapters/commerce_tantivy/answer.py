"""A page of answers: hits, their highlights, and counts over all that was found."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import tantivy

from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.money import Money, exponent
from commerce_core.search import Facets, FacetValue, Hit, PriceBucket, Sort
from commerce_tantivy.analysis import key
from commerce_tantivy.highlight import highlight
from commerce_tantivy.ordering import Row, first
from commerce_tantivy.query import Plan
from commerce_tantivy.terms import Term

#: Terms aggregations are exact only where a segment hands over all of its values.
_ALL_VALUES: Final = 65_000
_VALUES_READ: Final = 2_000
_VALUES_SHOWN: Final = 100
#: Where one price bucket ends and the next begins, in major units.
_PRICE_STEPS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500)


def rows(searcher: tantivy.Searcher, plan: Plan, sort: Sort, offset: int, count: int) -> list[Row]:
    """Hits from *offset* on: those that the term names exactly, then the others."""
    upto = offset + count
    exact = first(searcher, plan.exact, sort, upto, ranked=False) if plan.exact is not None else []
    others = first(searcher, plan.others, sort, upto - len(exact), ranked=plan.ranked) if len(exact) < upto else []
    return [*exact, *others][offset:]


def hits(searcher: tantivy.Searcher, found: Sequence[Row], term: Term) -> tuple[Hit, ...]:
    """What the index keeps of the items *found*, with the words of *term* marked."""
    return tuple(_hit(json.loads(searcher.doc(address)["stored"][0]), term) for _, address in found)


def _hit(stored: Sequence[Any], term: Term) -> Hit:
    item_id, sku, name, brand, category, type_, minor, currency, in_stock, image, description = stored
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


def count(searcher: tantivy.Searcher, query: tantivy.Query, currency: str) -> tuple[int, Facets]:
    """How many there are in all, and how many of them by category, brand and price."""
    unit = 10 ** exponent(currency)
    steps = [step * unit for step in _PRICE_STEPS]
    ends = zip([None, *steps], [*steps, None], strict=True)
    ranges = [{k: v for k, v in (("from", low), ("to", high)) if v is not None} for low, high in ends]
    engine: Any = searcher  # its stubs say a bare dict
    found: Mapping[str, Any] = engine.aggregate(
        query,
        {
            "all": {"value_count": {"field": "price"}},
            "categories": {"terms": {"field": "category_value", "size": _VALUES_READ, "segment_size": _ALL_VALUES}},
            "brands": {"terms": {"field": "brand_value", "size": _VALUES_READ, "segment_size": _ALL_VALUES}},
            "prices": {"range": {"field": "price", "ranges": ranges}},
        },
    )
    buckets = [_bucket(b, currency) for b in found["prices"]["buckets"] if b["doc_count"]]
    facets = Facets(
        categories=_values(found["categories"]), brands=_values(found["brands"]), prices=tuple(sorted(buckets, key=lambda b: b.low))
    )
    return int(found["all"]["value"]), facets


def _values(found: Mapping[str, Any]) -> tuple[FacetValue, ...]:
    """Spellings that the filter takes for one are counted as one, under the most common of them."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for bucket in found["buckets"]:
        one = key(bucket["key"])
        counts[one] += bucket["doc_count"]
        names.setdefault(one, bucket["key"])
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_VALUES_SHOWN]
    return tuple(FacetValue(names[one], number) for one, number in ordered)


def _bucket(found: Mapping[str, Any], currency: str) -> PriceBucket:
    low, high = found.get("from"), found.get("to")
    return PriceBucket(Money(int(low or 0), currency), None if high is None else Money(int(high), currency), found["doc_count"])
