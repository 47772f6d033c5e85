"""The password hashers keep their promise."""

import pytest

from commerce_local.accounts import Argon2Hasher
from commerce_testkit.contracts.passwords import PasswordHasherContract
from commerce_testkit.memory.passwords import PlainHasher


class TestPlainHasher(PasswordHasherContract):
    @pytest.fixture
    def hasher(self) -> PlainHasher:
        return PlainHasher()


class TestArgon2Hasher(PasswordHasherContract):
    @pytest.fixture
    def hasher(self) -> Argon2Hasher:
        return Argon2Hasher(at_once=1, waiting=0)
