"""The logs of decisions keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.audit import SqlCallLog, SqlDecisionLog
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.audit import CallLogContract, DecisionLogContract
from commerce_testkit.memory.audit import MemoryCallLog, MemoryDecisionLog
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryDecisionLog(DecisionLogContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def log(self) -> MemoryDecisionLog:
        return MemoryDecisionLog()


class TestSqliteDecisionLog(DecisionLogContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def log(self) -> SqlDecisionLog:
        return SqlDecisionLog()


class TestMemoryCallLog(CallLogContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def log(self) -> MemoryCallLog:
        return MemoryCallLog()


class TestSqliteCallLog(CallLogContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def log(self) -> SqlCallLog:
        return SqlCallLog()
