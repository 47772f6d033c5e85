"""Rows handed to a statement as data."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

_SLICE: Final = 256


class Given:
    """A statement over rows that are handed to it, ``WITH given AS (SELECT … FROM (VALUES …))``: one round trip for any number.

    SQLite, PostgreSQL and a distributed PostgreSQL all take it, to read by keys and to change row by row. One row per target: a
    database applies only one of several rows that meet the same target, silently, and reads a target once for each.

    It is written once for each of a few sizes: rows are filled up to a power of two with rows of NULLs, which meet nothing.
    (SQLAlchemy's own VALUES is written anew whenever it is executed, and a list for IN spelled out, at many times the cost of
    executing them.)

    Args:
        build: the statement, from the columns of the given rows; what else it binds are parameters of its own.
        columns: names and types of what a row holds; the first ones are a key that is never NULL.
    """

    def __init__(self, build: "Callable[[Any], sa.Executable]", **columns: sa.types.TypeEngine[Any]) -> None:
        self._build = build
        self._columns = columns
        self._nothing = (None,) * len(columns)
        self._written: dict[int, tuple[sa.Executable, tuple[str, ...]]] = {}

    def run(self, connection: sa.Connection, rows: Iterable[Sequence[Any]], **others: Any) -> "list[sa.Row[Any]]":
        """What it answers over *rows*, with the values of its *others* parameters. Of no rows it is not executed."""
        answer: list[sa.Row[Any]] = []
        for some in slices(list(rows)):
            size = 1 << (len(some) - 1).bit_length()
            statement, names = self._written.get(size) or self._write(size)
            values = chain.from_iterable(chain(some, repeat(self._nothing, size - len(some))))
            result = connection.execute(statement, dict(zip(names, values, strict=True)) | others)
            if result.returns_rows:
                answer += result.all()
        return answer

    def _write(self, size: int) -> tuple[sa.Executable, tuple[str, ...]]:
        kinds = {f"given{no}_{name}": kind for no in range(size) for name, kind in self._columns.items()}
        one = [", ".join(_place(f":given{no}_{name}", kind) for name, kind in self._columns.items()) for no in range(size)]
        shown = ", ".join(f"column{no} AS {name}" for no, name in enumerate(self._columns, 1))
        text = sa.text(f"SELECT {shown} FROM (VALUES ({'), ('.join(one)})) AS v")  # noqa: S608 (names of ours alone)
        bound = text.bindparams(*(sa.bindparam(name, type_=kind) for name, kind in kinds.items()))
        relation = bound.columns(*(sa.column(name, kind) for name, kind in self._columns.items())).cte("given")
        self._written[size] = written = (self._build(relation.c), tuple(kinds))
        return written


def _place(name: str, kind: sa.types.TypeEngine[Any]) -> str:
    """Where a value goes. A column of nothing but NULLs is text to PostgreSQL, and its driver says of all kinds but this what they are."""
    return f"CAST({name} AS BOOLEAN)" if isinstance(kind, sa.Boolean) else name


def one_by_one(values: Iterable[Any]) -> list[tuple[Any]]:
    """*values* as rows of one column, each once."""
    return [(value,) for value in dict.fromkeys(values)]


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
    """*rows* in pieces that a statement can bind: SQLite takes 32,766 values, and a statement of so many is slow to write."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _unless_known(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
