"""A back-up that was taken while orders arrived is restored on another server: it starts clean, and
what happened since is named.
"""

import contextlib
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from scripts.servers.postgres import programs
from tests.e2e.outages.stack import UNTOLD, Stack, settings_of, until
from tests.servers import PostgresServer, SharedServers, fresh_prefix, fresh_vhost, own_server


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def settings(
    closing: contextlib.ExitStack, shared: SharedServers, folder: Path, database: str
) -> dict[str, str]:
    """A shop on *database*, with a virtual host and indexes that nobody has used yet."""
    broker = closing.enter_context(fresh_vhost(shared.url("rabbitmq"), shared.management_url))
    return settings_of(
        folder, database, broker, closing.enter_context(fresh_prefix(shared.url("opensearch")))
    )


def run(program: str, *arguments: str) -> None:
    folder = programs()
    assert folder is not None
    subprocess.run([folder / program, *arguments], check=True, timeout=120)


def test_a_backup_taken_under_load_starts_clean_and_the_check_names_what_was_charged_since(
    closing: contextlib.ExitStack, shared_servers: SharedServers, tmp_path: Path
) -> None:
    lost, new = (closing.enter_context(own_server(PostgresServer)) for _ in range(2))
    before = Stack(tmp_path, settings(closing, shared_servers, tmp_path, lost.url))
    closing.callback(before.stop)
    before.found()
    before.serve()
    worker = before.work()
    with before.customers() as people:
        people.get(20)
        worker.kill()
        people.get(20)  # they are under way when the back-up is taken
        run("pg_dump", "--format=custom", f"--file={tmp_path}/backup", lost.url)
        before.work()
        people.get(20)
    until(lambda: not before.unfinished(), before.unfinished)
    lost.kill()
    before.stop()
    assert before.workers[-1].process.returncode == 0, (
        "without its database a worker ends in good order as well"
    )

    run(
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={new.url}",
        f"{tmp_path}/backup",
    )
    after = Stack(tmp_path, settings(closing, shared_servers, tmp_path, new.url))
    closing.callback(after.stop)
    assert after.check()["unfinished"] > 5
    after.command("orders", "rebuild-seller-view")
    after.serve()
    after.work()
    until(after.nothing_waits, after.last_words)
    known = set(ids_in(new.url))
    assert len(known) > 40
    after.promises = [promise for promise in before.promises if promise.order_id in known]
    until(lambda: not after.unfinished(), after.unfinished)

    def state() -> set[tuple[str, str]]:
        return {
            (v["invariant"], v["subject"].removeprefix("order "))
            for v in after.check()["violations"]
        }

    until(lambda: not any(invariant == "L7" for invariant, _ in state()), state)
    until(lambda: after.query(UNTOLD) == 0, lambda: after.query(UNTOLD))
    unknown, changed = paid_since(tmp_path / "payments.db", new.url)
    assert unknown
    assert {order for invariant, order in state() if invariant == "L8"} == unknown | changed
    assert {order for _, order in state()} == unknown | changed


def ids_in(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM orders")]


def paid_since(books: Path, database: str) -> tuple[set[str], set[str]]:
    """From the gateway's own file: orders that keep a buyer's money and are not in *database*, and
    those of which it knows less.
    """
    with contextlib.closing(
        sqlite3.connect(f"file:{urlsplit(str(books)).path}?mode=ro", uri=True)
    ) as gateway:
        captured = gateway.execute(
            "SELECT order_id, 'capture', 'cap_' || order_id, minor FROM handle WHERE status = "
            "'captured'"
        ).fetchall()
        refunded = gateway.execute("SELECT order_id, 'refund', ref, -minor FROM refund").fetchall()
    with psycopg.connect(database) as connection:
        facts = set(connection.execute("SELECT order_id, kind, ref FROM gateway_fact").fetchall())
    known = set(ids_in(database))
    kept = Counter[str]()
    for order, _, _, minor in (*captured, *refunded):
        kept[order] += minor
    changed = {
        order
        for order, kind, ref, _ in (*captured, *refunded)
        if order in known and (order, kind, ref) not in facts
    }
    return {order for order, minor in kept.items() if minor and order not in known}, changed
