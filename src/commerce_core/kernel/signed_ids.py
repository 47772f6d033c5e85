"""Secrets that are made of an id whenever they are needed, and are kept nowhere."""

import hmac


class SignedIds:
    """Makes a token of an id, and finds the id of a token. Who reads the database cannot make one.

    Args:
        key: signs them; the same in all processes of a shop.
        purpose: a token for one purpose is none for another.
    """

    def __init__(self, key: str, purpose: str) -> None:
        self._key = key.encode()
        self._purpose = purpose

    def token(self, name: str) -> str:
        """The token of the id *name*, safe in a path."""
        return f"{name}.{self._signature(name)}"

    def id_of(self, token: str) -> str | None:
        """The id that *token* was made of; ``None``: it is none of ours."""
        name, _, signature = token.rpartition(".")
        if token.isascii() and hmac.compare_digest(signature, self._signature(name)):
            return name
        return None

    def _signature(self, name: str) -> str:
        return hmac.digest(self._key, f"{self._purpose}\0{name}".encode(), "sha256").hex()
