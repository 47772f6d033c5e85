"""The order repositories and the sellers' lists keep their promises."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.orders import SqlOrderRepository, SqlSellerOrders
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.orders import OrderRepositoryContract, SellerOrdersContract
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.orders import MemoryOrderRepository, MemorySellerOrders
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryOrderRepository(OrderRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryOrderRepository:
        return MemoryOrderRepository()

    @pytest.fixture
    def sagas(self) -> MemorySagaStore:
        return MemorySagaStore()


class TestSqliteOrderRepository(OrderRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlOrderRepository:
        return SqlOrderRepository()

    @pytest.fixture
    def sagas(self) -> SqlSagaStore:
        return SqlSagaStore()


class TestMemorySellerOrders(SellerOrdersContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def listed(self) -> MemorySellerOrders:
        return MemorySellerOrders()


class TestSqliteSellerOrders(SellerOrdersContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def listed(self) -> SqlSellerOrders:
        return SqlSellerOrders()
