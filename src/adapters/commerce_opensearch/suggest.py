"""Suggestions while a buyer types."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from commerce_core.search import Suggestion
from commerce_opensearch.analysis import ANALYSIS
from commerce_opensearch.connection import Connection
from commerce_opensearch.terms import Clause, begins, literal, match
from commerce_searchtext.shown import suggestion
from commerce_searchtext.suggestions import MOST_ITEMS, SHORT, begun, in_turn, most_common
from commerce_searchtext.words import has_letter

#: Of all that begins so, so many documents are read for the most common texts.
_SAMPLE: Final = 2_000
_VALUES: Final = 50


def suggest(connection: Connection, alias: str, prefix: str, size: int) -> tuple[Suggestion, ...]:
    """At most *size* suggestions, of each kind the best first, the kinds in turn.

    Raises:
        Missing: there is no index.
        SearchUnavailable: the engine does not answer.
    """
    words = begun(prefix, ANALYSIS)
    if not words or size < 1:
        return ()
    response = connection.searches(
        alias, [_values(field, words) for field in _FIELDS] + [_items(words, size)]
    )
    kinds = [
        [Suggestion(text=t, kind=kind) for t in _texts(field, answer, words, size)]
        for (field, kind), answer in zip(_FIELDS.items(), response[:-1], strict=True)
    ]
    return in_turn([*kinds, _found(response[-1])], size)


_FIELDS: Final = {"phrases": "query", "category_phrases": "category", "brand_phrases": "brand"}


def _values(field: str, words: list[str]) -> Mapping[str, Any]:
    """The most common values of *field* that go on from *words*, of a bounded number of
    documents.
    """
    typed = " ".join(words)
    wanted: Clause = (
        begins("name.words", words[-1])
        if field == "phrases"
        else {"prefix": {field: {"value": typed}}}
    )
    terms = {
        "field": field,
        "include": f"{literal(typed)}.*",
        "size": _VALUES,
        "execution_hint": "map",
    }
    sample = {"sampler": {"shard_size": _SAMPLE}, "aggs": {"values": {"terms": terms}}}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [_LISTED, wanted]}},
        "aggs": {"sample": sample},
    }


def _texts(field: str, answer: Mapping[str, Any], words: list[str], size: int) -> Iterator[str]:
    found = [
        (str(b["key"]), int(b["doc_count"]))
        for b in answer["aggregations"]["sample"]["values"]["buckets"]
    ]
    texts = [text for text, _ in most_common(found, phrases=field == "phrases")]
    short = field == "phrases" and len(words) == 1 and len(words[0]) <= SHORT and words[0].isascii()
    chosen = [t for t in texts if not short or (" " not in t and len(t) > SHORT and has_letter(t))]
    yield from chosen[:size]


def _items(words: list[str], size: int) -> Mapping[str, Any]:
    typed = [*(match("name.words", w) for w in words[:-1]), begins("name.words", words[-1])]
    return {
        "size": min(size, MOST_ITEMS),
        "_source": ["shown"],
        "query": {"bool": {"filter": [_LISTED, *typed]}},
    }


def _found(answer: Mapping[str, Any]) -> Sequence[Suggestion]:
    return [suggestion(hit["_source"]["shown"]) for hit in answer["hits"]["hits"]]


_LISTED: Final[Clause] = {"term": {"listed": True}}
