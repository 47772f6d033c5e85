"""The item books, the offers and the import queues keep their promises."""

from pathlib import Path

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.catalog import SqlImportQueue, SqlItemBook, SqlOffers
from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.catalog import ImportQueueContract, ItemBookContract
from commerce_testkit.memory.catalog import MemoryImportQueue, MemoryItemBook, MemoryOffers
from commerce_testkit.memory.transaction import MemoryDatabase


def _sqlite(path: Path) -> SqlDatabase:
    database = SqlDatabase(f"sqlite:///{path}/shop.db")
    METADATA.create_all(database.engine)
    return database


class TestMemoryItemBook(ItemBookContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def book(self) -> MemoryItemBook:
        return MemoryItemBook()

    @pytest.fixture
    def offers(self) -> MemoryOffers:
        return MemoryOffers()


class TestSqliteItemBook(ItemBookContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Database:
        return _sqlite(tmp_path)

    @pytest.fixture
    def book(self) -> SqlItemBook:
        return SqlItemBook()

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
    def database(self, tmp_path: Path) -> Database:
        return _sqlite(tmp_path)

    @pytest.fixture
    def queue(self) -> SqlImportQueue:
        return SqlImportQueue()
