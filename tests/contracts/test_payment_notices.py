"""The repositories of notices keep their promise, and orders are found by their payments."""

import pytest

from commerce_core.checkout import SagaStore
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderHandles, OrderRepository
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.order_handles import SqlOrderHandles
from commerce_sqlalchemy.orders import SqlOrderRepository
from commerce_sqlalchemy.payment_notices import SqlNoticeRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.order_handles import OrderHandlesContract
from commerce_testkit.contracts.payment_notices import NoticeRepositoryContract
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.payment_notices import MemoryNoticeRepository, MemoryOrderHandles
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryNoticeRepository(NoticeRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryNoticeRepository:
        return MemoryNoticeRepository()


class TestSqliteNoticeRepository(NoticeRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlNoticeRepository:
        return SqlNoticeRepository()


class TestMemoryOrderHandles(OrderHandlesContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> OrderRepository:
        return MemoryOrderRepository()

    @pytest.fixture
    def sagas(self) -> SagaStore:
        return MemorySagaStore()

    @pytest.fixture
    def handles(self) -> OrderHandles:
        return MemoryOrderHandles()


class TestSqliteOrderHandles(OrderHandlesContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> OrderRepository:
        return SqlOrderRepository()

    @pytest.fixture
    def sagas(self) -> SagaStore:
        return SqlSagaStore()

    @pytest.fixture
    def handles(self) -> OrderHandles:
        return SqlOrderHandles()
