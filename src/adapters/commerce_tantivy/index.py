"""The search index in a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.paging import BadCursor, CursorExpired, decode_cursor, encode_cursor
from commerce_core.search import Document, Explanation, Query, ResultPage, SearchIndex, Suggestion
from commerce_searchtext.queries import digest as digest_of
from commerce_searchtext.synonyms import SynonymFile
from commerce_tantivy import answer
from commerce_tantivy.analysis import ANALYSIS
from commerce_tantivy.explain import explain
from commerce_tantivy.ordering import DEEPEST
from commerce_tantivy.query import Plan, plan
from commerce_tantivy.reading import Reader
from commerce_tantivy.schema import known_version
from commerce_tantivy.states import Pins, Recent, State
from commerce_tantivy.suggest import suggest
from commerce_tantivy.writing import Writer

_KIND: Final = "search"
_PAGES: Final = 512
_SUGGESTIONS: Final = 1_024


class TantivyIndex(SearchIndex):
    """An embedded index: written by one process, read by any number of them.

    Args:
        folder: where it lives; made when it is not there.
        currency: of all prices (ISO 4217).
        clock: for how long cursors hold.
        synonyms: a text file with lines ``a, b, c`` or ``a => b``; read again whenever it was
            changed.
    """

    #: It reads files.
    answers_at_once: Final = True

    def __init__(
        self, folder: Path, *, currency: str, clock: Clock, synonyms: Path | None = None
    ) -> None:
        self._currency = currency
        self._reader = Reader(folder, SynonymFile(synonyms, ANALYSIS))
        self._writer = Writer(folder)
        self._pins = Pins(clock.now)
        self._pages: Recent[tuple[str, str], ResultPage] = Recent(_PAGES)
        self._suggestions: Recent[tuple[str, str, int], Sequence[Suggestion]] = Recent(_SUGGESTIONS)

    @property
    def needs_rebuild(self) -> bool:
        """Whether the index lacks what was there before: it was begun empty, or another version of
        the program made it.
        """
        return self._writer.needs_rebuild

    def close(self) -> None:
        """Let go of the files and of the lock."""
        self._writer.close()

    def claim_writing(self) -> bool:
        return self._writer.claim()

    def put(self, documents: Sequence[Document]) -> None:
        self._writer.put(documents)

    def versions(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, int]:
        searcher = self._reader.state().searcher
        found = {item_id: known_version(searcher, item_id) for item_id in item_ids}
        return {item_id: version for item_id, version in found.items() if version is not None}

    def find(self, query: Query) -> ResultPage:
        digest = digest_of(query)
        state, offset = self._where(query, digest)
        key = _page_key(state, digest, query.size, offset)
        page = self._pages.get(key)
        if page is None:
            page = self._page(query, state, digest, offset)
            self._pages.put(key, page)
        if page.next_cursor is not None and query.cursor is None:
            self._pins.keep(state)
        return page

    def cached(self, query: Query) -> ResultPage | None:
        state = self._reader.known() if query.cursor is None else None
        if state is None:
            return None
        page = self._pages.get(_page_key(state, digest_of(query), query.size, 0))
        if page is not None and page.next_cursor is not None:
            self._pins.keep(state)
        return page

    def suggest(self, prefix: str, size: int) -> Sequence[Suggestion]:
        state = self._reader.state()
        key = (state.name, prefix[:200], size)
        found = self._suggestions.get(key)
        if found is None:
            found = suggest(state, prefix, size)
            self._suggestions.put(key, found)
        return found

    def explain(self, term: str, size: int) -> Sequence[Explanation]:
        return explain(self._reader.state(), term, size)

    def begin_rebuild(self) -> ItemId | None:
        return self._writer.begin_rebuild()

    def rebuild(self, documents: Sequence[Document]) -> None:
        self._writer.rebuild(documents)

    def finish_rebuild(self) -> None:
        self._writer.finish_rebuild()

    @staticmethod
    def _did_you_mean(state: State, planned: Plan) -> str | None:
        suggested = planned.term.did_you_mean
        if suggested is None or planned.exact is None:
            return suggested
        names_something = state.searcher.search(planned.exact, 1, count=False).hits
        return None if names_something else suggested

    def _where(self, query: Query, digest: str) -> tuple[State, int]:
        now = self._reader.state()
        if query.cursor is None:
            return now, 0
        name, key, offset = decode_cursor(_KIND, query.cursor, str, str, int)
        if key != digest or not 0 < offset < DEEPEST:
            raise BadCursor("a cursor of another query")
        state = now if name == now.name else self._pins.find(name)
        if state is None:
            raise CursorExpired(
                "the state of the index that this cursor goes on in is not kept any more"
            )
        return state, offset

    def _page(self, query: Query, state: State, digest: str, offset: int) -> ResultPage:
        planned = plan(query, state)
        size = min(max(query.size, 1), DEEPEST - offset)
        rows = answer.rows(state.searcher, planned, query.sort, offset, size + 1)
        more = len(rows) > size and offset + size < DEEPEST
        total, facets = answer.count(state.searcher, planned, query, self._currency)
        return ResultPage(
            hits=answer.hits(state.searcher, rows[:size], planned),
            total=total,
            exact=True,
            facets=facets,
            next_cursor=encode_cursor(_KIND, state.name, digest, offset + size) if more else None,
            did_you_mean=self._did_you_mean(state, planned),
        )


def _page_key(state: State, digest: str, size: int, offset: int) -> tuple[str, str]:
    """What a page is kept by."""
    return state.name, f"{digest}.{size}.{offset}"
