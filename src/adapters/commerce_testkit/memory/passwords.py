"""Passwords and secrets without cost and without chance."""

import hashlib
import itertools

from commerce_core.accounts import PasswordHasher, TokenFactory


class PlainHasher(PasswordHasher):
    """One cheap digest and a counted salt: for tests, never for a shop."""

    def __init__(self) -> None:
        self._salts = itertools.count(1)

    def hash(self, password: str) -> str:
        return _digest(str(next(self._salts)), password)

    def verify(self, password_hash: str, password: str) -> bool:
        return password_hash == _digest(password_hash.split("$")[1], password)


def _digest(salt: str, password: str) -> str:
    return f"plain${salt}${hashlib.sha256(f'{salt}${password}'.encode()).hexdigest()}"


class CountingTokens(TokenFactory):
    """Tokens of the usual length that count up from one: the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"token-{next(self._numbers):037}"
