"""The folder of an index: generations side by side, which of them is in use, and how far a rebuild
is.

``current`` and ``rebuild`` are small files that are replaced whole, so that a process killed at any
moment leaves the one state or the other.
"""

import json
import os
import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tantivy

from commerce_core.kernel.codec import is_object
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.private_files import close_to_others, private_folder, private_opener
from commerce_core.search import Document, SearchUnavailable
from commerce_tantivy.schema import (
    SCHEMA,
    SCHEMA_VERSION,
    known_version,
    register_analysis,
    to_entry,
)

_HEAP: Final = 25_000_000
#: Documents whose entries are in memory at a time.
_AT_ONCE: Final = 100


class Generation:
    """One index on disk."""

    def __init__(self, folder: Path) -> None:
        """Open the index in *folder*, or begin an empty one there.

        Raises:
            ValueError: what is there cannot be read, or has other fields.
        """
        self.folder = folder
        self.meta_file = folder / "meta.json"
        self.index = tantivy.Index(SCHEMA, path=str(folder), reuse=True)
        register_analysis(self.index)
        self.index.config_reader("manual")
        close_to_others(folder)
        self._writer: tantivy.IndexWriter | None = None

    def write(self, documents: Sequence[Document]) -> bool:
        """Take those of *documents* that are newer than what is kept; whether there were any.
        Durable and visible on return.

        Raises:
            SearchUnavailable: the disk or the engine refuses; nothing was taken.
        """
        fresh = self._newer(documents)
        if not fresh:
            return False
        try:
            for start in range(0, len(fresh), _AT_ONCE):
                # What a document alone fails with says nothing of the engine.
                entries = [(d.item_id, to_entry(d)) for d in fresh[start : start + _AT_ONCE]]
                with _engine():
                    self._add(entries)
            with _engine():
                self._commit()
        except BaseException:
            # It may hold half a batch: the next write begins with a fresh one. That needs the
            # engine's own lock, which goes with the last reference: none may stay behind in this
            # error's traceback.
            self._writer = None
            raise
        return True

    def _add(self, entries: Sequence[tuple[ItemId, tantivy.Document]]) -> None:
        if self._writer is None:
            # One thread: a batch does not pay for two half-filled segments. It works while the next
            # entries are made.
            self._writer = self.index.writer(_HEAP, 1)
        for item_id, entry in entries:
            self._writer.delete_documents_by_term("item_id", item_id)
            self._writer.add_document(entry)

    def _commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()
            close_to_others(self.folder)

    def _newer(self, documents: Sequence[Document]) -> list[Document]:
        newest: dict[ItemId, Document] = {}
        for document in documents:
            other = newest.get(document.item_id)
            if other is None or document.version > other.version:
                newest[document.item_id] = document
        self.index.reload()
        searcher = self.index.searcher()
        any_known = tantivy.Query.term_set_query(SCHEMA, "item_id", list(newest))
        if not searcher.search(any_known, 1, count=False).hits:
            return list(newest.values())
        known = {item_id: known_version(searcher, item_id) for item_id in newest}
        return [
            d
            for d in newest.values()
            if (version := known[d.item_id]) is None or d.version > version
        ]

    def close(self) -> None:
        """Let go of the files, as soon as what was merged meanwhile is settled."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.wait_merging_threads()


@contextmanager
def _engine() -> Generator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise SearchUnavailable("the search index cannot be written") from error


class Folder:
    """Where the generations are. Reads at any time; writes only for the process that holds the
    lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._current = path / "current"
        self._rebuild = path / "rebuild"

    @property
    def current_file(self) -> Path:
        """The file that names the generation in use: it is replaced when that changes."""
        return self._current

    def current(self) -> tuple[str | None, bool]:
        """The generation in use, if one can be used, and whether it holds all that was there
        before.
        """
        name, complete = self._named(self._current), bool(_read(self._current).get("whole"))
        return name, complete and name is not None

    def rebuild(self) -> tuple[str | None, ItemId | None]:
        """The generation that is being built, if one is, and the last item that was added to it in
        order.
        """
        last = _read(self._rebuild).get("last")
        return self._named(self._rebuild), ItemId(last) if isinstance(last, str) else None

    def open(self, name: str) -> Generation:
        """The generation *name*, begun if it is not there."""
        folder = self.path / name
        private_folder(folder)
        return Generation(folder)

    def begin(self) -> str:
        """A name that no generation had before."""
        numbers = [int(p.name) for p in self.path.iterdir() if p.name.isdecimal()]
        return f"{max(numbers, default=0) + 1:06}"

    def use(self, name: str, *, complete: bool) -> None:
        """Let *name* be the generation in use from now on."""
        _replace(self._current, {"generation": name, "schema": SCHEMA_VERSION, "whole": complete})

    def advance(self, name: str, last: ItemId | None) -> None:
        """Remember that *name* is being built and has all items up to *last*."""
        _replace(self._rebuild, {"generation": name, "schema": SCHEMA_VERSION, "last": last})

    def forget_rebuild(self) -> None:
        """No generation is being built."""
        self._rebuild.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove the generations that are neither in use nor being built: what a finished or broken
        rebuild left.
        """
        kept = {self._named(self._current), self._named(self._rebuild)}
        for path in self.path.iterdir():
            if path.name.isdecimal() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _named(self, file: Path) -> str | None:
        found = _read(file)
        name = found.get("generation")
        usable = (
            isinstance(name, str) and name.isdecimal() and found.get("schema") == SCHEMA_VERSION
        )
        return name if usable and (self.path / str(name) / "meta.json").exists() else None


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found: Any = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if is_object(found) else {}


def _replace(file: Path, content: Mapping[str, Any]) -> None:
    beside = file.with_name(file.name + ".new")
    with open(beside, "wb", opener=private_opener) as out:
        out.write(json.dumps(content).encode())
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
