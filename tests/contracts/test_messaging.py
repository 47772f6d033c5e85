"""The outboxes and inboxes keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.messaging import SqlInbox, SqlOutbox
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.messaging import InboxContract, OutboxContract
from commerce_testkit.memory.messaging import MemoryInbox, MemoryOutbox
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryOutbox(OutboxContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def outbox(self, database: Database) -> MemoryOutbox:
        return MemoryOutbox(database)


class TestSqliteOutbox(OutboxContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def outbox(self, database: Database) -> SqlOutbox:
        return SqlOutbox(database)


class TestMemoryInbox(InboxContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def inbox(self) -> MemoryInbox:
        return MemoryInbox()


class TestSqliteInbox(InboxContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def inbox(self) -> SqlInbox:
        return SqlInbox()
