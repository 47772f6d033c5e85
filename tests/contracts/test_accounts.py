"""The account repositories keep their promise."""

import pytest

from commerce_core.accounts import AccountRepository, Role
from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.accounts import SqlAccountRepository, SqlSecretStore
from commerce_sqlalchemy.credential_requests import SqlCredentialRequests
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.accounts import (
    AccountRepositoryContract,
    SecretStoreContract,
)
from commerce_testkit.contracts.credential_requests import CredentialRequestsContract
from commerce_testkit.contracts.sample_accounts import account
from commerce_testkit.memory.accounts import MemoryAccountRepository, MemorySecretStore
from commerce_testkit.memory.credential_requests import MemoryCredentialRequests
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


class TestMemoryCredentialRequests(CredentialRequestsContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryCredentialRequests:
        return MemoryCredentialRequests()


class TestSqliteCredentialRequests(CredentialRequestsContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlCredentialRequests:
        return SqlCredentialRequests()


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


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_operators_are_found_and_nobody_else(kind: str, sql_database: SqlDatabase) -> None:
    database: Database = sql_database if kind == "sqlite" else MemoryDatabase()
    repo: AccountRepository = (
        SqlAccountRepository() if kind == "sqlite" else MemoryAccountRepository()
    )
    ours = [account(n, f"{n}@example.com", role=Role.OPERATOR, locale="de") for n in (4, 5)]
    with database.begin() as tx:
        repo.insert(tx, [account(3, "3@example.com"), *ours])
        assert repo.operators(tx, 9) == ours
        assert repo.operators(tx, 1) == ours[:1]
