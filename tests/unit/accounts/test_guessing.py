"""Guessing passwords, side by side."""

import pytest

from commerce_core.accounts import LogIn, LoginFailed, PasswordHasher, TooManyAttempts
from commerce_core.accounts.service import Accounts
from commerce_testkit.memory.passwords import CountingTokens, PlainHasher
from commerce_testkit.memory.shop import MemoryParts

GUESS = LogIn(email="ada@example.com", password="a wrong guess")


class Meanwhile(PasswordHasher):
    """A hasher that takes so long that *guesses* more are made before it answers."""

    def __init__(self, guesses: int) -> None:
        self.left = guesses
        self.accounts: Accounts | None = None
        self._plain = PlainHasher()

    def hash(self, password: str) -> str:
        return self._plain.hash(password)

    def verify(self, password_hash: str, password: str) -> bool:
        if self.left:
            self.left -= 1
            assert self.accounts is not None
            with pytest.raises(LoginFailed):
                self.accounts.log_in(GUESS)
        return self._plain.verify(password_hash, password)


def test_guesses_made_side_by_side_are_all_counted() -> None:
    on, hasher = MemoryParts(), Meanwhile(4)
    accounts = hasher.accounts = Accounts(on.database, on.accounts, hasher, CountingTokens(), on.clock, on.ids)
    with pytest.raises(LoginFailed):
        accounts.log_in(GUESS)
    with pytest.raises(TooManyAttempts):
        accounts.log_in(GUESS)
