"""The one process that writes."""

import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.private_files import close_to_others, private_folder
from commerce_core.kernel.process import ProcessGuard
from commerce_core.search import Document, SearchUnavailable
from commerce_tantivy.generations import Folder, Generation


class Writer:
    """Writes the generation in use, and the one that is being built. Takes the lock of the folder
    with its first write.
    """

    def __init__(self, path: Path) -> None:
        close_to_others(path)
        self._folder = Folder(path)
        self._current: Generation | None = None
        self._next: Generation | None = None
        self._lock_file: int | None = None
        self._process = ProcessGuard("search index")
        self._lock = threading.Lock()

    @property
    def needs_rebuild(self) -> bool:
        """Whether the generation in use lacks what was there before, or cannot be read."""
        name, complete = self._folder.current()
        if name is None or not complete:
            return True
        try:
            self._folder.open(name)
        except (ValueError, OSError):
            return True
        return False

    def claim(self) -> bool:
        """Take the lock of the folder, unless another process has it; whether this one has."""
        self._process.check()
        with self._lock:
            return self._acquire()

    def put(self, documents: Sequence[Document]) -> None:
        """Write *documents* wherever they are missing or older."""
        if not documents:
            return
        self._process.check()
        with self._lock:
            current = self._take()
            # The new generation first: an item counts as written when the one in use has it.
            if self._next is not None:
                self._next.write(documents)
            current.write(documents)

    def begin_rebuild(self) -> ItemId | None:
        """Begin a generation, or go on with one that was begun; the last item it has."""
        self._process.check()
        with self._lock:
            self._take()
            name, last = self._folder.rebuild()
            if self._next is None or name is None:
                name, last = self._folder.begin(), None
                self._next = self._folder.open(name)
                self._folder.advance(name, None)
            return last

    def rebuild(self, documents: Sequence[Document]) -> None:
        """Add *documents* to the generation that is being built."""
        if not documents:
            return
        self._process.check()
        with self._lock:
            self._take()
            if self._next is None:
                raise SearchUnavailable("no rebuild was begun")
            self._next.write(documents)
            self._folder.advance(self._next.folder.name, documents[-1].item_id)

    def finish_rebuild(self) -> None:
        """Use the generation that was built."""
        self._process.check()
        with self._lock:
            before = self._take()
            if self._next is None:
                return
            self._folder.use(self._next.folder.name, complete=True)
            self._folder.forget_rebuild()
            self._current, self._next = self._next, None
            before.close()
            self._folder.sweep()

    def close(self) -> None:
        """Let go of the generations and of the lock."""
        with self._lock:
            for generation in (self._current, self._next):
                if generation is not None:
                    generation.close()
            self._current = self._next = None
            if self._lock_file is not None:
                os.close(self._lock_file)
                self._lock_file = None

    def _take(self) -> Generation:
        if self._current is None:
            if not self._acquire():
                raise SearchUnavailable("another process writes the search index")
            self._current = self._open()
        return self._current

    def _acquire(self) -> bool:
        if self._lock_file is not None:
            return True
        try:
            private_folder(self._folder.path)
            file = os.open(self._folder.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SearchUnavailable("the folder of the search index cannot be written") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._lock_file = file
        return True

    def _open(self) -> Generation:
        """What is on the disk; an empty generation in place of one that is missing or cannot be
        read.
        """
        name, _ = self._folder.current()
        try:
            current = self._folder.open(name) if name is not None else self._begin()
        except (ValueError, OSError):
            current = self._begin()
        rebuilt, _ = self._folder.rebuild()
        # A rebuild that was switched to but not forgotten is over.
        if rebuilt is not None and rebuilt != current.folder.name:
            try:
                self._next = self._folder.open(rebuilt)
            except (ValueError, OSError):
                self._folder.forget_rebuild()
        elif rebuilt is not None:
            self._folder.forget_rebuild()
        self._folder.sweep()
        return current

    def _begin(self) -> Generation:
        name = self._folder.begin()
        generation = self._folder.open(name)
        self._folder.use(name, complete=False)
        return generation
