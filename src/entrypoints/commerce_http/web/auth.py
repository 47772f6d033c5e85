"""Who is calling: an account known by its bearer token, or nobody."""

import re
from collections.abc import Callable
from typing import Any, Final

import attrs

from commerce_core.accounts import Account, Role
from commerce_core.cart.service import GuestTokens
from commerce_http.web.errors import Forbidden, Unauthenticated

Authenticate = Callable[[str], Account]

_CART_COOKIE: Final = "cart_token"
_DEVICE_COOKIE: Final = "device_token"
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,100}")


@attrs.frozen
class Admission:
    """Who may use an operation: accounts with one of ``roles``, and without an account if
    ``guests``.
    """

    roles: frozenset[Role]
    guests: bool = False

    def token(self, authorization: str | None) -> str | None:
        """The token of an Authorization header; ``None`` is a guest.

        Raises:
            Unauthenticated: a token is missing.
        """
        return None if authorization is None and self.guests else bearer_token(authorization)

    def admit(self, token: str, authenticate: Authenticate) -> Account:
        """The account whose *token* it is.

        Raises:
            Unauthenticated: it is none of ours (whatever the accounts service raises passes).
            Forbidden: the account has another role.
        """
        account = authenticate(token)
        self.check(account.role)
        return account

    def check(self, role: Role) -> None:
        """Look whether a caller of *role* may use it.

        Raises:
            Forbidden: no.
        """
        if role not in self.roles:
            raise Forbidden(f"this is not for a {role.value}")


ANYONE: Final = Admission(frozenset(Role), guests=True)
HOLDER: Final = Admission(frozenset(Role))
BUYER: Final = Admission(frozenset({Role.BUYER}))
SELLER: Final = Admission(frozenset({Role.SELLER}))
OPERATOR: Final = Admission(frozenset({Role.OPERATOR}))
SELLER_OR_OPERATOR: Final = Admission(frozenset({Role.SELLER, Role.OPERATOR}))
BUYER_OR_GUEST: Final = Admission(frozenset({Role.BUYER}), guests=True)
BUYER_OR_SELLER: Final = Admission(frozenset({Role.BUYER, Role.SELLER}))


def bearer_token(authorization: str | None) -> str:
    """The token in an Authorization header.

    Raises:
        Unauthenticated: there is none.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("log in first: POST /sessions answers a bearer token")
    return token.strip()


def cart_token(headers: Any, guests: GuestTokens) -> str | None:
    """The guest's cart token shown with a request, in the X-Cart-Token header or else the cookie;
    ``None`` if none is ours.
    """
    shown = headers.get("x-cart-token")
    if shown and _TOKEN.fullmatch(shown) and guests.knows(shown):
        return str(shown)
    remembered = _cookie(headers.get("cookie"), _CART_COOKIE)
    return remembered if remembered and guests.knows(remembered) else None


def device_token(headers: Any) -> str | None:
    """The secret of the caller's device shown with a request: the X-Device-Token header, else the
    cookie; ``None`` if there is none.
    """
    shown = headers.get("x-device-token")
    return (
        str(shown)
        if shown and _TOKEN.fullmatch(shown)
        else _cookie(headers.get("cookie"), _DEVICE_COOKIE)
    )


def device_cookie(token: str) -> str:
    """A cookie that lets a browser be known for a year."""
    return f"{_DEVICE_COOKIE}={token}; Max-Age=31536000; HttpOnly; SameSite=Lax"


def _cookie(jar: str | None, name: str) -> str | None:
    """The first cookie of this name that can be a token. Python's own reader takes minutes for a
    jar full of backslashes.
    """
    if not jar or name not in jar:
        return None
    for cookie in jar.split(";"):
        key, _, value = cookie.partition("=")
        if key.strip() == name and _TOKEN.fullmatch(value := value.strip().strip('"')):
            return value
    return None


def cart_cookie(token: str) -> str:
    """A cookie that keeps *token* in a browser for ninety days."""
    return f"{_CART_COOKIE}={token}; Max-Age=7776000; HttpOnly; SameSite=Lax"


def no_cart_cookie() -> str:
    """A cookie that makes a browser forget its token."""
    return f"{_CART_COOKIE}=; Max-Age=0; HttpOnly; SameSite=Lax"
