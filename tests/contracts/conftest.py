"""What the contracts of storage share: an empty database, here on SQLite;
tests/integration/contracts has it on PostgreSQL.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase


@pytest.fixture
def sql_database(tmp_path: Path) -> Iterator[SqlDatabase]:
    """A new database with every table, closed when the test is over."""
    database = SqlDatabase(f"sqlite:///{tmp_path}/shop.db")
    METADATA.create_all(database.engine)
    yield database
    database.dispose()
