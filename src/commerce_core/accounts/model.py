"""An account, and a session of its holder."""

from datetime import datetime
from enum import StrEnum

import attrs

from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import AccountId


class Role(StrEnum):
    """What an account is for. Operators are never made by registering."""

    BUYER = "buyer"
    SELLER = "seller"
    OPERATOR = "operator"


@attrs.frozen(kw_only=True)
class Account:
    """Somebody who can log in. Whoever keeps a change keeps it under the next *version*."""

    id: AccountId
    email: str
    name: str
    role: Role
    password_hash: str = attrs.field(repr=False)
    address: Address | None = None
    version: int = 1
    created_at: datetime

    def named(self, name: str) -> "Account":
        """The account with another name."""
        return attrs.evolve(self, name=name)

    def living_at(self, address: Address | None) -> "Account":
        """The account with another address, or none."""
        return attrs.evolve(self, address=address)

    def granted(self, role: Role) -> "Account":
        """The account with another role."""
        return attrs.evolve(self, role=role)


@attrs.frozen(kw_only=True)
class Session:
    """A log-in. Only the digest of its token is kept: who reads the table cannot log in with it."""

    token_digest: str
    account_id: AccountId
    created_at: datetime
    expires_at: datetime


@attrs.frozen(kw_only=True)
class LoggedIn:
    """A session as its holder gets it: the only time that the token is seen."""

    token: str = attrs.field(repr=False)
    expires_at: datetime
    account: Account


@attrs.frozen(kw_only=True)
class LoginFailures:
    """How often logging in to one address has failed, lately."""

    count: int
    last_at: datetime
