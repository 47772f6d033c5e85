"""Rows handed to a statement as data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa


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
