"""A page of answers: hits, their highlights, and counts over all that was found."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import tantivy

from commerce_core.search import Facets, Hit, Query, Sort
from commerce_searchtext.facets import VALUES_READ, facets, step_counts, steps_within
from commerce_searchtext.shown import hit, offered
from commerce_tantivy.analysis import ANALYSIS
from commerce_tantivy.ordering import PRICED, Row, first, first_by_price
from commerce_tantivy.query import Plan

_STEPS: Final = {None: "steps", True: "steps_in_stock", False: "steps_sold_out"}
_ALL_STEPS: Final = 100
#: Terms aggregations are exact only where a segment hands over all of its values.
_ALL_VALUES: Final = 65_000
#: Without a look for blanks around the text: there are none.
_read: Final = json.JSONDecoder().raw_decode


def rows(searcher: tantivy.Searcher, plan: Plan, sort: Sort, offset: int, count: int) -> list[Row]:
    """Hits from *offset* on: those that the term names exactly, then the others."""
    upto = offset + count

    def best(query: tantivy.Query, count: int, *, ranked: bool) -> list[Row]:
        if sort in PRICED and plan.forms.chooses:
            return first_by_price(
                searcher,
                query,
                sort,
                count,
                lambda address: offered(kept(searcher, address), plan.forms)[0],
            )
        return first(searcher, query, sort, count, ranked=ranked)

    exact = best(plan.exact, upto, ranked=False) if plan.exact is not None else []
    others = best(plan.others, upto - len(exact), ranked=plan.ranked) if len(exact) < upto else []
    return [*exact, *others][offset:]


def hits(searcher: tantivy.Searcher, found: Sequence[Row], plan: Plan) -> tuple[Hit, ...]:
    """What the index keeps of the items *found*, with the words of the term marked."""
    return tuple(
        hit(kept(searcher, address), plan.term, ANALYSIS, plan.forms) for _, address in found
    )


def kept(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Sequence[Any]:
    """What the index keeps of one item to show it."""
    row: Sequence[Any] = _read(str(searcher.doc(address)["stored"][0], "utf-8"))[0]
    return row


def count(
    searcher: tantivy.Searcher, plan: Plan, query: Query, currency: str
) -> tuple[int, Facets]:
    """How many there are in all, and how many of them by category, brand and price."""
    engine: Any = searcher  # its stubs say a bare dict
    found: Mapping[str, Any] = engine.aggregate(
        plan.everything,
        {
            "all": {"value_count": {"field": "price"}},
            "categories": {
                "terms": {
                    "field": "category_value",
                    "size": VALUES_READ,
                    "segment_size": _ALL_VALUES,
                }
            },
            "brands": {
                "terms": {"field": "brand_value", "size": VALUES_READ, "segment_size": _ALL_VALUES}
            },
            "steps": {"terms": {"field": _STEPS[query.in_stock], "size": _ALL_STEPS}},
        },
    )
    steps = step_counts(found["steps"])
    if plan.forms.attributes or plan.forms.priced:
        # One form has to be in a bucket and meet the filters: the buckets of all forms do not tell.
        within = steps_within(query, currency)
        steps = {
            step: _number(searcher, plan.priced(query, *ends))
            for step, ends in within.items()
            if step in steps
        }
    return int(found["all"]["value"]), facets(found, steps, currency)


def _number(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    engine: Any = searcher.search(query, 1, count=True)  # its stubs leave it out
    return int(engine.count or 0)
