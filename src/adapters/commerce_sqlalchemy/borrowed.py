"""The host application's connection to PostgreSQL, used for a while and given back as it was.

Whoever lends it has registered types, row factories and listeners of his own. Nothing of that is
changed, and none of it is met: statements run with our own adaptation, on the lender's connection.
"""

from typing import Any, Final, cast

import msgspec
import psycopg
import sqlalchemy as sa
from psycopg.adapt import AdaptersMap
from psycopg.rows import tuple_row
from psycopg.types.json import set_json_dumps, set_json_loads

from commerce_sqlalchemy.untyped import hand_over_untyped

#: How values are passed and read on any connection.
ADAPTERS: Final = AdaptersMap(psycopg.adapters)
hand_over_untyped(ADAPTERS)
set_json_dumps(lambda value: msgspec.json.encode(value), ADAPTERS)
set_json_loads(msgspec.json.decode, ADAPTERS)


class Borrowed:
    """What SQLAlchemy and the driver's cursors take for a connection of the driver.

    A transaction on it is the lender's: it is neither committed nor rolled back here.
    """

    adapters = ADAPTERS
    row_factory = staticmethod(tuple_row)

    def __init__(self, driver: "psycopg.Connection[Any]") -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def cursor(self) -> Any:
        """A cursor with our adaptation."""
        driver: Any = self
        return psycopg.Cursor(driver)

    def execute(self, statement: str) -> Any:
        """A cursor that has executed *statement*."""
        return self.cursor().execute(statement)

    def add_notice_handler(self, _: object) -> None:
        """The owner of the connection handles the server's notices."""

    def commit(self) -> None:
        """The owner of the connection commits."""

    def rollback(self) -> None:
        """The owner of the connection rolls back."""

    def close(self) -> None:
        """The owner of the connection closes it."""


class FromAPool(Borrowed):
    """A connection out of the pool of somebody else's engine. The transactions on it are ours,
    until it is given back.
    """

    def __init__(self, proxy: sa.PoolProxiedConnection) -> None:
        super().__init__(cast("Any", proxy.driver_connection))
        self._proxy = proxy

    def commit(self) -> None:
        """Commit."""
        self._driver.commit()

    def rollback(self) -> None:
        """Roll back."""
        self._driver.rollback()

    def close(self) -> None:
        """Give it back to its pool, or throw it away where it broke."""
        if self._driver.closed:
            self._proxy.invalidate()
        else:
            self._proxy.close()
