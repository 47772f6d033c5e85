"""What recommendations are learnt with, and kept in, keeps its promises."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_recommend.counting import SparseCoPurchases
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.orders import SqlOrderRepository
from commerce_sqlalchemy.purchases import SqlPurchaseHistory
from commerce_sqlalchemy.recommendations import SqlRecommendationModels
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.purchases import PurchaseHistoryContract
from commerce_testkit.contracts.recommendations import (
    CoPurchasesContract,
    RecommendationModelsContract,
)
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.recommendations import (
    MemoryCoPurchases,
    MemoryPurchaseHistory,
    MemoryRecommendationModels,
)
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryCoPurchases(CoPurchasesContract):
    @pytest.fixture
    def counted(self) -> MemoryCoPurchases:
        return MemoryCoPurchases()


class TestSparseCoPurchases(CoPurchasesContract):
    @pytest.fixture
    def counted(self) -> SparseCoPurchases:
        return SparseCoPurchases()


class TestMemoryRecommendationModels(RecommendationModelsContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def models(self) -> MemoryRecommendationModels:
        return MemoryRecommendationModels()


class TestSqliteRecommendationModels(RecommendationModelsContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def models(self) -> SqlRecommendationModels:
        return SqlRecommendationModels()


class TestMemoryPurchaseHistory(PurchaseHistoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def history(self) -> MemoryPurchaseHistory:
        return MemoryPurchaseHistory()

    @pytest.fixture
    def repo(self) -> MemoryOrderRepository:
        return MemoryOrderRepository()

    @pytest.fixture
    def sagas(self) -> MemorySagaStore:
        return MemorySagaStore()


class TestSqlitePurchaseHistory(PurchaseHistoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def history(self) -> SqlPurchaseHistory:
        return SqlPurchaseHistory()

    @pytest.fixture
    def repo(self) -> SqlOrderRepository:
        return SqlOrderRepository()

    @pytest.fixture
    def sagas(self) -> SqlSagaStore:
        return SqlSagaStore()
