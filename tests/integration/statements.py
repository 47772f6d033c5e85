"""Watching every SQL statement: how many there are, and what happens when one of them breaks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from commerce_sqlalchemy import rows
from commerce_sqlalchemy.transaction import SqlDatabase, SqlTransaction

_FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@contextmanager
def counted(database: SqlDatabase, thread: int | None = None) -> Iterator[list[str]]:
    """The statements that are executed while the block lasts, on whatever thread, or on the one
    with the identifier *thread*; those that frame transactions are left out.
    """
    seen: list[str] = []

    def see(statement: str) -> None:
        mine = thread is None or thread == threading.get_ident()
        if mine and not statement.startswith(_FRAME):
            seen.append(statement)

    with _watching(database, see):
        yield seen


@contextmanager
def _watching(database: SqlDatabase, see: Callable[[str], None]) -> Iterator[None]:
    """Have *see* told of every statement before it is executed, by SQLAlchemy or by the driver
    itself.
    """

    def executed(_connection, _cursor, statement: str, *_: object) -> None:
        see(statement)

    def answered(
        connection: sa.Connection, statement: str, values: tuple[Any, ...]
    ) -> list[tuple[Any, ...]]:
        if connection.engine is database.engine:
            see(statement)
        return straight(connection, statement, values)

    straight, rows.answered = rows.answered, answered
    sa.event.listen(database.engine, "before_cursor_execute", executed)
    try:
        yield
    finally:
        rows.answered = straight
        sa.event.remove(database.engine, "before_cursor_execute", executed)


class Breakage:
    """Something breaks once, at the *at*-th point that is passed once it is armed."""

    def __init__(self, at: int, error: BaseException) -> None:
        self._at = at
        self._error = error
        self._passed = 0
        self.armed = False

    @property
    def struck(self) -> bool:
        """Whether it came to that."""
        return self._passed >= self._at

    def point(self) -> None:
        """A place where it may break."""
        if self.armed:
            self._passed += 1
            if self._passed == self._at:
                raise self._error

    def around(self, send: Callable[[], object]) -> object:
        """An outside call: it may break before its request goes out, and before its answer is
        here.
        """
        self.point()
        answer = send()
        self.point()
        return answer

    @contextmanager
    def within(self, database: SqlDatabase) -> Iterator[None]:
        """While the block lasts each statement is such a place, and so are the moments before and
        after each commit.
        """

        commit = SqlTransaction.commit

        def commit_between_points(tx: SqlTransaction) -> None:
            mine = tx._database is database  # other shops of the process go on as ever
            if mine:
                self.point()
            commit(tx)
            if mine:
                self.point()

        SqlTransaction.commit = commit_between_points  # type: ignore[method-assign]
        try:
            with _watching(database, lambda _: self.point()):
                yield
        finally:
            SqlTransaction.commit = commit  # type: ignore[method-assign]
