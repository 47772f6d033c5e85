"""The cart books keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.cart import SqlCartBook
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.cart import CartBookContract
from commerce_testkit.memory.cart import MemoryCartBook
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryCartBook(CartBookContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def book(self) -> MemoryCartBook:
        return MemoryCartBook()


class TestSqliteCartBook(CartBookContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def book(self) -> SqlCartBook:
        return SqlCartBook()
