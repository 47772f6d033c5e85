"""Where the sandbox's gateway and carrier keep their books: a file each, apart from the shop's
database, as a real party's would be.
"""

import sqlite3
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from commerce_core.kernel.private_files import private_file, private_folder
from commerce_core.kernel.process import ProcessGuard

_BUSY_SECONDS: Final = 5.0
_Parameters: TypeAlias = tuple[str | int, ...] | Mapping[str, str]


class SandboxFile:
    """An SQLite file with one connection that threads use in turns: a statement takes microseconds,
    and there is one writer anyhow.

    What was committed outlives a process that is killed; the loss of the machine's power may take
    the latest entries.

    Args:
        path: the file; it and its folder are made when missing.
        schema: statements that make the tables where they are missing.
    """

    def __init__(self, path: Path, schema: str) -> None:
        private_folder(path.parent)
        private_file(path)
        self._process = ProcessGuard("sandbox")
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        _write_ahead(self._connection)
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")

    def rows_of(self, statement: str, parameters: _Parameters) -> list[tuple[Any, ...]]:
        """The rows of one statement, which is a transaction of its own.

        Raises:
            sqlite3.Error: it was not carried out.
        """
        self._process.check()
        with self._turn:
            return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """The connection, for several statements: the write lock is held from the first on;
        committed at the end, rolled back on an error.
        """
        self._process.check()
        with self._turn:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection. Idempotent."""
        with self._turn:
            self._connection.close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Set the journal's mode. SQLite's own waiting leaves this statement out: of processes that
    make a file together one is refused.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
