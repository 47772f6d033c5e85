"""A shop's transaction as part of the host's, on PostgreSQL: visible with its COMMIT, and gone
with its ROLLBACK.
"""

import sys
import threading
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import Any, Final, Self, cast

import sqlalchemy as sa
from sqlalchemy import event

from commerce_core.kernel.errors import Rejected, TransactionLost
from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy import postgres
from commerce_sqlalchemy.transaction import SqlDatabase, SqlTransaction, translate

_HANDED_OVER: Final = threading.local()


class CannotJoin(Rejected):
    """What is to be part of a transaction cannot be part of this one; nothing was done in it."""

    code = "transaction-cannot-be-joined"


def join(database: Database, connection: object) -> "JoinedDatabase":
    """*database* for as long as a transaction lasts that a caller has begun on *connection*: its
    transactions are savepoints of that one.

    The caller's transaction is short (what it has written others wait for until it ends), on the
    server and the database of the shop, and may have any isolation: READ COMMITTED, the server's
    default, meets the fewest conflicts. What is written wakes the shop's workers with the caller's
    COMMIT.

    Args:
        database: of a shop on PostgreSQL.
        connection: SQLAlchemy's (of a session ``session.connection()``) or psycopg's, used by no
            other thread meanwhile.

    Raises:
        CannotJoin: the shop is on another kind of database, or in another one; no transaction was
            begun, or it has failed already, or it may only read.
        TransactionLost: the connection broke.
    """
    if not isinstance(database, SqlDatabase) or database.is_sqlite:
        raise CannotJoin(
            "only a shop on PostgreSQL can be part of another transaction: a file of SQLite has "
            "one writer, who waits for his turn"
        )
    joined = JoinedDatabase(_driver_of(connection), database.schema)
    joined.check()
    return joined


class JoinedDatabase(Database):
    """See :func:`join`."""

    def __init__(self, driver: Any, schema: str | None) -> None:
        self._driver = driver
        self._schema = schema

    def begin(self) -> SqlTransaction:
        return JoinedTransaction(self)

    def snapshot(self) -> SqlTransaction:
        return JoinedTransaction(self)

    def single_read(self) -> SqlTransaction:
        return JoinedTransaction(self)

    def discard_log(self) -> bool:
        return True

    def pause(self, lost: int) -> None:
        """Nothing is tried again within a transaction that holds locks: it is its owner who tries
        the whole of it again.
        """
        raise sys.exception() or TransactionLost("the whole may be tried again")

    def open(self) -> sa.Connection:
        """The caller's connection, as our repositories use it; for :class:`JoinedTransaction`
        alone.
        """
        _HANDED_OVER.driver = self._driver
        return _engine().connect()

    def check(self) -> None:
        """Look whether the shop's tables can be written in the caller's transaction.

        Raises:
            CannotJoin: they cannot.
        """
        table = f"{self._schema}.saga" if self._schema else "saga"
        with self.open() as opened:
            read_only, found = opened.exec_driver_sql(
                "SELECT current_setting('transaction_read_only') = 'on', "
                f"to_regclass('{table}') IS NOT NULL"
            ).one()
        if read_only:
            raise CannotJoin("the transaction may only read")
        if not found:
            raise CannotJoin(f"there is no table {table} where the transaction was begun")

    @property
    def settings(self) -> dict[str, str]:
        """What holds for our statements, and is as it was after them."""
        return postgres.settings_of(self._schema)

    @property
    def channel(self) -> str:
        """Where the shop's workers listen."""
        return postgres.channel_of(self._schema)


class JoinedTransaction(SqlTransaction):
    """A savepoint: what fails in it leaves the caller's transaction as it was before."""

    def __init__(self, database: JoinedDatabase) -> None:
        self._joined = database
        self._connection = None
        self._committed = False
        self._before: dict[str, str] = {}

    def commit(self) -> None:
        """Make it part of the caller's transaction, who commits or rolls back."""
        restored = _setting(self._before)
        self._run(f"SELECT {restored}, pg_notify('{self._joined.channel}', '')")
        self._run("RELEASE SAVEPOINT commerce")
        self._committed = True

    def __enter__(self) -> Self:
        self._connection = self._joined.open()
        self._committed = False
        try:
            self._run("SAVEPOINT commerce")
            try:
                names = self._joined.settings
                shown = ", ".join(f"current_setting('{name}')" for name in names)
                self._before = dict(zip(names, self._run(f"SELECT {shown}"), strict=True))
                self._run(f"SELECT {_setting(names)}")
            except BaseException:
                self._take_back()
                raise
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        try:
            if not self._committed and isinstance(error, TransactionLost):
                with suppress(
                    TransactionLost
                ):  # the connection is lost too: the first error counts
                    self._take_back()
            elif not self._committed:
                self._take_back()
        finally:
            self._end()

    def _take_back(self) -> None:
        """The settings with what was written."""
        self._run("ROLLBACK TO SAVEPOINT commerce")
        self._run("RELEASE SAVEPOINT commerce")

    def _end(self) -> None:
        connection, self._connection = self.connection, None
        connection.close()

    def _run(self, statement: str) -> tuple[Any, ...]:
        result = self.connection.exec_driver_sql(statement)
        return tuple(result.one()) if result.returns_rows else ()


def _setting(values: dict[str, str]) -> str:
    quoted = {name: value.replace("'", "''") for name, value in values.items()}
    return ", ".join(f"set_config('{name}', '{value}', true)" for name, value in quoted.items())


@cache
def _engine() -> sa.Engine:
    """Makes of connections that are handed over what our repositories use. It opens and keeps
    none.
    """
    from commerce_sqlalchemy.borrowed import Borrowed  # needs the server's driver

    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: Borrowed(vars(_HANDED_OVER).pop("driver")),
        poolclass=sa.NullPool, pool_reset_on_return=None, use_native_hstore=False,
        hide_parameters=True,
    )  # fmt: skip
    event.listen(engine, "handle_error", translate)
    return engine


def _driver_of(connection: object) -> Any:
    """The driver's connection, within a transaction that goes on."""
    if isinstance(connection, sa.Connection):
        if not connection.in_transaction():
            raise CannotJoin("no transaction was begun on this connection")
        connection = connection.connection.driver_connection
    import psycopg  # not for shops on SQLite, which need no driver of a server

    if not isinstance(connection, psycopg.Connection):
        raise CannotJoin(f"{type(connection).__module__} is not psycopg, which the shop works with")
    driver: Any = cast("Any", connection)
    status, states = driver.info.transaction_status, psycopg.pq.TransactionStatus
    if status == states.UNKNOWN:
        raise TransactionLost("the connection broke")
    if status == states.INERROR:
        raise CannotJoin("the transaction has failed already and can only be rolled back")
    if status == states.ACTIVE or driver.pgconn.pipeline_status:
        raise CannotJoin("the connection is busy with another statement")
    if status == states.IDLE and driver.autocommit:
        raise CannotJoin("no transaction was begun: the connection commits each statement")
    return driver
