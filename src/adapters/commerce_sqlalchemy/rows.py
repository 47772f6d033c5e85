"""Rows handed to a statement as data."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from commerce_sqlalchemy import postgres
from commerce_sqlalchemy.transaction import translate_error

T = TypeVar("T")

_SLICE: Final = 1_024
#: SQLite keeps each size of a statement with a place for every value, in every connection: larger
#: ones took more memory than all else together, and save next to nothing where there is no trip.
_PLACES_IN_PROCESS: Final = 4_096
_MARK: Final = "/* given */"
#: Rows up to which it takes less time to go through them one by one than column by column.
_FEW: Final = 16
_row_type: Any = namedtuple  # its fields are known only when a statement is


class Given:
    """A statement over rows that are handed to it, ``WITH given AS (SELECT … FROM (VALUES …))``:
    one round trip for any number.

    SQLite, PostgreSQL and a distributed PostgreSQL all take it, to read by keys and to change row
    by row. One row per target: a database applies only one of several rows that meet the same
    target, silently, and reads a target once for each.

    SQLAlchemy writes it once for each kind of database, with one row; from that the text for more
    is made, in a few sizes: rows are filled up to a power of two with rows of NULLs, which are left
    out again. (SQLAlchemy's own VALUES is written anew whenever it is executed, and a list for IN
    spelled out, at many times the cost of executing them.)

    Args:
        build: the statement, from the columns of the given rows; what else it binds are parameters
            of its own.
        most: rows that are handed over at once; more are handed over in turns.
        columns: names and types of what a row holds; the first one is never NULL, and is text where
            rows are found by it.
    """

    def __init__(
        self,
        build: "Callable[[Any], Any]",
        most: int = _SLICE,
        /,
        **columns: sa.types.TypeEngine[Any],
    ) -> None:
        self._build = build
        self._most = most
        few = 1 << (_PLACES_IN_PROCESS // len(columns)).bit_length() - 1
        self._most_in_process = min(most, few)
        self._columns = columns
        self._nothing = (None,) * len(columns)
        # PostgreSQL takes a comparison with a computed value for a selective one: it
        # expects a single row, and finds its partners by their keys whatever it knows of a table. A
        # shop that was just opened has no statistics (ADR 0015).
        self._is_real = (
            "column1 = column1 || ''"
            if isinstance(next(iter(columns.values())), sa.String)
            else "column1 IS NOT NULL"
        )
        self._written: dict[str, _Written] = {}

    def run(
        self, connection: sa.Connection, rows: Iterable[Sequence[Any]], **others: Any
    ) -> "list[Any]":
        """What it answers over *rows*, with the values of its *others* parameters. Of no rows it is
        not executed.
        """
        given = list(rows)
        if not given:
            return []
        dialect = connection.dialect
        written = self._written.get(dialect.name) or self._write(dialect)
        tail = written.tail_of(others)
        answer: list[Any] = []
        for some in slices(given, self._most_for(dialect)):
            size = 1 << (len(some) - 1).bit_length()
            filling = self._nothing * (size - len(some))
            values = (*chain.from_iterable(written.bound(some)), *filling, *tail)
            answer += written.shown(answered(connection, written.text_of(size), values))
        return answer

    def _most_for(self, dialect: sa.Dialect) -> int:
        return self._most_in_process if dialect.name == "sqlite" else self._most

    def _write(self, dialect: sa.Dialect) -> "_Written":
        one = ", ".join(_place(f":given_{name}", kind) for name, kind in self._columns.items())
        shown = ", ".join(f"column{no} AS {name}" for no, name in enumerate(self._columns, 1))
        values = f"(VALUES {_MARK}({one}){_MARK}) AS v"
        selected = f"SELECT {shown} FROM {values} WHERE {self._is_real}"  # noqa: S608 (our names)
        bound = sa.text(selected).bindparams(
            *(sa.bindparam(f"given_{name}", type_=kind) for name, kind in self._columns.items())
        )
        relation = bound.columns(
            *(sa.column(name, kind) for name, kind in self._columns.items())
        ).cte("given")
        self._written[dialect.name] = written = _Written(
            self._build(relation.c), dialect, len(self._columns)
        )
        return written


class _Written:
    """A statement as the driver takes it: its values are made, and its rows read, as the types of
    its columns say.
    """

    def __init__(self, statement: Any, dialect: sa.Dialect, width: int) -> None:
        compiled: Any = statement.compile(dialect=_positional(dialect))
        self._head, self._row, self._tail = str(compiled).split(_MARK)
        self._on_server = dialect.name != "sqlite"
        names = compiled.positiontup
        binds = [
            (name, compiled.params[name], _binder(compiled.binds[name].type, dialect))
            for name in names
        ]
        self._binders = [
            (no, bind) for no, (_, _, bind) in enumerate(binds[:width]) if bind is not None
        ]
        self._others = binds[width:]
        columns = list(statement.exported_columns)
        self._readers = [
            (no, read)
            for no, c in enumerate(columns)
            if (read := c.type.dialect_impl(dialect).result_processor(dialect, None))
        ]
        row = _row_type("row", [c.key for c in columns], rename=True)
        self._make: Callable[[Iterable[Any]], Any] = row._make
        self._texts: dict[int, str] = {}

    def text_of(self, size: int) -> str:
        """The statement over so many rows."""
        text = self._texts.get(size)
        if text is None:
            text = self._head + ", ".join([self._row] * size) + self._tail
            self._texts[size] = text = postgres.numbered(text) if self._on_server else text
        return text

    def tail_of(self, others: Mapping[str, Any]) -> list[Any]:
        """The values of what else it binds."""
        values = ((others.get(name, default), bind) for name, default, bind in self._others)
        return [bind(value) if bind else value for value, bind in values]

    def bound(self, rows: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """*rows* as the driver takes them."""
        return _each(self._binders, rows)

    def shown(self, rows: Sequence[Any]) -> Iterable[Any]:
        """*rows* as the driver gave them, by name and in the types of their columns."""
        return map(self._make, _each(self._readers, rows))


def _each(
    makers: Sequence[tuple[int, Callable[[Any], Any]]], rows: Sequence[Sequence[Any]]
) -> Iterable[Sequence[Any]]:
    """*rows* with the values of some columns, by their number, made anew."""
    if not makers or not rows:
        return rows
    if len(rows) <= _FEW:
        return [_one(makers, row) for row in rows]
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for no, make in makers:
        columns[no] = [make(value) for value in columns[no]]
    return zip(*columns, strict=True)


def _one(makers: Sequence[tuple[int, Callable[[Any], Any]]], row: Sequence[Any]) -> Sequence[Any]:
    values = list(row)
    for no, make in makers:
        values[no] = make(values[no])
    return values


def _positional(dialect: sa.Dialect) -> sa.Dialect:
    """*dialect*, with values by their places: as the driver takes them without a look at their
    names.
    """
    kind: Any = type(dialect)
    return cast("sa.Dialect", kind(paramstyle="qmark" if dialect.name == "sqlite" else "format"))


def _binder(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> "Callable[[Any], Any] | None":
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _place(name: str, kind: sa.types.TypeEngine[Any]) -> str:
    """Where a value goes. A column of nothing but NULLs is text to PostgreSQL, and its driver says
    of all kinds but this what they are.
    """
    return f"CAST({name} AS BOOLEAN)" if isinstance(kind, sa.Boolean) else name


def answered(
    connection: sa.Connection, text: str, values: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """The rows that the driver itself answers to a statement in its own words: SQLAlchemy's view of
    an answer costs more than most answers.

    Raises:
        TransactionLost, sqlalchemy.exc.DBAPIError: as if SQLAlchemy had executed it.
    """
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor() if connection.dialect.name == "sqlite" else postgres.cursor(driver)
    try:
        cursor.execute(text, values)
        found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
    except connection.dialect.loaded_dbapi.Error as error:
        raise translate_error(connection, error, driver, text) from error
    finally:
        cursor.close()
    return found


def one_by_one(values: Iterable[Any]) -> list[tuple[Any]]:
    """*values* as rows of one column, each once."""
    return [(value,) for value in dict.fromkeys(values)]


def insert_many(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert *rows* (all with the same keys) in one statement; nothing for no rows."""
    _insert(connection, table, rows)


def insert_if_new(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert those of *rows* (all with the same keys) that meet no unique key, in one statement;
    nothing for no rows.
    """
    _insert(connection, table, rows, unless_known=True)


def insert_new(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *key: "sa.Column[Any]",
) -> list[tuple[Any, ...]]:
    """As :func:`insert_if_new`; the *key* of each row that was inserted, in no particular order."""
    return _insert(connection, table, rows, unless_known=True, returning=key)


def insert_or_add(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: tuple[str, ...],
    added: tuple[str, ...],
) -> None:
    """Insert *rows* (all with the same keys); where one meets the *key* of another its *added*
    columns are added to that one's.
    """
    if rows:
        names = tuple(rows[0])
        addition = _addition(connection.dialect.name, table, names, key, added)
        addition.run(connection, [[row[name] for name in names] for row in rows])


@lru_cache(maxsize=16)
def _addition(
    dialect: str,
    table: sa.Table,
    names: tuple[str, ...],
    key: tuple[str, ...],
    added: tuple[str, ...],
) -> Given:
    columns: Any = table.c

    def build(given: Any) -> Any:
        into: Any = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
        filled = into.from_select(
            names, sa.select(*(given[name] for name in names)).where(sa.true())
        )
        return filled.on_conflict_do_update(
            index_elements=list(key),
            set_={name: columns[name] + filled.excluded[name] for name in added},
        )

    return Given(build, **{name: columns[name].type for name in names})


def _insert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *,
    unless_known: bool = False,
    returning: "tuple[sa.Column[Any], ...]" = (),
) -> list[Any]:  # fmt: skip
    if not rows:
        return []
    names = tuple(
        sorted(rows[0], key=lambda name: bool(table.c[name].nullable))
    )  # what is never NULL comes first
    insertion = _insertion(connection.dialect.name, table, names, unless_known, returning)
    return insertion.run(connection, [[row[name] for name in names] for row in rows])


@lru_cache(maxsize=256)  # a process knows a few dozen insertions
def _insertion(
    dialect: str,
    table: sa.Table,
    names: tuple[str, ...],
    unless_known: bool,
    returning: "tuple[sa.Column[Any], ...]",
) -> Given:
    """An insertion over given rows: handed to the driver row by row, it would give up the
    interpreter as often.
    """
    columns: Any = table.c

    def build(given: Any) -> Any:
        into: Any = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
        # SQLite takes an ON after FROM for a join's unless something stands between.
        filled = into.from_select(
            names, sa.select(*(given[name] for name in names)).where(sa.true())
        )
        if unless_known:
            filled = filled.on_conflict_do_nothing()
        return filled.returning(*returning) if returning else filled

    return Given(build, **{name: columns[name].type for name in names})


def slices(rows: Sequence[T], size: int = _SLICE) -> Iterator[Sequence[T]]:
    """*rows* in pieces that a statement can bind: SQLite takes 32,766 values, and a statement of so
    many is slow to write.
    """
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
