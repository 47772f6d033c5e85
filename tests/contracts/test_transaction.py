"""The databases keep their promise."""

from collections.abc import Iterator, Sequence
from typing import Final

import pytest
import sqlalchemy as sa

from commerce_core.kernel.transaction import Database, Transaction
from commerce_sqlalchemy.transaction import SqlDatabase, connection
from commerce_testkit.contracts.transaction import DatabaseContract
from commerce_testkit.memory.transaction import MemoryDatabase, table

_NOTE: Final = sa.Table("note", sa.MetaData(), sa.Column("text", sa.Text, primary_key=True))


class TestMemoryDatabase(DatabaseContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    def note(self, tx: Transaction, text: str) -> None:
        table(tx, "note")[text] = text

    def notes(self, tx: Transaction) -> Sequence[str]:
        return list(table(tx, "note"))


class TestSqliteDatabase(DatabaseContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Iterator[Database]:
        _NOTE.create(sql_database.engine)
        yield sql_database
        _NOTE.drop(sql_database.engine)

    def note(self, tx: Transaction, text: str) -> None:
        connection(tx).execute(sa.insert(_NOTE).values(text=text))

    def notes(self, tx: Transaction) -> Sequence[str]:
        return list(connection(tx).execute(sa.select(_NOTE.c.text)).scalars())
