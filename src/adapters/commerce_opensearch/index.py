"""The search index in a cluster."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.paging import BadCursor, CursorExpired
from commerce_core.search import (
    Document,
    Explanation,
    Query,
    ResultPage,
    SearchIndex,
    SearchUnavailable,
    Suggestion,
)
from commerce_opensearch import answer
from commerce_opensearch.address import Address
from commerce_opensearch.analysis import ANALYSIS
from commerce_opensearch.connection import Connection
from commerce_opensearch.cursors import Cursor
from commerce_opensearch.explain import explanations
from commerce_opensearch.generations import Generations
from commerce_opensearch.refusals import Failed, Missing, Refused
from commerce_opensearch.searching import Found, Searching
from commerce_opensearch.states import PINNED_FOR, State, States
from commerce_opensearch.suggest import suggest
from commerce_opensearch.writing import Writer
from commerce_searchtext.facets import facets, step_counts
from commerce_searchtext.queries import digest as digest_of
from commerce_searchtext.synonyms import SynonymFile, Synonyms

_LONGEST_ID: Final = 512


#: Says of each document that there is nothing yet that could hold it.
_NO_INDEX: Final = "index_not_found_exception"


class OpenSearchIndex(SearchIndex):
    """An index that any number of processes write and search. The cluster is not called
    before it is needed.

    Args:
        address: where the cluster is.
        currency: of all prices (ISO 4217).
        clock: for how long cursors hold.
    """

    def __init__(self, address: Address, *, currency: str, clock: Clock) -> None:
        self._currency = currency
        self._clock = clock
        self._connection = Connection(address)
        self._synonyms = SynonymFile(address.synonyms, ANALYSIS)
        self._generations = Generations(self._connection, address.prefix, address.refresh_ms)
        self._alias = self._generations.alias
        self._writer = Writer(self._connection, self._generations)
        self._states = States(self._connection, self._alias, clock.now)
        self._searching = Searching(self._connection, self._alias)

    def close(self) -> None:
        """Let go of the cluster. Cursors hold on."""
        self._states.close()
        self._connection.close()

    def claim_writing(self) -> bool:
        return True

    def put(self, documents: Sequence[Document]) -> None:
        self._writer.put(documents)
        self._states.refresh()

    def versions(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, int]:
        wanted_ids = [
            item_id
            for item_id in item_ids
            if 0 < len(item_id.encode("utf-8", "replace")) <= _LONGEST_ID
        ]
        if not wanted_ids:
            self._generations.targets()
            return {}
        self._states.refresh()
        params = {
            "realtime": "false",
            "_source": "false",
            "preference": self._connection.preference,
        }
        try:
            found = self._connection.request(
                "POST", f"/{self._alias}/_mget", {"ids": wanted_ids}, params
            )
        except Missing:
            return {}
        errors = [one["error"] for one in found["docs"] if "error" in one]
        if unknown := next((error for error in errors if error.get("type") != _NO_INDEX), None):
            raise SearchUnavailable(
                f"the search index cannot list its versions ({str(unknown)[:200]})"
            )
        return {
            ItemId(one["_id"]): int(one["_version"]) for one in found["docs"] if one.get("found")
        }

    def find(self, query: Query) -> ResultPage:
        with self._connection.one_search():
            return self._find(query)

    def cached(self, query: Query) -> ResultPage | None:
        return None  # only the server knows whether a page is still valid

    def _find(self, query: Query) -> ResultPage:
        synonyms, digest = self._synonyms.now(), digest_of(query)
        if query.cursor is not None:
            return self._next_page(query, Cursor.decode(query.cursor, query.sort), synonyms, digest)
        state = self._present_state()
        try:
            return self._page(query, state, synonyms, digest, {})
        except SearchUnavailable:
            if not state.pit:
                raise
            self._states.lost(
                state
            )  # a node is gone, or the index was rebuilt: what can be seen now is elsewhere
        return self._page(query, self._present_state(), synonyms, digest, {})

    def suggest(self, prefix: str, size: int) -> Sequence[Suggestion]:
        try:
            return suggest(self._connection, self._alias, prefix, size)
        except Missing:
            return ()

    def explain(self, term: str, size: int) -> Sequence[Explanation]:
        try:
            found = self._searching.find(
                Query(term=term),
                self._states.unpinned(),
                self._synonyms.now(),
                {"size": size},
                self._currency,
            )
        except Missing:
            return ()
        return explanations(found)

    @property
    def needs_rebuild(self) -> bool:
        """Whether the index lacks what was there before: it was begun empty, or by another version
        of the program.
        """
        return not self._generations.is_complete()

    def begin_rebuild(self) -> ItemId | None:
        return self._writer.begin_rebuild()

    def rebuild(self, documents: Sequence[Document]) -> None:
        self._writer.rebuild(documents)

    def finish_rebuild(self) -> None:
        self._writer.finish_rebuild()
        self._states.refresh()

    def _present_state(self) -> State:
        try:
            return self._states.present()
        except Missing:
            self._generations.current()
            return self._states.present()
        except SearchUnavailable:
            return self._states.unpinned()  # not kept for a second page, but a first one there is

    def _next_page(
        self, query: Query, cursor: Cursor, synonyms: Synonyms, digest: str
    ) -> ResultPage:
        if cursor.digest != digest:
            raise BadCursor("a cursor of another query")
        state = State(cursor.pit, cursor.since)
        if (
            not cursor.pit
            or cursor.synonyms != synonyms.name
            or not self._clock.now() < cursor.since + PINNED_FOR
        ):
            raise CursorExpired(
                "the state of the index that this cursor goes on in is not kept any more"
            )
        try:
            return self._page(query, state, synonyms, digest, {"search_after": list(cursor.after)})
        except (Missing, Refused, Failed) as error:
            self._searching.search(
                self._states.unpinned(), {"size": 0}
            )  # fails where it is not the state that is gone
            raise CursorExpired(
                "the state of the index that this cursor goes on in is not kept any more"
            ) from error

    def _page(
        self,
        query: Query,
        state: State,
        synonyms: Synonyms,
        digest: str,
        position: Mapping[str, Any],
    ) -> ResultPage:
        size = max(query.size, 1)
        found = self._searching.find(
            query, state, synonyms, {"size": size + 1, **position}, self._currency
        )
        shown = found.hits[:size]
        return ResultPage(
            hits=answer.hits(shown, found.plan.term, found.plan.forms),
            total=int(found.answer["hits"]["total"]["value"]),
            exact=True,
            facets=facets(
                found.answer["aggregations"],
                step_counts(found.answer["aggregations"]["steps"]),
                self._currency,
            ),
            next_cursor=self._cursor(found, state, synonyms, digest, size),
            did_you_mean=found.plan.term.did_you_mean if not found.names_something else None,
        )

    def _cursor(
        self, found: Found, state: State, synonyms: Synonyms, digest: str, size: int
    ) -> str | None:
        if len(found.hits) <= size:
            return None
        if state.newest >= 0:  # seen by this process as the present, not by a cursor
            self._states.name(state)
        after = tuple(found.hits[size - 1]["sort"])
        return Cursor(
            pit=state.pit, since=state.since, digest=digest, synonyms=synonyms.name, after=after
        ).encode()
