"""One search in one state of the index; repeated with corrections where words were unknown."""

import heapq
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import attrs

from commerce_core.search import Query, Sort
from commerce_opensearch.connection import Connection
from commerce_opensearch.nearwords import nearest, suggesters
from commerce_opensearch.query import EXACT, Plan, counts, order, parts_by_price, plan, unfiltered
from commerce_opensearch.ranking import RANKING
from commerce_opensearch.states import State
from commerce_opensearch.terms import DictionaryMatches, TermReader, begins, literal, match
from commerce_searchtext.documents import spellings_of, suggested
from commerce_searchtext.synonyms import Synonyms
from commerce_searchtext.terms import MOST_NEAR

_SHORTEST_BEGINNING: Final = 3


@attrs.frozen
class Found:
    """A plan and what the engine answered to it."""

    plan: Plan
    answer: Mapping[str, Any]
    hits: Sequence[Mapping[str, Any]]
    """The hits, as the engine returns them."""

    @property
    def names_something(self) -> bool:
        """Whether the term is the id, SKU or code of an item that was found."""
        return bool(
            self.answer["aggregations"].get("known", {"buckets": {EXACT: {"doc_count": 0}}})[
                "buckets"
            ][EXACT]["doc_count"]
        )


class Searching:
    """Runs searches, with one list of synonyms."""

    def __init__(self, connection: Connection, alias: str) -> None:
        self._connection = connection
        self._alias = alias

    def find(
        self, query: Query, state: State, synonyms: Synonyms, body: Mapping[str, Any], currency: str
    ) -> Found:
        """What *query* finds in *state*; *body* says from where on and how much of it."""
        reader = TermReader(RANKING, synonyms)
        found = self._run(
            plan(query, reader.read(query.term) if query.term.strip() else None),
            query,
            state,
            body,
            currency,
        )
        unknown = self._unknown(found, query, state)
        if not unknown:
            return found
        matches = self._look_up(found.plan, unknown, state)
        if not matches.near and not matches.beginnings:
            return found
        return self._run(
            plan(query, reader.read(query.term, matches)), query, state, body, currency
        )

    def _run(
        self, planned: Plan, query: Query, state: State, body: Mapping[str, Any], currency: str
    ) -> Found:
        search_body = {
            "query": planned.query,
            "sort": order(query.sort),
            "track_total_hits": True,
            "_source": ["shown"],
            "aggs": counts(planned, query, currency),
            **body,
        }
        if query.sort in (Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING) and planned.forms.chooses:
            return self._by_price(planned, query.sort, state, search_body)
        answer = self.search(state, search_body)
        return Found(planned, answer, answer["hits"]["hits"])

    def _by_price(
        self, planned: Plan, sort: Sort, state: State, search_body: Mapping[str, Any]
    ) -> Found:
        """A page by the prices that are shown: they are not in one field where filters choose among
        the forms of an item.
        """
        answer = self.search(
            state,
            {key: value for key, value in search_body.items() if key != "search_after"}
            | {"size": 0},
        )
        shown = {key: value for key, value in search_body.items() if key != "aggs"} | {
            "track_total_hits": False
        }
        parts = [
            self.search(state, {**shown, "query": part.query, "sort": part.order})["hits"]["hits"]
            for part in parts_by_price(planned, sort)
        ]
        sign = 1 if sort is Sort.PRICE_ASCENDING else -1
        merged = heapq.merge(
            *parts, key=lambda hit: (-hit["sort"][0], sign * hit["sort"][1], hit["sort"][2])
        )
        return Found(planned, answer, list(islice(merged, search_body["size"])))

    def search(self, state: State, body: Mapping[str, Any]) -> Any:
        """The engine's answer to *body* in *state*, from all of the index or not at all."""
        if state.pit:
            return self._connection.request(
                "POST", "/_search", {**body, "pit": {"id": state.pit}}, _PARAMS
            )
        return self._connection.request(
            "POST",
            f"/{self._alias}/_search",
            body,
            {**_PARAMS, "preference": self._connection.preference},
        )

    def _unknown(self, found: Found, query: Query, state: State) -> list[int]:
        """The places of the words that no listed document has."""
        buckets = found.answer["aggregations"].get("known", {}).get("buckets", {})
        missing = [
            i for i in range(len(found.plan.term.senses)) if not buckets[str(i)]["doc_count"]
        ][:MOST_NEAR]
        if not missing or not _narrows(query):
            return missing
        # They are missing among what the filters leave; that says nothing of the others.
        body = {
            "size": 0,
            "query": unfiltered(found.plan, missing),
            "aggs": {"known": {"filters": {"filters": found.plan.known}}},
        }
        buckets = self.search(state, body)["aggregations"]["known"]["buckets"]
        return [i for i in missing if not buckets[str(i)]["doc_count"]]

    def _look_up(self, planned: Plan, unknown: Sequence[int], state: State) -> DictionaryMatches:
        """Look up words that *unknown* ones begin, or are near to."""
        words = {i: planned.term.senses[i].word.surface for i in unknown}
        beginnings = {
            str(i): begins("begun", word)
            for i, word in words.items()
            if len(word) >= _SHORTEST_BEGINNING
        }
        suggest = {
            name: suggester
            for i, word in words.items()
            for name, suggester in suggesters(str(i), word).items()
        }
        if not beginnings:
            return DictionaryMatches()
        body: dict[str, Any] = {
            "size": 0,
            "query": {
                "bool": {
                    "filter": [{"term": {"listed": True}}],
                    "should": list(beginnings.values()),
                    "minimum_should_match": 1,
                }
            },
            "aggs": {"begun": {"filters": {"filters": beginnings}}},
        }
        response = self.search(state, {**body, "suggest": suggest} if suggest else body)
        begun = {
            int(i)
            for i, bucket in response["aggregations"]["begun"]["buckets"].items()
            if bucket["doc_count"]
        }
        near = {
            i: nearest(str(i), word, response.get("suggest", {}))
            for i, word in words.items()
            if i not in begun
        }
        near = {i: found for i, found in near.items() if found}
        return DictionaryMatches(beginnings=frozenset(begun), near=self._as_written(near, state))

    def _as_written(
        self, near: Mapping[int, Sequence[str]], state: State
    ) -> Mapping[int, Sequence[str]]:
        """*near* with accents and signs in the best words, where most documents that have them
        write them.
        """
        best = {found[0] for found in near.values()}
        if not best:
            return near
        counted = {
            word: {"filter": match("begun", word), "aggs": {"spelled": _written(word)}}
            for word in best
        }
        body = {
            "size": 0,
            "query": {"bool": {"filter": [{"term": {"listed": True}}]}},
            "aggs": counted,
        }
        response = self.search(state, body)["aggregations"]
        written = {word: _most(word, response[word]) for word in best}
        return {i: (written[found[0]], *found[1:]) for i, found in near.items()}


_PARAMS: Final = {"allow_partial_search_results": "false", "include_named_queries_score": "true"}


def _written(word: str) -> Mapping[str, Any]:
    return {
        "terms": {
            "field": "spelled",
            "include": f"{literal(spellings_of(word))}.*",
            "size": 1,
            "execution_hint": "map",
        }
    }


def _most(word: str, counted: Mapping[str, Any]) -> str:
    buckets = counted["spelled"]["buckets"]
    return (
        suggested(buckets[0]["key"])
        if buckets and 2 * buckets[0]["doc_count"] > counted["doc_count"]
        else word
    )


def _narrows(query: Query) -> bool:
    return attrs.evolve(query, cursor=None) != Query(
        term=query.term, sort=query.sort, size=query.size
    )
