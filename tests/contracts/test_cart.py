"""The cart repositories keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.cart import SqlCartRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.cart import CartRepositoryContract
from commerce_testkit.memory.cart import MemoryCartRepository
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryCartRepository(CartRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryCartRepository:
        return MemoryCartRepository()


class TestSqliteCartRepository(CartRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlCartRepository:
        return SqlCartRepository()
