"""The host application's connection to PostgreSQL, used for a while and given back as it was.

Whoever lends it has registered types, row factories and listeners of his own. Nothing of that is
changed, and none of it is met: statements run with our own adaptation, on the lender's connection.
"""

from typing import Any, Final

import msgspec
import psycopg
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
