"""Writing documents: by any process, in any order."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from commerce_core.kernel.ids import ItemId
from commerce_core.search import Document, SearchUnavailable
from commerce_opensearch.connection import Connection
from commerce_opensearch.generations import Generations, writing
from commerce_opensearch.refusals import Missing
from commerce_opensearch.schema import to_entry

_TRIES: Final = 3
#: What a document answers that is not newer than what is kept.
_CONFLICT: Final = 409
_GONE: Final = 404


class Writer:
    """Writes the generation in use, and the one that is being built."""

    def __init__(self, connection: Connection, generations: Generations) -> None:
        self._connection = connection
        self._generations = generations
        self._building: str | None = None

    def put(self, documents: Sequence[Document]) -> None:
        """Write *documents* wherever they are missing or older; durable and visible on return."""
        # Their versions were read before the generations are looked up: one that is begun later is
        # filled from what is newer.
        for _ in range(_TRIES):
            current = self._generations.targets()
            names = [
                name
                for name in (current.next, current.current or self._generations.current())
                if name is not None
            ]
            if not documents or self._write(names, documents):
                return
        raise SearchUnavailable("the search index was switched again and again")

    def begin_rebuild(self) -> ItemId | None:
        """Begin a generation, or go on with one that was begun; the last item it has."""
        self._building = self._generations.begin()
        return self._generations.last(self._building)

    def rebuild(self, documents: Sequence[Document]) -> None:
        """Add *documents* to the generation that this process found being built."""
        if not documents:
            return
        if self._building is None or not self._write([self._building], documents):
            raise SearchUnavailable("the index that was being built is gone, or none was begun")
        self._generations.advance(self._building, documents[-1].item_id)

    def finish_rebuild(self) -> None:
        """Use the generation that was built: the one that this process filled, never one that
        another has begun since.
        """
        building, self._building = self._building, None
        if building is not None:
            self._generations.use(building)

    def _write(self, names: Sequence[str], documents: Sequence[Document]) -> bool:
        """Whether all was taken; not, where a generation is gone."""
        try:
            failed = [
                one
                for one in self._connection.write(list(_actions(names, _newest(documents))))
                if one[0] != _CONFLICT
            ]
        except Missing:
            return False
        if any(status != _GONE for status, _ in failed):
            status, reason = next(one for one in failed if one[0] != _GONE)
            raise SearchUnavailable(
                f"the search index refuses a document ({status}: {reason[:200]})"
            )
        return not failed


def _newest(documents: Sequence[Document]) -> list[Document]:
    newest: dict[ItemId, Document] = {}
    for document in documents:
        other = newest.get(document.item_id)
        if other is None or document.version > other.version:
            newest[document.item_id] = document
    return list(newest.values())


def _actions(names: Sequence[str], documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
    for document in documents:
        entry = to_entry(document)
        for name in names:
            yield {
                "_op_type": "index",
                "_index": writing(name),
                "_id": document.item_id,
                "version": document.version,
                "version_type": "external",
                "_source": entry,
            }
