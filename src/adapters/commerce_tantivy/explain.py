"""Where a score comes from."""

import json
from collections.abc import Iterator

import tantivy

from commerce_core.search import Explanation, Query, Sort
from commerce_searchtext.shown import explanation
from commerce_tantivy.answer import kept, rows
from commerce_tantivy.query import plan
from commerce_tantivy.states import State


def explain(state: State, term: str, size: int) -> tuple[Explanation, ...]:
    """The first *size* hits for *term*, each with the parts of its score."""
    planned = plan(Query(term=term), state)
    return tuple(
        _explained(state, address, planned.exact, planned.clauses)
        for _, address in rows(state.searcher, planned, Sort.RELEVANCE, 0, size)
    )


def _explained(
    state: State,
    address: tantivy.DocAddress,
    exact: tantivy.Query | None,
    clauses: tuple[tuple[str, tantivy.Query], ...],
) -> Explanation:
    named = [("named exactly", exact)] if exact is not None else []
    return explanation(
        kept(state.searcher, address), list(_parts(state.searcher, address, (*named, *clauses)))
    )


def _parts(
    searcher: tantivy.Searcher,
    address: tantivy.DocAddress,
    clauses: tuple[tuple[str, tantivy.Query], ...],
) -> Iterator[tuple[str, float]]:
    for label, query in clauses:
        try:
            found = json.loads(query.explain(searcher, address).to_json())
        except ValueError:
            continue  # So the engine says that this clause does not match.
        yield label, float(found["value"])
