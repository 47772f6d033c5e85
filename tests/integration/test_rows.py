"""Statements over given rows are spelled so that PostgreSQL takes them as well."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from commerce_sqlalchemy import postgres
from commerce_sqlalchemy.rows import Given


class Listener:
    """The driver's connection of a database that answers nothing and keeps what it was to
    execute.
    """

    def __init__(self) -> None:
        self.dialect = postgresql.psycopg.dialect()  # type: ignore[attr-defined]
        self.connection = SimpleNamespace(dbapi_connection=self)
        self.description = None
        self.sent: list[str] = []

    def cursor(self) -> "Listener":
        return self

    def execute(self, text: str, _: Any) -> None:
        self.sent.append(text)

    def close(self) -> None:
        pass


def test_every_value_of_a_given_row_says_of_what_kind_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A column of nothing but NULLs is text to PostgreSQL unless it is told: a saga's flag could
    not be written there.
    """
    given = Given(
        lambda d: sa.select(d.name, d.count, sa.func.coalesce(d.flag, sa.true())),
        name=sa.Text(),
        count=sa.BigInteger(),
        flag=sa.Boolean(),
    )
    listener = Listener()
    monkeypatch.setattr(postgres, "cursor", Listener.cursor)
    given.run(cast("sa.Connection", listener), [("a", 1, None)])
    (sql,) = listener.sent
    assert "($1::VARCHAR, $2::BIGINT, CAST($3 AS BOOLEAN))" in sql
