"""What a database on PostgreSQL does when its server does not do as it is asked."""

import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
import sqlalchemy as sa

from commerce_core.inventory import OpeningStock, SkuDemand
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.ids import SkuId
from commerce_sqlalchemy import postgres, transaction
from commerce_sqlalchemy.inventory import SqlStockLedger
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.tables import Instant
from commerce_sqlalchemy.transaction import SqlDatabase, connection
from tests.integration.market import side_by_side


@pytest.fixture
def database(shop_url: str) -> Iterator[SqlDatabase]:
    opened = SqlDatabase(shop_url, pool_size=6)
    yield opened
    opened.dispose()


def ask(database: SqlDatabase, statement: str = "SELECT 1") -> object:
    with database.snapshot() as tx:
        return tx.connection.exec_driver_sql(statement).scalar()


def test_connections_that_died_in_the_pool_fail_nobody(
    database: SqlDatabase, shop_url: str
) -> None:
    together = threading.Barrier(6)

    def ask_together(_: int) -> object:
        with database.snapshot() as tx:
            together.wait(10)
            return tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()

    before = set(side_by_side(ask_together, range(6), threads=6))
    assert len(before) == 6
    with psycopg.connect(shop_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
            "'commerce' AND datname = current_database()"
        )
        deadline = time.monotonic() + 10
        while connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'commerce' "
            "AND datname = current_database()"
        ).fetchall():
            assert time.monotonic() < deadline
            connection.rollback()
    after = set(side_by_side(ask_together, range(6), threads=6))
    assert {type(pid) for pid in after} == {int}, after
    assert len(after) == 6
    assert before.isdisjoint(after)


def test_a_connection_that_breaks_within_a_transaction_loses_it(database: SqlDatabase) -> None:
    with database.begin() as tx, pytest.raises(TransactionLost):
        tx.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    assert ask(database) == 1


@pytest.mark.parametrize(
    "name", ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
)
def test_every_connection_sets_the_time_outs_of_the_server(
    database: SqlDatabase, name: str
) -> None:
    assert (
        ask(database, f"SELECT setting::int FROM pg_settings WHERE name = '{name}'")
        == postgres._PATIENCE[name]
    )


def test_a_statement_that_takes_too_long_loses_its_transaction(database: SqlDatabase) -> None:
    with database.begin() as tx:
        tx.connection.exec_driver_sql("SET LOCAL statement_timeout = 20")
        with pytest.raises(TransactionLost):
            tx.connection.exec_driver_sql("SELECT pg_sleep(10)")


def test_nobody_waits_for_ever_for_a_connection(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "BUSY_SECONDS", 0.1)
    database = SqlDatabase(shop_url, pool_size=1)
    enough, release = threading.Barrier(6), threading.Event()

    def hold(_: int) -> None:
        with database.snapshot():
            enough.wait(10)
            release.wait(10)

    holders = [threading.Thread(target=hold, args=(no,)) for no in range(5)]
    for thread in holders:
        thread.start()
    enough.wait(10)
    with pytest.raises(TransactionLost, match="in use"):
        ask(database)
    release.set()
    for thread in holders:
        thread.join()
    database.dispose()


def test_a_server_that_is_not_there_is_a_lost_transaction() -> None:
    database = SqlDatabase("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(TransactionLost, match="cannot be reached"):
        ask(database)
    database.dispose()


def test_options_of_the_address_are_those_of_the_driver_and_win(shop_url: str) -> None:
    database = SqlDatabase(f"{shop_url}?application_name=till-7&sslmode=disable")
    assert (
        ask(database, "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        == "till-7"
    )
    database.dispose()


def test_tls_that_is_demanded_and_not_to_be_had_is_no_connection(shop_url: str) -> None:
    database = SqlDatabase(f"{shop_url}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem")
    with pytest.raises(TransactionLost) as lost:
        ask(database)
    assert "SSL was required" in str(lost.value.__cause__)
    database.dispose()


@pytest.mark.parametrize("url", ["postgresql://host:port:port/x", "postgres://[::1/x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        SqlDatabase(url)


@pytest.mark.parametrize("skus", [20, 200, 2_000])
def test_rows_are_locked_in_the_order_of_their_keys_however_few_there_are(
    database: SqlDatabase, skus: int
) -> None:
    """An update answers its rows as it has locked them."""
    chance, ledger = random.Random(skus), SqlStockLedger()
    ids = [SkuId(f"{chance.getrandbits(128):032x}") for _ in range(skus)]
    with database.begin() as tx:
        ledger.open(
            tx,
            [OpeningStock(sku_id=sku, quantity=9, sellable=True) for sku in ids],
            datetime(2026, 1, 1, tzinfo=UTC),
        )
        tx.connection.exec_driver_sql("ANALYZE stock")
        for some in (2, 8, 16, 64, 256):
            demands = [
                SkuDemand(sku_id=sku, quantity=1) for sku in chance.sample(ids, min(some, skus))
            ]
            held = list(ledger.hold(tx, demands))
            assert len(held) == len(demands)
            assert held == sorted(held), f"{some} of {skus}"


def test_a_statement_stays_prepared_whatever_is_handed_to_it_and_however_it_ends(
    database: SqlDatabase,
) -> None:
    echo = Given(
        lambda d: sa.select(d.name, d.number, d.at, d.flag),
        name=sa.Text(),
        number=sa.BigInteger(),
        at=Instant(),
        flag=sa.Boolean(),
    )
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for row in (
        ("a", 1, noon, True),
        ("b", 1 << 40, None, False),
        ("c", None, noon, None),
        ("d", -70_000, None, True),
    ):
        with database.begin() as tx:
            assert list(echo.run(connection(tx), [row])) == [row]
            tx.commit()
        with database.snapshot() as tx:
            assert list(echo.run(connection(tx), [row])) == [row]
    with database.snapshot() as tx:
        prepared = sa.text(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%given.number, "
            "given.at%'"
        )
        assert connection(tx).execute(prepared).scalar_one() == 1


def test_only_a_transaction_that_may_change_rows_finds_them_in_order(
    database: SqlDatabase,
) -> None:
    def settings(tx: transaction.SqlTransaction) -> set[object]:
        return {
            tx.connection.exec_driver_sql(f"SHOW {name}").scalar() for name in postgres._IN_ORDER
        }

    for _ in range(2):  # on one connection of the pool, in turns
        with database.begin() as writing:
            assert settings(writing) == {"off"}
            writing.commit()
        with database.snapshot() as reading:
            assert settings(reading) == {"on"}


def test_a_transaction_that_does_not_begin_costs_no_connection(
    database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "BEGIN", "BEGIN; SET LOCAL there_is_no = 'such'")
        with pytest.raises(sa.exc.DBAPIError, match="there_is_no"), database.begin():
            pass
    assert database.connections_in_use == 0
    with database.begin() as tx:
        assert tx.connection.exec_driver_sql("SELECT 1").scalar() == 1
