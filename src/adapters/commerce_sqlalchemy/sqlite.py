"""What SQLite needs beside its statements."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from commerce_core.kernel.private_files import private_file

#: How long a writer waits for its turn, and anybody for a connection.
BUSY_SECONDS: Final = 10.0


def prepare(raw: Any, _: object) -> None:
    """Set a new connection up, as a listener to SQLAlchemy's *connect*."""
    raw.isolation_level = None
    _write_ahead(raw)
    for pragma in (
        "synchronous = FULL",
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "cache_size = -8192",
        "temp_store = MEMORY",
    ):
        raw.execute(f"PRAGMA {pragma}").close()


def _write_ahead(raw: Any) -> None:
    """Set the journal's mode. SQLite's own waiting leaves this statement out: of processes that
    make a file together one is refused.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def keep_private(database: str | None) -> None:
    """Passwords' hashes and addresses lie in the file: it is for the user who runs the shop
    alone.
    """
    if database and not database.startswith((":memory:", "file:")):
        with suppress(FileNotFoundError):  # of a folder that is not there SQLite says more
            private_file(Path(database))
