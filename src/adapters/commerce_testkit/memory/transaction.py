"""Transactions over dictionaries: a writer works on private copies of the tables it touches, a
commit swaps them in.
"""

import threading
from types import TracebackType
from typing import Any, Self

from commerce_core.kernel.transaction import Database, Transaction


class MemoryTransaction(Transaction):
    """An open transaction over a :class:`MemoryDatabase`."""

    def __init__(self, database: "MemoryDatabase", *, write: bool) -> None:
        self._database = database
        self._write = write
        self._mine: dict[str, dict[Any, Any]] = {}
        self._visible: dict[str, dict[Any, Any]] = {}

    def table(self, name: str) -> dict[Any, Any]:
        """The rows of table *name* by key, to read and (in a writing transaction) to change. Values
        are never changed in place.
        """
        if not self._write:
            return self._visible.get(name, {})
        if name not in self._mine:
            self._mine[name] = dict(self._visible.get(name, {}))
        return self._mine[name]

    def commit(self) -> None:
        self._database.tables = self._visible = self._visible | self._mine
        self._mine = {}

    def __enter__(self) -> Self:
        if self._write:
            self._database.writing.acquire()
        self._visible = self._database.tables
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._mine = {}
        if self._write:
            self._database.writing.release()


class MemoryDatabase(Database):
    """Tables in memory. Writers take turns; a snapshot never changes."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Any, Any]] = {}
        self.writing = threading.Lock()

    def begin(self) -> MemoryTransaction:
        return MemoryTransaction(self, write=True)

    def snapshot(self) -> MemoryTransaction:
        return MemoryTransaction(self, write=False)

    def single_read(self) -> MemoryTransaction:
        return self.snapshot()

    def discard_log(self) -> bool:
        return True

    def pause(self, lost: int) -> None:
        """Nobody is met half way here."""


def table(tx: Transaction, name: str) -> dict[Any, Any]:
    """Table *name* in a transaction that a :class:`MemoryDatabase` began."""
    if not isinstance(tx, MemoryTransaction):
        raise TypeError(f"{type(tx).__name__} is not a transaction in memory")
    return tx.table(name)
