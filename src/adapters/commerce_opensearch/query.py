"""From a buyer's query to the engine's. A term is never given to a parser: every word becomes a
clause of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from commerce_core.search import Query, Sort
from commerce_opensearch.ranking import RANKING, Ranking
from commerce_opensearch.terms import Clause, Sense, constant, phrase
from commerce_searchtext.documents import attribute_term
from commerce_searchtext.facets import VALUES_READ, steps_within
from commerce_searchtext.forms import FormFilter
from commerce_searchtext.terms import Term
from commerce_searchtext.words import key

_LISTED: Final[Clause] = {"term": {"listed": True}}
_NOTHING: Final[Clause] = {"match_none": {}}
#: More values of one filter than a page of check boxes has.
_MOST_VALUES: Final = 1_000
#: Beyond 63 bits there is no price.
_NO_PRICE: Final = 1 << 63

_ORDERS: Final[Mapping[Sort, list[dict[str, str]]]] = {
    Sort.RELEVANCE: [],
    Sort.PRICE_ASCENDING: [{"price": "asc"}],
    Sort.PRICE_DESCENDING: [{"price": "desc"}],
    Sort.NEWEST: [{"created": "desc"}],
}
_PRICES: Final = {None: "prices", True: "prices_in_stock", False: "prices_sold_out"}
_STEPS: Final = {None: "steps", True: "steps_in_stock", False: "steps_sold_out"}
_ALL_STEPS: Final = 100
_ALONE: Final[Clause] = {"term": {"one_form": True}}
EXACT: Final = "named exactly"


@attrs.frozen
class Plan:
    """What to search for, and how to tell which words of the term were found."""

    term: Term[Sense]
    query: Clause
    known: Mapping[str, Clause]
    forms: FormFilter


def plan(query: Query, term: Term[Sense] | None, ranking: Ranking = RANKING) -> Plan:
    """The engine's form of *query*, whose term was read as *term*; ``None`` matches everything."""
    filters, forms = [_LISTED, *_filters(query)], FormFilter.of(query)
    if term is None:
        return Plan(Term("", [], set()), {"bool": {"filter": filters}}, {}, forms)
    exact: Clause = {"term": {"exact": {"value": term.exact}}}
    words: Clause = {"bool": {"should": list(_clauses(term, ranking)) or [_NOTHING]}}
    if query.sort is Sort.RELEVANCE:
        named: Clause = {
            "constant_score": {"filter": exact, "boost": ranking.exact, "_name": EXACT}
        }
        ranked: Clause = {"dis_max": {"queries": [named, words]}}
        wanted: Clause = {"bool": {"filter": filters, "must": [ranked]}}
    else:
        # What the term names exactly comes first in every order: that, and nothing else, is scored
        # here.
        either: Clause = {"bool": {"should": [exact, words], "minimum_should_match": 1}}
        wanted = {"bool": {"filter": [*filters, either], "should": [constant(exact, 1.0)]}}
    known = {str(i): sense.known() for i, sense in enumerate(term.senses)}
    return Plan(term, wanted, {**known, EXACT: exact}, forms)


def order(sort: Sort) -> list[dict[str, str]]:
    """Named exactly or not (or how well the term fits), then the query's sort, then item id."""
    return [{"_score": "desc"}, *_ORDERS[sort], {"item_id": "asc"}]


def unfiltered(planned: Plan, places: Sequence[int]) -> Clause:
    """Whatever has one of the words at *places*."""
    return {
        "bool": {
            "filter": [_LISTED],
            "should": [planned.known[str(i)] for i in places],
            "minimum_should_match": 1,
        }
    }


@attrs.frozen
class Part:
    """A part of what is found, in an order by price in which its prices are those that are
    shown.
    """

    query: Clause
    order: list[Any]


def parts_by_price(planned: Plan, sort: Sort) -> list[Part]:
    """What is found, in parts: items of one form, those with a form in stock that meets the
    filters, and those without.
    """
    one_form = Part(_narrowed(planned.query, [_ALONE]), order(sort))
    stock_filter = planned.forms.in_stock
    if stock_filter is not None:
        return [
            one_form,
            Part(_narrowed(planned.query, [], [_ALONE]), _order_of_forms(sort, planned.forms)),
        ]
    in_stock = attrs.evolve(planned.forms, in_stock=True)
    having = _having_form(in_stock)
    return [
        one_form,
        Part(_narrowed(planned.query, [having], [_ALONE]), _order_of_forms(sort, in_stock)),
        Part(_narrowed(planned.query, [], [_ALONE, having]), _order_of_forms(sort, planned.forms)),
    ]


def _narrowed(query: Clause, filters: list[Clause], without: list[Clause] | None = None) -> Clause:
    return {"bool": {"must": [query], "filter": filters, "must_not": without or []}}


def _order_of_forms(sort: Sort, forms: FormFilter) -> list[Any]:
    [(_, direction)] = _ORDERS[sort][0].items()
    nested = {"path": "forms", "filter": _one_form(forms)}
    return [
        {"_score": "desc"},
        {"forms.price": {"order": direction, "mode": "min", "nested": nested}},
        {"item_id": "asc"},
    ]


def counts(planned: Plan, query: Query, currency: str) -> Mapping[str, Any]:
    """What to count over all that is found."""
    counted: dict[str, Any] = {
        "categories": {"terms": {"field": "category_value", "size": VALUES_READ}},
        "brands": {"terms": {"field": "brand_value", "size": VALUES_READ}},
        "steps": _steps(planned, query, currency),
    }
    if planned.known:
        counted["known"] = {"filters": {"filters": planned.known}}
    return counted


def _steps(planned: Plan, query: Query, currency: str) -> Mapping[str, Any]:
    """How many there are in each price bucket, by its number."""
    within = steps_within(query, currency)
    if not within or not (planned.forms.attributes or planned.forms.priced):
        return {"terms": {"field": _STEPS[query.in_stock], "size": _ALL_STEPS}}
    # One form has to be in a bucket and meet the filters: the buckets of all forms do not tell.
    narrowed = {
        step: attrs.evolve(query, price_min=low, price_max=high)
        for step, (low, high) in within.items()
    }
    return {
        "filters": {
            "filters": {
                str(step): {"bool": {"filter": list(_form_filters(one))}}
                for step, one in narrowed.items()
            }
        }
    }


def _clauses(term: Term[Sense], ranking: Ranking) -> Iterator[Clause]:
    """The parts of a score: each word, all of them, and their order in the name."""
    for sense in term.senses:
        query = sense.query(ranking.tie)
        query["dis_max"]["_name"] = f"word {sense.word.surface}"
        yield query
    if len(term.senses) > 1:
        every: Clause = {"bool": {"filter": [sense.known() for sense in term.senses]}}
        yield {
            "constant_score": {"filter": every, "boost": ranking.all_words, "_name": "all words"}
        }
        in_order = phrase("name", [sense.word.surface for sense in term.senses], ranking.phrase)
        in_order["match_phrase"]["name"]["_name"] = "phrase in name"
        yield in_order


def _filters(query: Query) -> Iterator[Clause]:
    if query.categories:
        yield _one_of("category_key", [key(v) for v in query.categories])
    if query.brands:
        yield _one_of("brand_key", [key(v) for v in query.brands])
    for name, values in query.metadata.items():
        yield _one_of("metadata", [attribute_term(name, v) for v in values])
    if query.seller_id is not None:
        yield {"term": {"seller": query.seller_id}}
    yield from _form_filters(query)


def _form_filters(query: Query) -> Iterator[Clause]:
    """What one form of an item has to meet."""
    if query.in_stock is not None:
        yield {"term": {"in_stock": query.in_stock}}
    for name, values in query.attributes.items():
        yield _one_of("attribute", [attribute_term(name, v) for v in values])
    if query.price_min is not None or query.price_max is not None:
        yield _price(_PRICES[query.in_stock], query.price_min, query.price_max)
    if (forms := FormFilter.of(query)).joins:
        # Of items with one form the filters before say all.
        yield {"bool": {"should": [_ALONE, _having_form(forms)], "minimum_should_match": 1}}


def _having_form(forms: FormFilter) -> Clause:
    return {"nested": {"path": "forms", "query": _one_form(forms)}}


def _one_form(forms: FormFilter) -> Clause:
    """A form that meets all of *forms*."""
    met = [_one_of("forms.marks", marks) for marks in forms.attributes]
    if forms.in_stock is not None:
        met.append({"term": {"forms.in_stock": forms.in_stock}})
    if forms.priced:
        met.append(_price("forms.price", forms.price_min, forms.price_max))
    return {"bool": {"filter": met}}


def _one_of(field: str, values: Sequence[str]) -> Clause:
    return {"terms": {field: list(values[:_MOST_VALUES])}}


def _price(field: str, least: int | None, most: int | None) -> Clause:
    if (most is not None and most < 0) or (least is not None and least >= _NO_PRICE):
        return _NOTHING
    ends = {"gte": max(least or 0, 0)}
    if most is not None and most < _NO_PRICE:
        ends["lte"] = most
    return {"range": {field: ends}}
