"""The present state of the index, as any process sees it."""

import threading
from pathlib import Path
from typing import Final

import tantivy

from commerce_core.kernel.process import ProcessGuard
from commerce_core.search import SearchUnavailable
from commerce_searchtext.synonyms import SynonymFile, Synonyms
from commerce_tantivy.generations import Folder, Generation
from commerce_tantivy.nearwords import NearWords
from commerce_tantivy.schema import SCHEMA
from commerce_tantivy.states import Recent, State, see, stamp

_Stamp = tuple[int, int] | None

_TRIES: Final = 5
_DICTIONARIES: Final = 4


class Reader:
    """Follows the generation in use: it looks at two files before every search and reloads when one
    was replaced.
    """

    def __init__(self, folder: Path, synonyms: SynonymFile) -> None:
        self._folder = Folder(folder)
        self._synonyms = synonyms
        self._generation: Generation | None = None
        self._stamps_read: tuple[_Stamp, _Stamp] | None = None
        self._dictionaries: Recent[str, NearWords] = Recent(_DICTIONARIES)
        self._state = self._named("nothing", tantivy.Index(SCHEMA).searcher(), synonyms.now())
        self._process = ProcessGuard("search index")
        self._lock = threading.Lock()

    def state(self) -> State:
        """The present state: what was put before is in it.

        Raises:
            SearchUnavailable: the files cannot be read.
        """
        self._process.check()
        synonyms = self._synonyms.now()
        if self._stamps() == self._stamps_read and synonyms is self._state.synonyms:
            return self._state
        with self._lock:
            failure: Exception | None = None
            for _ in range(_TRIES):
                try:
                    return self._reload()
                except (OSError, ValueError) as error:
                    # The generation was switched or merged between two looks: the next one sees the
                    # new files.
                    self._stamps_read, failure = None, error
            raise SearchUnavailable("the search index cannot be read") from failure

    def known(self) -> State | None:
        """The state that was read last, if it is the present one still. Reads no index and waits
        for nobody.
        """
        stamps, state = (
            self._stamps_read,
            self._state,
        )  # in this order: what was seen is written last
        return (
            state if self._stamps() == stamps and self._synonyms.now() is state.synonyms else None
        )

    def _named(self, name: str, searcher: tantivy.Searcher, synonyms: Synonyms) -> State:
        return State(f"{name}.{synonyms.name}", searcher, synonyms, self._dictionaries)

    def _stamps(self) -> tuple[_Stamp, _Stamp]:
        meta = stamp(self._generation.meta_file) if self._generation is not None else None
        return stamp(self._folder.current_file), meta

    def _reload(self) -> State:
        synonyms, stamps = self._synonyms.now(), self._stamps()
        if stamps == self._stamps_read and synonyms is self._state.synonyms:
            return self._state
        name, _ = self._folder.current()
        if name is None:
            self._generation, view = None, ("nothing", tantivy.Index(SCHEMA).searcher())
        else:
            if self._generation is None or self._generation.folder.name != name:
                self._generation = self._folder.open(name)
            stamps = self._stamps()
            view = see(self._generation)
        self._state = self._named(*view, synonyms)
        self._stamps_read = stamps
        return self._state
