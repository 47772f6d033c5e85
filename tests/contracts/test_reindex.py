"""The queues of wishes to build the index anew keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.search import SqlReindexQueue
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.reindex import ReindexQueueContract
from commerce_testkit.memory.reindex import MemoryReindexQueue
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryReindexQueue(ReindexQueueContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def queue(self) -> MemoryReindexQueue:
        return MemoryReindexQueue()


class TestSqliteReindexQueue(ReindexQueueContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def queue(self) -> SqlReindexQueue:
        return SqlReindexQueue()
