"""Statements over given rows are spelled so that PostgreSQL takes them as well."""

from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from commerce_sqlalchemy.rows import Given


class Listener:
    """A connection that answers nothing and keeps what it was to execute, as PostgreSQL would be sent it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def execute(self, statement: Any, _: Any) -> Any:
        self.sent.append(str(statement.compile(dialect=postgresql.psycopg.dialect())))  # type: ignore[attr-defined]
        return SimpleNamespace(returns_rows=False)


def test_every_value_of_a_given_row_says_of_what_kind_it_is() -> None:
    """A column of nothing but NULLs is text to PostgreSQL unless it is told: a saga's flag could not be written there."""
    given = Given(
        lambda d: sa.select(d.name, d.count, sa.func.coalesce(d.flag, sa.true())), name=sa.Text(), count=sa.BigInteger(), flag=sa.Boolean()
    )
    listener = Listener()
    given.run(cast("sa.Connection", listener), [("a", 1, None)])
    (sql,) = listener.sent
    assert "%(given0_name)s::VARCHAR" in sql
    assert "%(given0_count)s::BIGINT" in sql
    assert "CAST(%(given0_flag)s AS BOOLEAN)" in sql
