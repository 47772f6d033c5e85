"""The account books keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.accounts import SqlAccountBook, SqlSecretBook
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.accounts import AccountBookContract, SecretBookContract
from commerce_testkit.memory.accounts import MemoryAccountBook, MemorySecretBook
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryAccountBook(AccountBookContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def book(self) -> MemoryAccountBook:
        return MemoryAccountBook()


class TestSqliteAccountBook(AccountBookContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def book(self) -> SqlAccountBook:
        return SqlAccountBook()


class TestMemorySecretBook(SecretBookContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def book(self) -> MemorySecretBook:
        return MemorySecretBook()


class TestSqliteSecretBook(SecretBookContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def book(self) -> SqlSecretBook:
        return SqlSecretBook()
