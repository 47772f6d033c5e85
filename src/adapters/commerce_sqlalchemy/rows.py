"""Rows handed to a statement as data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

_SLICE: Final = 1_000


def given(rows: Iterable[Sequence[Any]], **columns: sa.types.TypeEngine[Any]) -> sa.CTE:
    """``WITH given(a, b) AS (VALUES …)``: *rows* as a relation to update, delete or join from, in one round trip.

    SQLite, PostgreSQL and a distributed PostgreSQL all take it. One row per target: a database applies only one of
    several rows that meet the same target, silently.
    """
    shape = [sa.column(name, kind) for name, kind in columns.items()]
    return sa.values(*shape, name="v").data([tuple(row) for row in rows]).cte("given")


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows* (all with the same keys) in one batch; nothing for no rows."""
    if rows:
        connection.execute(sa.insert(table), list(rows))


def insert_if_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of *rows* (all with the same keys) that meet no unique key, in one batch; nothing for no rows."""
    if rows:
        connection.execute(_unless_known(connection, table), list(rows))


def insert_new(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *key: "sa.Column[Any]"
) -> list[tuple[Any, ...]]:
    """As :func:`insert_if_new`; the *key* of each row that was inserted, in no particular order."""
    if not rows:
        return []
    return [tuple(row) for row in connection.execute(_unless_known(connection, table).returning(*key), list(rows))]


def slices(rows: Sequence[T], size: int = _SLICE) -> Iterator[Sequence[T]]:
    """*rows* in pieces that a statement can bind: SQLite takes 32,766 values."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _unless_known(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
