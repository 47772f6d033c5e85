"""Guests' carts: whose they are, and the tokens that open them."""

import hmac

from commerce_core.accounts import TokenFactory
from commerce_core.kernel.ids import BuyerId, derived_id, is_derived


def guest_id(token: str) -> BuyerId:
    """Whose cart a guest's token opens: who reads the table cannot open it."""
    return BuyerId(derived_id("guest", token))


def is_guest(buyer_id: BuyerId) -> bool:
    """Whether *buyer_id* is made as :func:`guest_id` makes them: accounts have ids of another
    kind.
    """
    return is_derived(buyer_id)


class GuestTokens:
    """Makes the tokens that guests' carts are known by, and distinguishes them from those that
    was made up elsewhere.

    Whoever could choose a token could hand it to another person, and read that person's cart
    afterwards.

    Args:
        key: signs the tokens; the same in all processes of a shop.
        secrets: what a token is made from.
    """

    def __init__(self, key: str, secrets: TokenFactory) -> None:
        self._key = key.encode()
        self._secrets = secrets

    def new(self) -> str:
        """A fresh token, safe in a header."""
        secret = self._secrets.new()
        return f"{secret}.{self._signature(secret)}"

    def knows(self, token: str) -> bool:
        """Whether *token* is one of ours."""
        secret, _, signature = token.rpartition(".")
        return token.isascii() and hmac.compare_digest(signature, self._signature(secret))

    def _signature(self, secret: str) -> str:
        return hmac.digest(self._key, secret.encode(), "sha256")[:16].hex()
