"""The item repositories, the offers and the import queues keep their promises."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.catalog import SqlItemRepository, SqlOffers
from commerce_sqlalchemy.imports import SqlImportQueue
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.catalog import ItemRepositoryContract
from commerce_testkit.contracts.imports import ImportQueueContract
from commerce_testkit.memory.catalog import MemoryImportQueue, MemoryItemRepository, MemoryOffers
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryItemRepository(ItemRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryItemRepository:
        return MemoryItemRepository()

    @pytest.fixture
    def offers(self) -> MemoryOffers:
        return MemoryOffers()


class TestSqliteItemRepository(ItemRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlItemRepository:
        return SqlItemRepository()

    @pytest.fixture
    def offers(self) -> SqlOffers:
        return SqlOffers()


class TestMemoryImportQueue(ImportQueueContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def queue(self) -> MemoryImportQueue:
        return MemoryImportQueue()


class TestSqliteImportQueue(ImportQueueContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def queue(self) -> SqlImportQueue:
        return SqlImportQueue()
