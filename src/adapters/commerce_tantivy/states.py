"""States of the index that searches see, and those that cursors still name."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import Final, Generic, TypeVar

import attrs
import tantivy

from commerce_searchtext.synonyms import Synonyms
from commerce_tantivy.generations import Generation
from commerce_tantivy.nearwords import NearWords

K = TypeVar("K")
V = TypeVar("V")

#: How many states are kept for cursors, and for how long.
PINS: Final = 64
PINNED_FOR: Final = timedelta(minutes=5)


@attrs.frozen(eq=False)
class State:
    """An unchanging view of the index. Two with one ``name`` answer alike, in every process."""

    name: str
    searcher: tantivy.Searcher
    synonyms: Synonyms
    _dictionaries: "Recent[str, NearWords]"

    @property
    def near_words(self) -> NearWords:
        """The dictionary of this state. It is large: only few states keep theirs."""
        found = self._dictionaries.get(self.name)
        if found is None:
            found = NearWords(self.searcher)
            self._dictionaries.put(self.name, found)
        return found


def see(generation: Generation) -> tuple[str, tantivy.Searcher]:
    """What *generation* holds now, and a name for exactly that."""
    meta = generation.meta_file
    searcher = generation.index.searcher()
    for _ in range(5):
        before = meta.read_bytes()
        generation.index.reload()
        searcher = generation.index.searcher()
        if meta.read_bytes() == before:
            return blake2b(before, digest_size=8).hexdigest(), searcher
    # Written to without a pause: good for a search, but no other process can be sure to see the
    # same.
    return token_hex(8), searcher


def stamp(file: Path) -> tuple[int, int] | None:
    """Something that changes whenever *file* is replaced."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino


class Pins:
    """The states that cursors name: bounded in number and in time, the least used goes first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[str, tuple[datetime, State]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, state: State) -> None:
        """Keep *state*, from now on for the whole time."""
        with self._lock:
            self._kept[state.name] = (self._now() + PINNED_FOR, state)
            self._kept.move_to_end(state.name)
            self._drop()

    def find(self, name: str) -> State | None:
        """The state *name*, if it is still kept."""
        with self._lock:
            self._drop()
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            return self._kept[name][1]

    def _drop(self) -> None:
        now = self._now()
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]
        while len(self._kept) > PINS:
            self._kept.popitem(last=False)


class Recent(Generic[K, V]):
    """A bounded cache that drops the least recently used entry."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """What is kept for *key*."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: K, value: V) -> None:
        """Keep *value* for *key*."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
