"""The repositories of refunds keep their promise."""

import pytest

from commerce_core.checkout import SagaStore
from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.refunds import SqlRefundRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.refunds import RefundRepositoryContract
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.refunds import MemoryRefundRepository
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryRefundRepository(RefundRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryRefundRepository:
        return MemoryRefundRepository()

    @pytest.fixture
    def sagas(self) -> SagaStore:
        return MemorySagaStore()


class TestSqliteRefundRepository(RefundRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlRefundRepository:
        return SqlRefundRepository()

    @pytest.fixture
    def sagas(self) -> SagaStore:
        return SqlSagaStore()
