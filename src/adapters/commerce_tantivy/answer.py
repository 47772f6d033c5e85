"""A page of answers: hits, their highlights, and counts over all that was found."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import tantivy

from commerce_core.search import Facets, Hit, Sort
from commerce_searchtext.facets import VALUES_READ, facets, price_ranges
from commerce_searchtext.shown import hit
from commerce_searchtext.terms import Term
from commerce_tantivy.analysis import ANALYSIS
from commerce_tantivy.ordering import Row, first
from commerce_tantivy.query import Plan
from commerce_tantivy.terms import Sense

#: Terms aggregations are exact only where a segment hands over all of its values.
_ALL_VALUES: Final = 65_000


def rows(searcher: tantivy.Searcher, plan: Plan, sort: Sort, offset: int, count: int) -> list[Row]:
    """Hits from *offset* on: those that the term names exactly, then the others."""
    upto = offset + count
    exact = first(searcher, plan.exact, sort, upto, ranked=False) if plan.exact is not None else []
    others = first(searcher, plan.others, sort, upto - len(exact), ranked=plan.ranked) if len(exact) < upto else []
    return [*exact, *others][offset:]


def hits(searcher: tantivy.Searcher, found: Sequence[Row], term: Term[Sense]) -> tuple[Hit, ...]:
    """What the index keeps of the items *found*, with the words of *term* marked."""
    return tuple(hit(kept(searcher, address), term, ANALYSIS) for _, address in found)


def kept(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Sequence[Any]:
    """What the index keeps of one item to show it."""
    row: Sequence[Any] = json.loads(searcher.doc(address)["stored"][0])
    return row


def count(searcher: tantivy.Searcher, query: tantivy.Query, currency: str) -> tuple[int, Facets]:
    """How many there are in all, and how many of them by category, brand and price."""
    engine: Any = searcher  # its stubs say a bare dict
    found: Mapping[str, Any] = engine.aggregate(
        query,
        {
            "all": {"value_count": {"field": "price"}},
            "categories": {"terms": {"field": "category_value", "size": VALUES_READ, "segment_size": _ALL_VALUES}},
            "brands": {"terms": {"field": "brand_value", "size": VALUES_READ, "segment_size": _ALL_VALUES}},
            "prices": {"range": {"field": "price", "ranges": price_ranges(currency)}},
        },
    )
    return int(found["all"]["value"]), facets(found, currency)
