"""What a transaction holds from its first moment on, and which errors of a database mean: the whole
may be tried again.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from commerce_core.kernel.errors import StorageFull, TransactionLost
from commerce_core.kernel.transaction import retry_transaction
from commerce_http.web.errors import problem_of
from commerce_sqlalchemy import transaction
from commerce_sqlalchemy.transaction import SqlDatabase

#: No room on the server's disk.
FULL = "53100"
#: Serialization, deadlock, lock not available, cancelled, shut down three ways, idle for too long,
#: too many connections.
LOST = ["40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "25P03", "53300"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    made = SqlDatabase(f"sqlite:///{tmp_path}/shop.db")
    yield made
    made.dispose()


def test_14_a_writer_on_sqlite_holds_the_write_lock_before_it_has_written_anything(
    database: SqlDatabase, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "shop.db", timeout=0, isolation_level=None)
    with database.begin() as tx:
        assert tx.connection.execute(sa.text("SELECT 1")).scalar() == 1
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE").execute("ROLLBACK")
    with database.snapshot() as tx:
        assert tx.connection.execute(sa.text("SELECT 1")).scalar() == 1
        other.execute("BEGIN IMMEDIATE").execute("ROLLBACK")
    other.close()


def test_a_single_read_has_one_statement_alone(database: SqlDatabase) -> None:
    with database.single_read() as tx:
        assert tx.connection.execute(sa.text("SELECT 1")).scalar() == 1
        with pytest.raises(RuntimeError, match="snapshot"):
            _ = tx.connection
    with database.begin() as tx:
        assert tx.connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_a_connection_to_a_file_keeps_the_statements_of_a_shop_prepared(
    database: SqlDatabase,
) -> None:
    prepared: list[object] = []

    def note(*action: object) -> int:
        """Called when a statement is prepared."""
        prepared.append(action)
        return sqlite3.SQLITE_OK

    with database.snapshot() as tx:
        driver = tx.connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_authorizer(note)
        for _ in range(2):
            prepared.clear()
            for no in range(400):
                tx.connection.exec_driver_sql(f"SELECT {no}").close()
        driver.set_authorizer(None)
    assert not prepared


class Refused(Exception):
    """An error of a driver's, with the code of the server."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", [*LOST, "08006", "08000"])
def test_05_what_the_server_gave_up_is_lost_and_may_be_tried_again(sqlstate: str) -> None:
    with pytest.raises(TransactionLost, match=sqlstate):
        transaction._raise_if_lost(Refused(sqlstate))


@pytest.mark.parametrize("sqlstate", ["23505", "23514", "42601", "22P02", "XX000"])
def test_what_would_fail_again_is_not_taken_for_lost(sqlstate: str) -> None:
    transaction._raise_if_lost(Refused(sqlstate))


@pytest.fixture
def on_server(shop_url: str) -> Iterator[SqlDatabase]:
    made = SqlDatabase(shop_url)
    yield made
    made.dispose()


@pytest.mark.parametrize("sqlstate", LOST)
def test_05_a_server_that_gives_up_with_each_of_its_codes_has_lost_the_transaction(
    on_server: SqlDatabase, sqlstate: str
) -> None:
    give_up = sa.text(
        f"DO $$ BEGIN RAISE EXCEPTION 'given up' USING ERRCODE = '{sqlstate}'; END $$"
    )
    with pytest.raises(TransactionLost), on_server.begin() as tx:
        tx.connection.execute(give_up)
    with on_server.begin() as tx:
        assert tx.connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_05_a_transaction_that_was_idle_for_too_long_is_lost(on_server: SqlDatabase) -> None:
    with on_server.begin() as tx:
        tx.connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 50"))
        time.sleep(0.5)  # idle is what it is to be
        with pytest.raises(TransactionLost):
            tx.connection.execute(sa.text("SELECT 1"))


def kept(database: SqlDatabase) -> list[int]:
    """The numbers that are stored."""
    with database.snapshot() as tx:
        return list(
            tx.connection.execute(sa.text("SELECT number FROM kept ORDER BY number")).scalars()
        )


def meets_a_full_disk(
    database: SqlDatabase, keep: Callable[[int], None], fill: str, free: str
) -> None:
    """What is written while there is no room is refused, is not there, and comes to be there once
    when it is tried again.
    """
    with database.begin() as tx:
        tx.connection.execute(sa.text(fill))
        tx.commit()
    for _ in range(2):
        with pytest.raises(StorageFull) as refused:
            retry_transaction(database, lambda: keep(1))
        problem = problem_of(refused.value)
        assert (problem.status, problem.code) == (503, "storage-full")
        assert b"retry-after" in dict(problem.headers)
        assert kept(database) == []
    tries = 0

    def keep_when_there_is_room() -> None:
        nonlocal tries
        tries += 1
        if tries == 2:
            with database.begin() as tx:
                tx.connection.execute(sa.text(free))
                tx.commit()
        keep(1)

    retry_transaction(database, keep_when_there_is_room)
    assert (kept(database), tries) == ([1], 2)


def test_44_what_met_a_full_disk_is_refused_not_there_and_safely_tried_again_on_sqlite(
    tmp_path: Path,
) -> None:
    database = SqlDatabase(
        f"sqlite:///{tmp_path}/shop.db", pool_size=1
    )  # the bound is one connection's

    def keep(number: int) -> None:
        with database.begin() as tx:
            tx.connection.execute(sa.text(f"INSERT INTO kept VALUES ({number}, zeroblob(1000000))"))
            tx.commit()

    with database.begin() as tx:
        tx.connection.execute(
            sa.text("CREATE TABLE kept (number INTEGER PRIMARY KEY, filling BLOB)")
        )
        tx.commit()
    meets_a_full_disk(
        database, keep, "PRAGMA max_page_count = 20", "PRAGMA max_page_count = 100000"
    )
    database.dispose()


@pytest.mark.parametrize("when", ["IMMEDIATE", "DEFERRED"], ids=["at a statement", "at the commit"])
def test_44_what_met_a_full_disk_is_refused_not_there_and_safely_tried_again_on_a_server(
    on_server: SqlDatabase, when: str
) -> None:
    full = f"BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{FULL}'; END"
    with on_server.begin() as tx:
        tx.connection.execute(sa.text("CREATE TABLE kept (number INTEGER PRIMARY KEY)"))
        tx.connection.execute(
            sa.text(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ {full} $$")
        )
        tx.commit()

    def keep(number: int) -> None:
        with on_server.begin() as tx:
            tx.connection.execute(sa.text(f"INSERT INTO kept VALUES ({number})"))
            tx.commit()

    fill = (
        f"CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON kept DEFERRABLE INITIALLY {when} "
        "FOR EACH ROW EXECUTE FUNCTION no_room()"
    )
    meets_a_full_disk(on_server, keep, fill, "DROP TRIGGER full_disk ON kept")
