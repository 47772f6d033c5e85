"""The repositories of webhooks keep their promise."""

from collections.abc import Iterator

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_sqlalchemy.webhooks import SqlWebhooks
from commerce_testkit.contracts.webhook_receivers import ReceiversContract
from commerce_testkit.contracts.webhooks import WebhookRepositoryContract
from commerce_testkit.memory.transaction import MemoryDatabase
from commerce_testkit.memory.webhooks import MemoryReceivers, MemoryWebhooks
from commerce_webhooks import HttpReceivers


class TestMemoryWebhooks(WebhookRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryWebhooks:
        return MemoryWebhooks()


class TestSqliteWebhooks(WebhookRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlWebhooks:
        return SqlWebhooks()


class TestMemoryReceivers(ReceiversContract):
    @pytest.fixture
    def receivers(self) -> MemoryReceivers:
        return MemoryReceivers()


class TestHttpReceivers(ReceiversContract):
    @pytest.fixture
    def receivers(self) -> Iterator[HttpReceivers]:
        made = HttpReceivers()
        yield made
        made.close()
