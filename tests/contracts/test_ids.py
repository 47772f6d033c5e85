"""What makes ids and secrets keeps its promise."""

import pytest

from commerce_local.accounts import RandomTokens
from commerce_local.ids import UuidFactory
from commerce_testkit.contracts.ids import IdFactoryContract, TokenFactoryContract
from commerce_testkit.memory.ids import CountingIds
from commerce_testkit.memory.passwords import CountingTokens


class TestCountingIds(IdFactoryContract):
    @pytest.fixture
    def ids(self) -> CountingIds:
        return CountingIds()


class TestUuidFactory(IdFactoryContract):
    @pytest.fixture
    def ids(self) -> UuidFactory:
        return UuidFactory()


class TestCountingTokens(TokenFactoryContract):
    @pytest.fixture
    def tokens(self) -> CountingTokens:
        return CountingTokens()


class TestRandomTokens(TokenFactoryContract):
    @pytest.fixture
    def tokens(self) -> RandomTokens:
        return RandomTokens()
