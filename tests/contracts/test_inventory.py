"""The stock ledgers keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.inventory import SqlStockLedger
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.inventory import StockLedgerContract
from commerce_testkit.memory.inventory import MemoryStockLedger
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryStockLedger(StockLedgerContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def ledger(self) -> MemoryStockLedger:
        return MemoryStockLedger()


class TestSqliteStockLedger(StockLedgerContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def ledger(self) -> SqlStockLedger:
        return SqlStockLedger()
