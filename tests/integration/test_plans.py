"""Rows that are asked for by given rows are found by their keys, in the order of these, whatever
PostgreSQL knows of a table.
"""

import importlib
import pkgutil
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import commerce_sqlalchemy
from commerce_sqlalchemy import rows, schema
from commerce_sqlalchemy.rows import Given
from commerce_sqlalchemy.transaction import SqlDatabase, SqlTransaction, connection
from tests.servers import SharedServers, fresh_database

#: Until carts are first analyzed the index of open ones is thought to hold one, and to be as
#: cheaply read whole. It lies in order too.
_READ_WHOLE = {"uq_cart_open"}
_CHANGES = re.compile("INSERT INTO|UPDATE|DELETE FROM")


def statements() -> list[tuple[str, Given]]:
    names = [
        module.name
        for module in pkgutil.iter_modules(commerce_sqlalchemy.__path__)
        if not module.ispkg
    ]
    modules = [importlib.import_module(f"commerce_sqlalchemy.{name}") for name in names]
    found: dict[Given, str] = {}
    for module in modules:
        for name, value in vars(module).items():
            for given in value if isinstance(value, tuple) else (value,):
                if isinstance(given, Given):
                    found.setdefault(given, f"{module.__name__.partition('.')[2]}.{name}")
    return [(name, given) for given, name in found.items()]


@pytest.fixture(scope="module")
def young(shared_servers: SharedServers) -> Iterator[SqlDatabase]:
    """A shop that was just opened, with 500 items: nobody has counted its rows."""
    with fresh_database(shared_servers.url("postgres")) as url:
        database = SqlDatabase(url)
        schema.upgrade(database)
        with psycopg.connect(url) as connection:
            connection.execute(
                "INSERT INTO stock (sku_id, location, on_hand, reserved, sellable, "
                "availability_version) SELECT gen_random_uuid()::text, 'main', 5, 0, true, 0 FROM "
                "generate_series(1, 500)"
            )
        yield database
        database.dispose()


def example(kind: sa.types.TypeEngine[Any]) -> Any:
    if isinstance(kind, sa.String):
        return str(uuid.uuid4())
    if isinstance(kind, sa.Integer):
        return 7
    return (
        True
        if isinstance(kind, sa.Boolean)
        else {}
        if isinstance(kind, sa.JSON)
        else datetime.now(UTC)
    )


def plan_of(
    transaction: SqlTransaction, given: Given, size: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, list[dict[str, Any]]]:
    """A statement, and what reads a table in its plan for *size* rows."""
    plans: list[Any] = []
    texts: list[str] = []
    really = rows.answered

    def explained(opened: sa.Connection, text: str, values: tuple[Any, ...]) -> list[Any]:
        texts.append(text)
        known = tuple(datetime.now(UTC) if value is None else value for value in values)
        plans.extend(really(opened, f"EXPLAIN (FORMAT JSON) {text}", known))
        return []

    with monkeypatch.context() as patch, transaction as tx:
        patch.setattr(rows, "answered", explained)
        given.run(
            connection(tx),
            [[example(kind) for kind in given._columns.values()] for _ in range(size)],
        )
    return texts[0], list(reads(plans[0][0][0]["Plan"]))


def reads(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Index Name" in node or node["Node Type"] == "Seq Scan":
        yield node
    for part in node.get("Plans", ()):
        yield from reads(part)


@pytest.mark.parametrize("size", [2, 16, 256, 1_024])
@pytest.mark.parametrize(("name", "given"), statements(), ids=[name for name, _ in statements()])
def test_rows_are_found_by_key(
    name: str, given: Given, size: int, young: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = plan_of(young.begin(), given, min(size, given._most), monkeypatch)
    assert found, name
    assert_by_key(found)


@pytest.mark.parametrize("size", [2, 16, 256])
@pytest.mark.parametrize(("name", "given"), statements(), ids=[name for name, _ in statements()])
def test_what_is_only_read_is_found_by_key_as_the_planner_likes(
    name: str, given: Given, size: int, young: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, found = plan_of(young.snapshot(), given, min(size, given._most), monkeypatch)
    assert found, name
    if not _CHANGES.search(text):
        assert_by_key(found)


def assert_by_key(found: list[dict[str, Any]]) -> None:
    for read in found:
        of_another_row = re.search(r'[a-z"]\.[a-z]', read.get("Index Cond", ""))
        assert of_another_row or read.get("Index Name") in _READ_WHOLE, read
