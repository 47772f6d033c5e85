"""The database of the storage contracts: a PostgreSQL, empty for every test, with the tables of
this release and of a next one, and on the connections of somebody else's engine.
"""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from commerce_sqlalchemy import schema
from commerce_sqlalchemy.engine import EngineDatabase
from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase
from tests.integration.contracts.next_release import expand
from tests.postgres import ShopDatabases


@pytest.fixture(
    scope="package",
    params=["this release's tables", "the next release's tables", "an engine of the host's"],
)
def _kept(shop_databases: ShopDatabases, request: pytest.FixtureRequest) -> Iterator[SqlDatabase]:
    with shop_databases() as url:
        named = url.replace("postgresql://", "postgresql+psycopg://")
        engine = sa.create_engine(named, isolation_level="SERIALIZABLE")
        database = EngineDatabase(engine) if "engine" in request.param else SqlDatabase(url)
        if "next" in request.param:
            expand(database)
        schema.check(database)
        yield database
        database.dispose()
        engine.dispose()


@pytest.fixture
def sql_database(_kept: SqlDatabase) -> Iterator[SqlDatabase]:
    """A database with every table and no row."""
    yield _kept
    with _kept.begin() as tx:
        for table in METADATA.sorted_tables:
            tx.connection.execute(table.delete())
        tx.commit()
