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

    def test_no_two_processes_use_the_same_chance(self, ids: UuidFactory) -> None:
        ids.new()
        left = ids._random
        assert left
        ids._process += 1  # as it is after a fork
        ids.new()
        assert not left.endswith(ids._random[:8])
        assert not left.startswith(ids._random[:8])


class TestCountingTokens(TokenFactoryContract):
    @pytest.fixture
    def tokens(self) -> CountingTokens:
        return CountingTokens()


class TestRandomTokens(TokenFactoryContract):
    @pytest.fixture
    def tokens(self) -> RandomTokens:
        return RandomTokens()
