"""Migrating a PostgreSQL: by several at once, and while others work on it."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from commerce_core.kernel.errors import TransactionLost
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase
from tests.integration.http.people import until
from tests.integration.market import side_by_side
from tests.servers import SharedServers, fresh_database


@pytest.fixture
def empty_url(shared_servers: SharedServers) -> Iterator[str]:
    with fresh_database(shared_servers.url("postgres")) as url:
        yield url


def test_migrations_make_exactly_the_tables_that_the_adapters_use(shop_url: str) -> None:
    database = SqlDatabase(shop_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, *_: name != schema._FLOOR.name,
            },
        )
        assert compare_metadata(context, METADATA) == []
    database.dispose()


def test_several_that_migrate_at_once_all_find_it_done(empty_url: str) -> None:
    databases = [SqlDatabase(empty_url) for _ in range(6)]
    assert side_by_side(schema.upgrade, databases, threads=6) == [None] * 6
    for database in databases:
        schema.check(database)
        database.dispose()


def test_a_migration_waits_for_a_long_transaction_without_holding_up_those_who_serve(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives its place in the queue up again and again: a reader who comes while it waits is not
    behind it for long.
    """
    database, serving = SqlDatabase(empty_url), SqlDatabase(empty_url)
    schema.upgrade(database)
    migrated = threading.Event()
    tries: list[int] = []

    def change(opened: sa.Connection, _: str) -> None:
        tries.append(1)
        opened.exec_driver_sql("ALTER TABLE orders ADD COLUMN added TEXT")

    monkeypatch.setattr(schema, "head", lambda: "9000")
    monkeypatch.setattr(schema, "_migrate", change)

    def migrate() -> None:
        schema.upgrade(database)
        migrated.set()

    with serving.snapshot() as long:
        long.connection.exec_driver_sql("SELECT count(*) FROM orders")
        thread = threading.Thread(target=migrate, daemon=True)
        thread.start()
        until(lambda: len(tries) >= 2)
        with ThreadReader(serving) as reader:
            assert reader.read(), "a reader waited longer than a migration may"
        assert not migrated.is_set()
    assert migrated.wait(30)
    thread.join()
    for one in (database, serving):
        one.dispose()


def test_a_column_that_is_widened_while_others_read_it_costs_them_one_more_try(
    shop_url: str,
) -> None:
    database, elsewhere = SqlDatabase(shop_url), SqlDatabase(shop_url)

    def read() -> int:
        with database.snapshot() as tx:
            return len(tx.connection.execute(sa.select(METADATA.tables["orders"])).all())

    for _ in range(3):  # the statement is prepared by now
        assert read() == 0
    with elsewhere.begin() as tx:
        tx.connection.exec_driver_sql("ALTER TABLE orders ALTER buyer_id TYPE varchar(80)")
        tx.commit()
    elsewhere.dispose()
    with pytest.raises(TransactionLost):
        read()
    assert read() == 0
    database.dispose()


class ThreadReader:
    """Reads on a thread of its own, as a thread has one transaction at a time."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "ThreadReader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def read(self) -> bool:
        return self._done.wait(3)

    def _read(self) -> None:
        with self._database.snapshot() as tx:
            tx.connection.exec_driver_sql("SELECT count(*) FROM orders")
        self._done.set()


def test_a_migration_that_never_gets_its_lock_changes_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, serving = SqlDatabase(empty_url), SqlDatabase(empty_url)
    schema.upgrade(database)
    before = schema.head()
    monkeypatch.setattr(schema, "head", lambda: "9000")
    monkeypatch.setattr(schema, "_TRIES", 2)
    monkeypatch.setattr(
        schema,
        "_migrate",
        lambda opened, _: opened.exec_driver_sql("ALTER TABLE orders ADD COLUMN added TEXT"),
    )
    with serving.snapshot() as long:
        long.connection.exec_driver_sql("SELECT count(*) FROM orders")
        (lost,) = side_by_side(schema.upgrade, [database], threads=1)
    assert isinstance(lost, TransactionLost)
    assert schema.current(database) == before
    for one in (database, serving):
        one.dispose()
