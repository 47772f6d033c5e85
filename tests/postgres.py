"""Shops on PostgreSQL: as many empty ones as are asked for, each with every table, on the server
that the tests share.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeAlias

import pytest

from commerce_sqlalchemy import schema
from commerce_sqlalchemy.transaction import SqlDatabase
from tests.servers import SharedServers, fresh_database

#: Opens the address of a new database with every table and no row.
ShopDatabases: TypeAlias = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def shop_databases(shared_servers: SharedServers) -> Iterator[ShopDatabases]:
    """Copies of a database that was migrated once."""
    server = shared_servers.url("postgres")
    with fresh_database(server) as template:
        migrate(template)
        yield partial(fresh_database, server, template.rpartition("/")[2])


@pytest.fixture
def shop_url(shop_databases: ShopDatabases) -> Iterator[str]:
    """The address of a new database with every table and no row."""
    with shop_databases() as url:
        yield url


def migrate(url: str) -> None:
    """Make the tables."""
    database = SqlDatabase(url)
    schema.upgrade(database)
    database.dispose()
