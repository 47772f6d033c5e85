"""What SQLite needs beside its statements."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.private_files import private_file

#: How long a writer waits for its turn, and anybody for a connection.
BUSY_SECONDS: Final = 10.0

_WAITS: Final = f"busy_timeout = {int(BUSY_SECONDS * 1000)}"

#: A statement over given rows has a text for each power of two of them: the library's 128 would
#: have most of a shop's prepared anew each time.
_KEPT_STATEMENTS: Final = 512


def address(url: str) -> tuple[sa.URL, dict[str, Any]]:
    """The address as SQLAlchemy spells it, and what to connect with that it leaves open."""
    return sa.make_url(url), {"cached_statements": _KEPT_STATEMENTS}


def prepare(raw: Any, _: object) -> None:
    """Set a new connection up, as a listener to SQLAlchemy's *connect*."""
    raw.isolation_level = None
    _write_ahead(raw)
    for pragma in (
        "synchronous = FULL",
        _WAITS,
        "cache_size = -4096",
        "temp_store = MEMORY",
        # What is deleted is overwritten: somebody may have asked for it to be erased.
        "secure_delete = ON",
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


def empty_log(opened: sa.Connection) -> bool:
    """Write the log into the file and cut it to nothing, unless somebody reads in it just now;
    whether that was done.
    """
    raw: Any = opened.connection.dbapi_connection
    opened.rollback()
    raw.execute("PRAGMA busy_timeout = 200").close()
    try:
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        raw.execute(f"PRAGMA {_WAITS}").close()


def keep_private(database: str | None) -> None:
    """Passwords' hashes and addresses lie in the file: it is for the user who runs the shop
    alone.
    """
    if database and not database.startswith((":memory:", "file:")):
        with suppress(FileNotFoundError):  # of a folder that is not there SQLite says more
            private_file(Path(database))
