"""The account repositories keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.accounts import SqlAccountRepository, SqlSecretStore
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.accounts import AccountRepositoryContract, SecretStoreContract
from commerce_testkit.memory.accounts import MemoryAccountRepository, MemorySecretStore
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryAccountRepository(AccountRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryAccountRepository:
        return MemoryAccountRepository()


class TestSqliteAccountRepository(AccountRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlAccountRepository:
        return SqlAccountRepository()


class TestMemorySecretStore(SecretStoreContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemorySecretStore:
        return MemorySecretStore()


class TestSqliteSecretStore(SecretStoreContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlSecretStore:
        return SqlSecretStore()
