"""The wishlist repositories keep their promise."""

import pytest

from commerce_core.kernel.transaction import Database
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_sqlalchemy.wishlist import SqlWishlistRepository
from commerce_testkit.contracts.wishlist import WishlistRepositoryContract
from commerce_testkit.memory.transaction import MemoryDatabase
from commerce_testkit.memory.wishlist import MemoryWishlistRepository


class TestMemoryWishlistRepository(WishlistRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryWishlistRepository:
        return MemoryWishlistRepository()


class TestSqliteWishlistRepository(WishlistRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlWishlistRepository:
        return SqlWishlistRepository()
