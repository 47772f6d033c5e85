"""Passwords and e-mail addresses in one spelling, and whether a password is right."""

from commerce_core.accounts.ports import PasswordHasher, TokenFactory
from commerce_core.kernel.text import clean_text, normalized


def address_key(email: str) -> str:
    """An e-mail address as accounts are known by it: composed and without capitals."""
    return normalized("NFC", clean_text(email).lower())


def clean_password(password: str) -> str:
    """A password as it is hashed: composed, each blank kept."""
    return normalized("NFC", password)


class Passwords:
    """Hashes passwords and compares them."""

    def __init__(self, hasher: PasswordHasher, tokens: TokenFactory) -> None:
        self._hasher = hasher
        self._tokens = tokens
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        """What is kept of a password.

        Raises:
            Overloaded: too many are being hashed.
        """
        return self._hasher.hash(clean_password(password))

    def is_right(self, password_hash: str | None, password: str) -> bool:
        """Whether *password* is what was hashed: composed, or as it was typed, as older hashes were
        made of it. Without a hash it is not, after as long a time.

        Raises:
            Overloaded: too many are being hashed.
        """
        spellings = dict.fromkeys((clean_password(password), password, normalized("NFD", password)))
        kept = password_hash or self._decoy_hash()
        return any(self._hasher.verify(kept, one) for one in spellings) and bool(password_hash)

    def _decoy_hash(self) -> str:
        """Something to check a password against when the address is unknown, so that the time taken
        reveals nothing.
        """
        if self._decoy is None:
            self._decoy = self._hasher.hash(self._tokens.new())
        return self._decoy
