"""Suggestions while a buyer types."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import tantivy
from tantivy import Occur

from commerce_core.search import Suggestion
from commerce_searchtext.shown import suggestion
from commerce_searchtext.suggestions import MOST_ITEMS, SHORT, begun, in_turn, most_common
from commerce_searchtext.words import has_letter
from commerce_tantivy.analysis import ANALYSIS
from commerce_tantivy.answer import kept
from commerce_tantivy.schema import SCHEMA
from commerce_tantivy.states import State

#: Of a dictionary, so many entries are read for the most common ones.
_CANDIDATES: Final = 3_000


def suggest(state: State, prefix: str, size: int) -> tuple[Suggestion, ...]:
    """At most *size* suggestions, of each kind the best first, the kinds in turn."""
    words = begun(prefix, ANALYSIS)
    if not words or size < 1:
        return ()
    kinds = (
        (Suggestion(text=t, kind="query") for t in _queries(state, words, size)),
        (
            Suggestion(text=t, kind="category")
            for t in _values(state, "category_phrases", words, size)
        ),
        (Suggestion(text=t, kind="brand") for t in _values(state, "brand_phrases", words, size)),
        _items(state, words, size),
    )
    return in_turn(kinds, size)


def _queries(state: State, words: list[str], size: int) -> Iterator[str]:
    if len(words) > 1 or len(words[0]) > SHORT or not words[0].isascii():
        return _values(state, "phrases", words, size)
    # There are too many phrases with one letter in front to look for the common ones: single words
    # will do.
    found = (
        w for w in _values(state, "name_words", words, 3 * size) if len(w) > SHORT and has_letter(w)
    )
    return (state.near_words.as_written(word) for word in found)


def _values(state: State, field: str, words: list[str], size: int) -> Iterator[str]:
    """The most common texts of a dictionary that go on from *words*; the same text once."""
    found = state.searcher.terms_with_prefix(field, " ".join(words), limit=_CANDIDATES)
    texts = (
        text
        for text, term in most_common(found, phrases=field == "phrases")
        if _alive(state, field, term)
    )
    yield from islice(texts, size)


def _alive(state: State, field: str, term: str) -> bool:
    """Whether a document has it: dictionaries list the terms of documents that went until segments
    are merged.
    """
    return bool(
        state.searcher.search(tantivy.Query.term_query(SCHEMA, field, term), 1, count=False).hits
    )


def _items(state: State, words: list[str], size: int) -> Iterator[Suggestion]:
    last = tantivy.Query.fuzzy_term_query(SCHEMA, "name_words", words[-1], distance=0, prefix=True)
    before = [tantivy.Query.term_query(SCHEMA, "name_words", w) for w in words[:-1]]
    query = tantivy.Query.boolean_query([(Occur.Must, q) for q in (*before, last)])
    for _, address in state.searcher.search(query, min(size, MOST_ITEMS), count=False).hits:
        yield suggestion(kept(state.searcher, address))
