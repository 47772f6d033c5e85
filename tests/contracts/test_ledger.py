"""The repositories of the ledger keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.ledger import SqlLedgerRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.ledger import LedgerRepositoryContract
from commerce_testkit.memory.ledger import MemoryLedgerRepository
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryLedgerRepository(LedgerRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryLedgerRepository:
        return MemoryLedgerRepository()


class TestSqliteLedgerRepository(LedgerRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlLedgerRepository:
        return SqlLedgerRepository()
