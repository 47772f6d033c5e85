"""``python -m benchmarks.given_rows``: rows handed to a statement as values that are filled up to a
power of two, as the shop does, beside one fixed text that takes them as one value: an array for
each column on PostgreSQL (`unnest`), one JSON text on SQLite (`json_each`).

Processor time for each row, of this process and of the server's, which is what a machine pays; and
whether PostgreSQL still finds what is asked for by its key. Then what it costs to begin a
transaction with the planner's settings.
"""

# ruff: noqa: SLF001 (it puts a part of these statements in place of another)

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from benchmarks.shopfront import HERE
from commerce_sqlalchemy import postgres, rows, schema
from commerce_sqlalchemy.inventory import _COUNT, _LEVELS
from commerce_sqlalchemy.rows import Given, _insertion, _Written, answered
from commerce_sqlalchemy.tables import stock_movement
from commerce_sqlalchemy.transaction import SqlDatabase, connection
from scripts.servers.postgres import PostgresServer

#: Rows at once: an order's, a group's, an import's.
SIZES: Final = (1, 3, 20, 100, 600)
ROWS: Final = 6_000
ROUNDS: Final = 5
STOCK: Final = 5_000
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_ARRAY: Final = str.maketrans({'"': '\\"', "\\": "\\\\"})


class Fixed(Given):
    """A statement with one text, whatever the number of rows."""

    def run(self, connection: sa.Connection, rows: Any, **others: Any) -> list[Any]:
        """As :meth:`Given.run`."""
        given = list(rows)
        dialect = connection.dialect
        written = self._written.get(dialect.name) or self._write(dialect)
        read = _as_json if dialect.name == "sqlite" else _as_arrays
        values = (*read(list(written.bound(given))), *written.tail_of(others))
        return list(written.shown(answered(connection, written.text_of(1), values)))

    def _write(self, dialect: sa.Dialect) -> _Written:
        numbered = list(enumerate(self._columns.items(), 1))
        if dialect.name == "sqlite":
            shown = ", ".join(f"value ->> {no - 1} AS column{no}" for no, _ in numbered)
            values = f"(SELECT {shown} FROM json_each({rows._MARK}:given_rows{rows._MARK})) AS v"
            bound = {"given_rows": sa.Text()}
        else:
            arrays = ", ".join(
                f"CAST(:given_{name} AS {kind.compile(dialect)}[])" for _, (name, kind) in numbered
            )
            names = ", ".join(f"column{no}" for no, _ in numbered)
            values = f"unnest({rows._MARK}{arrays}{rows._MARK}) AS v({names})"
            bound = {f"given_{name}": sa.Text() for name in self._columns}
        listed = ", ".join(f"column{no} AS {name}" for no, (name, _) in numbered)
        text = sa.text(f"SELECT {listed} FROM {values} WHERE {self._is_real}").bindparams(
            *(sa.bindparam(name, type_=kind) for name, kind in bound.items())
        )
        relation = text.columns(*(sa.column(n, k) for _, (n, k) in numbered)).cte("given")
        written = _Written(self._build(relation.c), dialect, len(bound))
        written._binders = [
            (no - 1, bind)
            for no, (_, kind) in numbered
            if (bind := rows._binder(kind, dialect)) is not None
        ]
        self._written[dialect.name] = written
        return written


def _as_json(given: list[Any]) -> tuple[str]:
    return (msgspec.json.encode(given).decode(),)


def _as_arrays(given: list[Any]) -> Iterator[str]:
    for column in zip(*given, strict=True):
        yield "{" + ",".join(map(_element, column)) + "}"


def _element(value: Any) -> str:
    return "NULL" if value is None else f'"{str(value).translate(_ARRAY)}"'


def examples(dialect: str) -> dict[str, tuple[Given, Callable[[int, int], list[Any]]]]:
    """Statements by what they do, each with what makes its rows, from a first one on."""
    columns = tuple(c.name for c in stock_movement.c)
    movements = _insertion(dialect, stock_movement, columns, True, ())
    at = datetime.now(UTC)

    def movement(no: int) -> list[Any]:
        known = {"sku_id": _sku(no), "location": "main", "cause_ref": f"r{no}", "cause": "count"}
        return [
            known.get(
                c.name, at if c.name == "at" else 1 if isinstance(c.type, sa.Integer) else "x"
            )
            for c in stock_movement.c
        ]

    return {
        "read by key": (_LEVELS, lambda start, n: [(_sku(start + i),) for i in range(n)]),
        "guarded update": (
            _COUNT,
            lambda start, n: [
                [_sku(start + i) if c == "sku_id" else 0 for c in _COUNT._columns] for i in range(n)
            ],
        ),
        "insert": (movements, lambda start, n: [movement(start + i) for i in range(n)]),
    }


def _sku(no: int) -> str:
    return f"01900000-0000-7000-8000-{no % STOCK:012}"


def _spent(database: SqlDatabase, opened: sa.Connection | None = None) -> float:
    """Seconds of processor time, of this process and of the server's process behind *opened*."""
    mine = time.process_time()
    if opened is None or database.is_sqlite:
        return mine
    driver: Any = opened.connection.dbapi_connection
    fields = Path(f"/proc/{driver.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
    return mine + (int(fields[11]) + int(fields[12])) / _TICKS


def per_row(
    database: SqlDatabase, given: Given, made: Callable[[int, int], list[Any]], size: int
) -> float:
    """Microseconds of processor time for each row."""
    turns = max(ROWS // size, 4)
    with database.begin() as tx:
        opened = connection(tx)
        for turn in range(3):
            given.run(opened, made(turn * size, size))
        handed = [made((3 + turn) * size, size) for turn in range(turns)]
        before = _spent(database, opened)
        for some in handed:
            given.run(opened, some)
        return (_spent(database, opened) - before) / (turns * size) * 1e6


def plan(database: SqlDatabase, given: Given, some: Sequence[Any]) -> str:
    """How PostgreSQL finds stock, in a shop that nobody has counted."""
    told: list[Any] = []

    straight, here = answered, sys.modules[__name__]

    def explained(opened: sa.Connection, text: str, values: tuple[Any, ...]) -> list[Any]:
        told.extend(straight(opened, f"EXPLAIN {text}", values))
        return []

    for module in (rows, here):
        module.answered = explained  # type: ignore[attr-defined]
    try:
        with database.begin() as tx:
            given.run(connection(tx), some)
    finally:
        for module in (rows, here):
            module.answered = straight  # type: ignore[attr-defined]
    text = "\n".join(line for (line,) in told)
    return "scan" if "Seq Scan" in text else "key" if "Index" in text else "-"


def _same_but_fixed(given: Given) -> Fixed:
    return Fixed(given._build, given._most, **given._columns)


def measure(database: SqlDatabase, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Both ways on one database, in turns."""
    dialect = database.engine.dialect.name
    found: list[dict[str, Any]] = []
    for what, (given, made) in examples(dialect).items():
        fixed = _same_but_fixed(given)
        for size in SIZES:
            taken = [
                [per_row(database, way, made, size) for way in (given, fixed)]
                for _ in range(ROUNDS)
            ]
            padded, one_text = (median(column) for column in zip(*taken, strict=True))
            plans = (
                ["", ""]
                if database.is_sqlite or what == "insert"
                else [plan(database, way, made(0, size)) for way in (given, fixed)]
            )
            found.append(
                {"database": dialect, "what": what, "rows": size, "padded_us": padded,
                 "fixed_us": one_text, "plans": plans}
            )  # fmt: skip
            say(
                f"{dialect:<11} {what:<15} {size:>4} rows  filled up {padded:>7.1f} us a row   "
                f"one text {one_text:>7.1f} us   {one_text / padded:>5.2f} x   {' '.join(plans)}"
            )
    return found


def beginnings(database: SqlDatabase, say: Callable[[str], None]) -> dict[str, float]:
    """Microseconds that a transaction of one statement takes, begun with and without settings."""
    straight = postgres.BEGIN
    taken: dict[str, list[float]] = {"settings": [], "none": []}
    try:
        for _ in range(ROUNDS):
            for name, text in (("settings", straight), ("none", "BEGIN")):
                postgres.BEGIN = text  # type: ignore[misc]
                taken[name].append(_transactions(database))
    finally:
        postgres.BEGIN = straight  # type: ignore[misc]
    found = {name: median(each) for name, each in taken.items()}
    say(
        f"a transaction of one statement: {found['settings']:.0f} us with the planner's settings, "
        f"{found['none']:.0f} us without"
    )
    return found


def _transactions(database: SqlDatabase, count: int = 1_000) -> float:
    with database.begin() as tx:
        before = _spent(database, connection(tx))
    for no in range(count):
        with database.begin() as tx:
            _LEVELS.run(connection(tx), [(_sku(no),)])
            tx.commit()
    with database.begin() as tx:
        return (_spent(database, connection(tx)) - before) / count * 1e6


@contextmanager
def opened(url: str) -> Iterator[SqlDatabase]:
    """A database with stock."""
    database = SqlDatabase(url)
    schema.upgrade(database)
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO stock (sku_id, location, on_hand, reserved, sellable, "
                "availability_version) VALUES (:sku, 'main', 1000, 0, true, 0)"
            ),
            [{"sku": _sku(no)} for no in range(STOCK)],
        )
        tx.commit()
    try:
        yield database
    finally:
        database.dispose()


def main() -> None:
    """Print both sides, and keep them."""

    def say(line: str) -> None:
        print(line, flush=True)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        server = PostgresServer(folder / "postgres")
        server.start()
        try:
            with opened(f"sqlite:///{folder}/shop.db") as database:
                found = measure(database, say)
            with opened(server.url) as database:
                found += measure(database, say)
                begun = beginnings(database, say)
        finally:
            server.stop()
    at = datetime.now(UTC)
    path = HERE / "results" / f"{at:%Y-%m-%d}-given-rows.json"
    kept = {
        "at": at.isoformat(timespec="seconds"),
        "command": "python -m benchmarks.given_rows",
        "rows": found,
        "begin_us": begun,
    }
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"raw results: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
