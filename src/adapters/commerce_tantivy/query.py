"""From a buyer's query to the engine's. A term is never given to a parser: every word becomes a
term query of its own.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs
import tantivy
from tantivy import FieldType, Occur

from commerce_core.search import Query
from commerce_searchtext.documents import attribute_term
from commerce_searchtext.forms import FormFilter
from commerce_searchtext.terms import Term
from commerce_searchtext.words import key
from commerce_tantivy.analysis import stem
from commerce_tantivy.ranking import RANKING, Ranking
from commerce_tantivy.schema import SCHEMA
from commerce_tantivy.states import State
from commerce_tantivy.terms import Sense, TermReader

_LISTED: Final = tantivy.Query.term_query(SCHEMA, "listed", True)
_PRICES: Final = {None: "prices", True: "prices_in_stock", False: "prices_sold_out"}
#: More values of one filter than a page of check boxes has.
_MOST_VALUES: Final = 1_000


@attrs.frozen
class Plan:
    """What to search for: the items that the term names exactly, then the others; and everything
    together.
    """

    term: Term[Sense]
    exact: tantivy.Query | None
    others: tantivy.Query
    everything: tantivy.Query
    clauses: tuple[tuple[str, tantivy.Query], ...]
    ranked: bool
    wanted: tantivy.Query
    """Everything that is found, whatever the filters are."""
    forms: FormFilter

    def priced(self, query: Query, least: int, most: int | None) -> tantivy.Query:
        """What the filters of *query* leave, at a price from *least* to *most*."""
        return _all_of(
            [self.wanted], list(_filters(attrs.evolve(query, price_min=least, price_max=most)))
        )


def plan(query: Query, state: State, ranking: Ranking = RANKING) -> Plan:
    """Understand *query* in *state*."""
    filters, forms = list(_filters(query)), FormFilter.of(query)
    if not query.term.strip():
        browsing = _all_of([_LISTED], filters)
        return Plan(
            Term("", [], set()),
            None,
            browsing,
            browsing,
            (),
            ranked=False,
            wanted=_LISTED,
            forms=forms,
        )
    reader = TermReader(state, ranking)
    term = reader.read(query.term)
    exact = tantivy.Query.term_query(SCHEMA, "exact", term.exact)
    found = [sense.query(ranking.tie) for sense in term.senses]
    clauses = tuple(_clauses(term, found, ranking))
    words = tantivy.Query.boolean_query([(Occur.Should, q) for _, q in clauses])
    others = tantivy.Query.boolean_query([(Occur.Must, words), (Occur.MustNot, exact)])
    either = tantivy.Query.boolean_query(
        [(Occur.Should, exact), *((Occur.Should, q) for q in found)]
    )
    named, rest, everything = (_all_of([q], filters) for q in (exact, others, either))
    return Plan(term, named, rest, everything, clauses, ranked=True, wanted=either, forms=forms)


def _clauses(
    term: Term[Sense], found: Sequence[tantivy.Query], ranking: Ranking
) -> Iterator[tuple[str, tantivy.Query]]:
    """The parts of a score: each word, all of them, and their order in the name."""
    for sense, query in zip(term.senses, found, strict=True):
        yield f"word {sense.word.surface}", query
    if len(found) > 1:
        every = tantivy.Query.boolean_query([(Occur.Must, query) for query in found])
        yield "all words", tantivy.Query.const_score_query(every, ranking.all_words)
        phrase = tantivy.Query.phrase_query(
            SCHEMA, "name", [stem(sense.word.surface) for sense in term.senses]
        )
        yield "phrase in name", tantivy.Query.boost_query(phrase, ranking.phrase)


def _all_of(queries: Sequence[tantivy.Query], filters: Sequence[tantivy.Query]) -> tantivy.Query:
    if not filters and len(queries) == 1:
        return queries[0]
    silent = [tantivy.Query.const_score_query(f, 0.0) for f in filters]
    return tantivy.Query.boolean_query([(Occur.Must, q) for q in (*queries, *silent)])


def _filters(query: Query) -> Iterator[tantivy.Query]:
    if query.categories:
        yield _one_of("category_key", [key(v) for v in query.categories])
    if query.brands:
        yield _one_of("brand_key", [key(v) for v in query.brands])
    for name, values in query.metadata.items():
        yield _one_of("metadata", [attribute_term(name, v) for v in values])
    if query.seller_id is not None:
        yield tantivy.Query.term_query(SCHEMA, "seller", query.seller_id)
    if query.in_stock is not None:
        yield tantivy.Query.term_query(SCHEMA, "in_stock", query.in_stock)
    for name, values in query.attributes.items():
        yield _one_of("attribute", [attribute_term(name, v) for v in values])
    if query.price_min is not None or query.price_max is not None:
        yield _price(_PRICES[query.in_stock], query.price_min, query.price_max)
    if (forms := FormFilter.of(query)).joins:
        yield _one_form(forms.marks())


def _one_of(field: str, values: Sequence[str]) -> tantivy.Query:
    return tantivy.Query.term_set_query(SCHEMA, field, list(values[:_MOST_VALUES]))


def _one_form(wanted: Sequence[Sequence[str]]) -> tantivy.Query:
    """One form has a mark of each of *wanted*: items with several are checked, for the others the
    other filters decide.
    """
    if not all(wanted):
        return tantivy.Query.empty_query()
    # Marks are letters, digits and colons: none is a sign in the engine's patterns.
    words: list[str | tuple[int, str]] = [(0, "|".join(marks[:_MOST_VALUES])) for marks in wanted]
    exact = all(len(marks) == 1 for marks in wanted)
    met = tantivy.Query.phrase_query if exact else tantivy.Query.regex_phrase_query
    alone = tantivy.Query.term_query(SCHEMA, "one_form", True)
    return tantivy.Query.boolean_query(
        [(Occur.Should, alone), (Occur.Should, met(SCHEMA, "forms", words))]
    )


def _price(field: str, least: int | None, most: int | None) -> tantivy.Query:
    # Beyond 63 bits there is no price: such an end is as good as none, or excludes everything.
    if (most is not None and most < 0) or (least is not None and least >= 1 << 63):
        return tantivy.Query.empty_query()
    low = max(least or 0, 0)
    high = None if most is None or most >= 1 << 63 else most
    return tantivy.Query.range_query(
        SCHEMA, field, FieldType.Unsigned, lower_bound=low, upper_bound=high
    )
