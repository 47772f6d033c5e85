"""A shop on the connections of an engine that its host has."""

import sys
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from commerce_core.kernel.errors import TransactionLost, Unavailable
from commerce_sqlalchemy import postgres
from commerce_sqlalchemy.transaction import SqlDatabase, begin_on_server

#: Seconds for which a pool is called again after it gave a connection that is dead.
_LOOKED_FOR: Final = 10.0
_Pooled: TypeAlias = sa.PoolProxiedConnection


class NoConnection(TransactionLost):
    """The pool of the host's engine had no connection in time; nothing was done."""


class EngineDatabase(SqlDatabase):
    """The database behind somebody else's *engine*: each transaction takes a connection out of its
    pool and gives it back as it was. Only the one that hears of work in other processes is kept.

    The engine's settings, types and listeners are neither met nor changed. It stays its owner's:
    nobody disposes of it here, and it lives longer than the shop. One shop has one of these.

    Args:
        engine: on PostgreSQL by psycopg, not asynchronous.
        schema: where the shop's tables are, as in an address; ``None``: where the engine finds
            tables that no schema is named of.

    Raises:
        ValueError: a shop cannot use such an engine.
    """

    def __init__(self, engine: sa.Engine, schema: str | None = None) -> None:
        _check(engine)
        self._host = engine
        at = engine.url
        address = sa.URL.create(
            "postgresql", host=at.host, port=at.port, database=at.database,
            query={"schema": schema} if schema else {},
        )  # fmt: skip
        #: Where it is, without a login: what the shop's settings name as its database.
        self.url: Final = address.render_as_string()
        super().__init__(self.url)
        self.connections_at_most = inf
        self._beginnings: Final = postgres.beginnings(self.schema)
        self._counting = threading.Lock()
        self._in_use = 0
        #: Calls the pool, and raises Unavailable where that takes too long.
        self.in_time: Callable[[Callable[[], _Pooled]], _Pooled] = _at_once

    @property
    def connections_in_use(self) -> int:
        return self._in_use

    def pause(self, lost: int) -> None:
        """Who has waited for a connection in vain does not wait once more."""
        if isinstance(error := sys.exception(), NoConnection):
            raise error
        super().pause(lost)

    def open_connection(self, *, write: bool, single: bool = False) -> sa.Connection:
        opened = super().open_connection(write=write, single=single)
        self._count(1)
        return opened

    def close_connection(self, opened: sa.Connection, *, write: bool, failed: bool) -> None:
        self._count(-1)
        super().close_connection(opened, write=write, failed=failed)

    def detached(self) -> Any:
        """A connection of the driver's that belongs to the pool no more, outside every
        transaction.

        Raises:
            TransactionLost: there is none.
        """
        pooled = self._check_out()
        driver: Any = pooled.driver_connection
        pooled.detach()
        driver.autocommit = True
        return driver

    def _make_engine(self, url: str, pool_size: int) -> sa.Engine:
        """Makes of the pool's connections what our repositories use. It keeps none."""
        from commerce_sqlalchemy.borrowed import FromAPool  # needs the server's driver

        return sa.create_engine(
            "postgresql+psycopg://", creator=lambda: FromAPool(self._check_out()),
            poolclass=sa.NullPool, use_native_hstore=False, hide_parameters=True,
        )  # fmt: skip

    def _begin(self, opened: sa.Connection, *, write: bool, single: bool) -> sa.Connection:
        opened.begin()
        begin_on_server(opened, self._beginnings[write])
        return opened

    def _check_out(self) -> _Pooled:
        checkout = _PoolCheckout(self._host)
        try:
            return self.in_time(checkout.connect)
        except (Unavailable, NoConnectionFree) as error:
            if (late := checkout.give_up()) is not None:
                return late
            raise NoConnection("all connections to the database are in use") from error
        except Exception as error:  # whatever it is, nothing was done
            raise TransactionLost("the engine gave no connection") from error

    def _count(self, more: int) -> None:
        with self._counting:
            self._in_use += more


class _PoolCheckout:
    """One checkout of a pool. A connection that comes after the time-out goes back."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._given_up = False
        self._connection: _Pooled | None = None

    def connect(self) -> _Pooled:
        """It. What the server has closed meanwhile is thrown away."""
        until = time.monotonic() + _LOOKED_FOR
        pooled = self._engine.raw_connection()
        while postgres.is_dead(pooled.driver_connection) and time.monotonic() < until:
            pooled.invalidate()
            pooled = self._engine.raw_connection()
        with self._lock:
            self._connection = pooled
            if not self._given_up:
                return pooled
        pooled.close()
        raise NoConnection("nobody waits for it any more")

    def give_up(self) -> _Pooled | None:
        """Stop waiting; the connection that came at the last moment."""
        with self._lock:
            self._given_up = True
            return self._connection


def _at_once(connect: Callable[[], _Pooled]) -> _Pooled:
    return connect()


def _check(engine: object) -> None:
    if not isinstance(engine, sa.Engine) or engine.dialect.is_async:
        raise ValueError(
            f"{type(engine).__name__} is no engine of SQLAlchemy, or it is an asynchronous one"
        )
    kind = engine.dialect
    if kind.name == "sqlite":
        raise ValueError(
            "an engine on SQLite cannot be handed in: a file has one writer at a time, and the "
            "shop has a file of its own (sqlite:///…)"
        )
    if (kind.name, kind.driver) != ("postgresql", "psycopg"):
        raise ValueError(
            f"{kind.name}+{kind.driver} is not what the shop works with: postgresql+psycopg"
        )
    if isinstance(engine.pool, StaticPool | SingletonThreadPool):
        raise ValueError(
            f"{type(engine.pool).__name__} gives one connection to several at a time, and the shop "
            "needs one for each transaction"
        )
