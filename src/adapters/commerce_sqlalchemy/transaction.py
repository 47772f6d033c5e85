"""Transactions on SQLite and PostgreSQL."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from random import SystemRandom
from types import TracebackType
from typing import Any, Final, Self, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from commerce_core.kernel.errors import StorageFull, TransactionLost
from commerce_core.kernel.process import ProcessGuard
from commerce_core.kernel.transaction import Database, Transaction
from commerce_sqlalchemy import postgres, sqlite
from commerce_sqlalchemy.fair_lock import FairLock
from commerce_sqlalchemy.server_clock import ServerClock
from commerce_sqlalchemy.sqlite import BUSY_SECONDS

#: Seconds before a lost transaction is tried again, doubled each time and then shortened by chance.
_PAUSE: Final = 0.01
#: Connections beyond those kept open, for a moment.
_OVERFLOW: Final = 4
#: What is written to see whether there is room, and gone again with the same commit.
_TAKES_ROOM: Final = (
    "CREATE TABLE room_probe (filling BLOB)", "INSERT INTO room_probe VALUES (zeroblob(65536))",
    "DROP TABLE room_probe",
)  # fmt: skip
#: Seconds for which a server is said to be full after it said so.
_TOLD_FOR: Final = 5.0
#: No room for the file, for its log, or for what the server keeps.
_FULL: Final = (
    "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_FSYNC", "53100",
)  # fmt: skip
_LOST_SQLSTATES: Final = frozenset(
    {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "25P03", "53300"}
)
#: A migration has changed a column; the statement is prepared anew after the roll-back.
_OUTDATED: Final = "cached plan must not change result type"


class SqlTransaction(Transaction):
    """An open transaction; ``connection`` is for the repositories of this package alone."""

    def __init__(self, database: "SqlDatabase", *, write: bool) -> None:
        self._database = database
        self._write = write
        self._connection: sa.Connection | None = None
        self.leaves_work = False

    @property
    def connection(self) -> sa.Connection:
        """The connection; only within the ``with`` block."""
        if self._connection is None:
            raise RuntimeError("a transaction is used outside its block")
        return self._connection

    def commit(self) -> None:
        self.connection.commit()
        if self.leaves_work:
            self._database.wake()

    def __enter__(self) -> Self:
        self._connection = self._database.open_connection(write=self._write)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if isinstance(error, StorageFull):
            self._database.note_full()
        connection, self._connection = self._connection, None
        if connection is not None:
            self._database.close_connection(connection, write=self._write, failed=error is not None)


class SqlSingleRead(SqlTransaction):
    """One statement, which the engine itself makes a transaction of."""

    def __init__(self, database: "SqlDatabase") -> None:
        super().__init__(database, write=False)
        self._used = False

    @property
    def connection(self) -> sa.Connection:
        if self._used:
            raise RuntimeError("a single read has one statement: take a snapshot")
        self._used = True
        return super().connection

    def __enter__(self) -> Self:
        self._connection = self._database.open_connection(write=False, single=True)
        return self


def connection(tx: Transaction) -> sa.Connection:
    """The connection of a transaction that one of our databases began."""
    if not isinstance(tx, SqlTransaction):
        raise TypeError(f"{type(tx).__name__} is not a transaction of this database")
    return tx.connection


class SqlDatabase(Database):
    """One database, its pool of connections, and on SQLite the queue of its writers.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host:port/name?option=…``, the
            options being those of libpq, and ``schema``: where the tables lie.
        pool_size: connections kept open; who needs one beyond it waits.

    Raises:
        ValueError: *url* is no address.
    """

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.schema: Final = postgres.schema_of(url) if postgres.is_server(url) else None
        self.engine = self._make_engine(url, pool_size)
        self.is_sqlite: Final = self.engine.dialect.name == "sqlite"
        self.connections_at_most: float = pool_size + (0 if self.is_sqlite else _OVERFLOW)
        self._process = ProcessGuard("database")
        self._turns = FairLock()
        self._local = threading.local()
        self._full_since: float | None = None
        #: Called after each commit that leaves work: events, or orders to be carried on. It must
        #: return at once.
        self.wake: Callable[[], object] = int
        # On SQLite connections are kept open between transactions: to take one out of the pool and
        # give it back costs more than most.
        self._places = threading.BoundedSemaphore(pool_size)
        self._free: deque[sa.Connection] = deque()
        event.listen(self.engine, "handle_error", translate)

    @property
    def open_in_this_thread(self) -> int:
        """How many transactions the calling thread has open: 0 wherever an outside call is made
        (rule 1).
        """
        return getattr(self._local, "open", 0)

    @property
    def connections_in_use(self) -> int:
        """How many connections transactions hold at the moment."""
        return int(cast("Any", self.engine.pool).checkedout()) - len(self._free)

    def note_full(self) -> None:
        """Remember that there was no room for what was to be written."""
        self._full_since = time.monotonic()

    def check_room(self) -> None:
        """Make sure that there is room again, where there was none when something was written last.

        Raises:
            StorageFull: there is none yet.
        """
        since = self._full_since
        if since is None:
            return
        if self.is_sqlite:
            with self.begin() as tx:
                for step in _TAKES_ROOM:
                    tx.connection.exec_driver_sql(step).close()
                tx.commit()
        elif (
            time.monotonic() - since < _TOLD_FOR
        ):  # tables cannot be made there: the next write fails
            raise StorageFull("the database has no room")
        self._full_since = None

    def keep_time(self, clock: ServerClock) -> None:
        """Let *clock* go by the server's."""

        def refresh(raw: Any, _record: object, _proxy: object) -> None:
            clock.refresh(raw)

        event.listen(self.engine, "checkout", refresh)

    def begin(self) -> SqlTransaction:
        return SqlTransaction(self, write=True)

    def snapshot(self) -> SqlTransaction:
        return SqlTransaction(self, write=False)

    def single_read(self) -> SqlTransaction:
        return SqlSingleRead(self)

    def discard_log(self) -> bool:
        with self.snapshot() as tx:
            return not self.is_sqlite or sqlite.empty_log(tx.connection)

    def pause(self, lost: int) -> None:
        time.sleep(SystemRandom().uniform(0.5, 1.0) * _PAUSE * 2**lost)

    def can_be_reached(self) -> bool:
        """Whether a transaction can be begun right now."""
        try:
            with self.snapshot():
                return True
        except TransactionLost:
            return False

    def dispose(self) -> None:
        """Close all connections."""
        while self._free:
            self._free.pop().close()
        self.engine.dispose()

    def open_connection(self, *, write: bool, single: bool = False) -> sa.Connection:
        """Begin; for :class:`SqlTransaction` alone."""
        self._process.check()
        if self.open_in_this_thread:
            raise RuntimeError("this thread already has a transaction open")
        queued = write and self.is_sqlite
        if queued and not self._turns.acquire(BUSY_SECONDS):
            raise TransactionLost("the database is busy")
        try:
            opened = self._connect()
            try:
                opened = self._begin(opened, write=write, single=single)
            except BaseException as error:
                if isinstance(error, StorageFull):
                    self.note_full()
                self._let_go(opened)
                raise
        except BaseException:
            if queued:
                self._turns.release()
            raise
        self._local.open = 1
        return opened

    def close_connection(self, opened: sa.Connection, *, write: bool, failed: bool) -> None:
        """Roll back what was not committed and give the connection back; for
        :class:`SqlTransaction` alone.
        """
        self._local.open = 0
        try:
            self._let_go(opened, read=not (write or failed))
        finally:
            if write and self.is_sqlite:
                self._turns.release()

    def _make_engine(self, url: str, pool_size: int) -> sa.Engine:
        # The last one given back first: each connection has a cache of its own, and a few warm ones
        # serve better than many cold.
        on_server = postgres.is_server(url)
        named, connect = postgres.address(url) if on_server else sqlite.address(url)
        engine = sa.create_engine(
            named, pool_size=pool_size, max_overflow=_OVERFLOW, pool_timeout=BUSY_SECONDS,
            pool_use_lifo=True, connect_args=connect,
            json_serializer=_as_json, json_deserializer=msgspec.json.decode,
            hide_parameters=True,
        )  # fmt: skip
        if on_server:
            postgres.prepare(engine, self.schema)
        else:
            sqlite.keep_private(engine.url.database)
            event.listen(engine, "connect", sqlite.prepare)
        return engine

    def _begin(self, opened: sa.Connection, *, write: bool, single: bool) -> sa.Connection:
        if self.is_sqlite:
            if not single:
                opened.begin()
                _begin_sqlite(opened, write=write)
            return opened
        if single:
            opened = opened.execution_options(isolation_level="AUTOCOMMIT")
        elif not write:
            opened = opened.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        opened.begin()
        if write:
            begin_on_server(opened, postgres.BEGIN)
        return opened

    def _connect(self) -> sa.Connection:
        if not self.is_sqlite:
            return self._from_pool()
        if not self._places.acquire(timeout=BUSY_SECONDS):
            raise TransactionLost("all connections to the database are in use")
        try:
            with suppress(IndexError):
                return self._free.pop()
            return self._from_pool()
        except BaseException:
            self._places.release()
            raise

    def _from_pool(self) -> sa.Connection:
        try:
            return self.engine.connect()
        except NoConnectionFree as error:
            raise TransactionLost("all connections to the database are in use") from error
        except InvalidRequestError as error:  # closed again as soon as it was opened
            raise TransactionLost("the database cannot be reached") from error

    def _let_go(self, opened: sa.Connection, *, read: bool = False) -> None:
        """A file's connection does not go stale: it is kept as it is for the next transaction, on
        whatever thread.

        What was only *read* is committed on a server: with a roll-back its driver forgets what it
        has prepared.
        """
        if not self.is_sqlite:
            with opened:
                if read:
                    opened.commit()
            return
        try:
            opened.rollback()
            self._free.append(opened)
        except BaseException:
            opened.close()
            raise
        finally:
            self._places.release()


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _begin_sqlite(opened: sa.Connection, *, write: bool) -> None:
    """The driver would begin late and DEFERRED; a writer must hold the write lock from its first
    read on.

    Not as a listener to SQLAlchemy's events: an engine that has any asks around before and after
    every statement.
    """
    raw: Any = opened.connection.dbapi_connection
    try:
        raw.execute("BEGIN IMMEDIATE" if write else "BEGIN").close()
    except sqlite3.OperationalError as error:
        _raise_if_lost(error)
        raise OperationalError("BEGIN", None, error) from error


def begin_on_server(opened: sa.Connection, message: str) -> None:
    """Begin a transaction by *message*."""
    driver: Any = opened.connection.dbapi_connection
    try:
        postgres.begin(driver, message)
    except opened.dialect.loaded_dbapi.Error as error:
        raise translate_error(opened, error, driver, "BEGIN") from error


def translate(context: Any) -> None:
    """Turn what the whole transaction may be tried again after into one kind of error; leave
    everything else alone.
    """
    if postgres.is_away(context):
        raise TransactionLost("the database cannot be reached") from context.original_exception
    _raise_if_lost(context.original_exception, disconnected=context.is_disconnect)


def translate_error(
    connection: sa.Connection, error: Any, driver: Any, statement: str
) -> DBAPIError:
    """An error of the *driver*'s connection as SQLAlchemy raises it; one that it has cost is not
    used again.

    Raises:
        TransactionLost: the whole transaction may be tried again.
    """
    dialect = connection.dialect
    if gone := dialect.is_disconnect(error, driver, None):
        connection.invalidate(error)
    _raise_if_lost(error, disconnected=gone)
    return cast(
        "DBAPIError",
        DBAPIError.instance(statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect),
    )


def _raise_if_lost(error: Any, *, disconnected: bool = False) -> None:
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", "") or ""
    if code in _FULL:
        raise StorageFull(f"the database has no room ({code})") from error
    if (
        disconnected
        or code in _LOST_SQLSTATES
        or code.startswith(("08", "SQLITE_BUSY", "SQLITE_LOCKED"))
        or (code == "0A000" and _OUTDATED in str(error))
    ):
        raise TransactionLost(
            f"the database gave up on a transaction ({code or 'the connection broke'})"
        ) from error
