"""Searches, and waiting until a write can be found."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from commerce_core.catalog import ImportQueue, ImportStatus
from commerce_core.kernel.ids import ImportId, ItemId
from commerce_core.kernel.paging import BadCursor, decode_cursor, encode_cursor
from commerce_core.kernel.transaction import Database
from commerce_core.search.model import Explanation, Query, ResultPage, Suggestion
from commerce_core.search.ports import SearchIndex

_ITEM: Final = "item-write"
_IMPORT: Final = "import-write"


def item_token(item_id: ItemId, version: int) -> str:
    """An opaque text that names a write of one item: its document has *version* once it can be
    found.
    """
    return encode_cursor(_ITEM, item_id, version)


def import_token(import_id: ImportId) -> str:
    """An opaque text that names the rows of an import."""
    return encode_cursor(_IMPORT, import_id)


class Searches:
    """Finding items. Everything here only reads."""

    def __init__(self, database: Database, imports: ImportQueue, index: SearchIndex) -> None:
        self._db = database
        self._imports = imports
        self._index = index

    def find(self, query: Query) -> ResultPage:
        """A page of hits; see :meth:`SearchIndex.find`.

        Raises:
            BadCursor, CursorExpired: the cursor cannot be followed.
            SearchUnavailable: the engine does not answer.
        """
        return self._index.find(query)

    def cached(self, query: Query) -> ResultPage | None:
        """The page that :meth:`find` would answer, if it is there already; ``None``: it has to be
        searched for. Waits for nobody.
        """
        return self._index.cached(query)

    def suggest(self, prefix: str, size: int) -> Sequence[Suggestion]:
        """At most *size* things to search for that begin with *prefix*.

        Raises:
            SearchUnavailable: the engine does not answer.
        """
        return self._index.suggest(prefix, size)

    def explain(self, term: str, size: int) -> Sequence[Explanation]:
        """Why the first *size* hits for *term* stand where they stand.

        Raises:
            SearchUnavailable: the engine does not answer.
        """
        return self._index.explain(term, size)

    def is_visible(self, token: str) -> bool:
        """Whether a search would show the write that *token* names; see :meth:`visible`."""
        return bool(self.visible((token,)))

    def visible(self, tokens: Collection[str]) -> frozenset[str]:
        """Those of *tokens* whose writes a search would show. All items are looked up at once.

        Raises:
            BadCursor: one is no token of ours.
            SearchUnavailable: the engine does not answer.
        """
        items: dict[str, tuple[ItemId, int]] = {}
        imports: dict[str, ImportId] = {}
        for token in tokens:
            try:
                item_id, version = decode_cursor(_ITEM, token, str, int)
                items[token] = (ItemId(item_id), version)
            except BadCursor:
                (import_id,) = decode_cursor(_IMPORT, token, str)
                imports[token] = ImportId(import_id)
        known: Mapping[ItemId, int] = (
            self._index.versions(list({item_id for item_id, _ in items.values()})) if items else {}
        )
        searchable = {
            token for token, (item_id, version) in items.items() if known.get(item_id, 0) >= version
        }
        return frozenset(
            searchable
            | {token for token, import_id in imports.items() if self._import_is_visible(import_id)}
        )

    def _import_is_visible(self, import_id: ImportId) -> bool:
        with self._db.snapshot() as tx:
            job = self._imports.load(tx, import_id)
        if job is None:
            return True
        if job.status is not ImportStatus.FINISHED:
            return False
        latest = {ItemId(item_id): version for item_id, version in job.progress.latest}
        known = self._index.versions(list(latest))
        return all(known.get(item_id, 0) >= version for item_id, version in latest.items())
