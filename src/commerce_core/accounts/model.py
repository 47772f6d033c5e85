"""An account, and a session of its holder."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import AccountId, UnusableId, check_user_id, is_derived


class Role(StrEnum):
    """What an account is for. Operators are never made by registering."""

    BUYER = "buyer"
    SELLER = "seller"
    OPERATOR = "operator"


def _usable(_: object, _attribute: "attrs.Attribute[Any]", value: str) -> None:
    check_user_id(value)
    if is_derived(value):
        raise UnusableId("a user's id is no UUID of version 5: guests are known by these")


@attrs.frozen(kw_only=True)
class Account:
    """Somebody who can log in. Whoever keeps a change keeps it under the next *version*.

    Raises:
        UnusableId: see :class:`Buyer`.
    """

    id: AccountId = attrs.field(validator=_usable)
    email: str
    name: str
    role: Role
    password_hash: str = attrs.field(repr=False)
    address: Address | None = None
    personalised: bool = True
    """Whether what the holder bought may be used to recommend, to the holder and to others."""
    locale: str | None = None
    """The language that messages come in (BCP 47); ``None``: the shop's own."""
    version: int = 1
    created_at: datetime

    def named(self, name: str) -> "Account":
        """The account with another name."""
        return attrs.evolve(self, name=name)

    def with_address(self, address: Address | None) -> "Account":
        """The account with another address, or none."""
        return attrs.evolve(self, address=address)

    def with_personalised(self, personalised: bool) -> "Account":
        """The account with recommendations that go by what was bought, or without."""
        return attrs.evolve(self, personalised=personalised)

    def reading(self, locale: str | None) -> "Account":
        """The account with another language, or the shop's own."""
        return attrs.evolve(self, locale=locale)

    def granted(self, role: Role) -> "Account":
        """The account with another role."""
        return attrs.evolve(self, role=role)


@attrs.frozen(kw_only=True)
class Buyer:
    """Somebody who buys and is known by other means than an account here: all that a shop needs of
    them.

    Raises:
        UnusableId: *id* is empty, longer than 64 characters, has other ones than visible ASCII, or
            is a UUID of version 5.
    """

    id: str = attrs.field(validator=_usable)
    email: str = ""
    address: Address | None = None
    personalised: bool = True
    """Whether what they bought may be used to recommend to them."""

    @property
    def role(self) -> Role:
        """What they are here for."""
        return Role.BUYER


@attrs.frozen(kw_only=True)
class Session:
    """A log-in. Only the digest of its token is kept: who reads the table cannot log in with it."""

    token_digest: str
    account_id: AccountId
    created_at: datetime
    expires_at: datetime


class RequestKind(StrEnum):
    """What a link that is sent by mail is for."""

    PASSWORD_RESET = "password-reset"  # noqa: S105 (no password)
    EMAIL_CHANGE = "email-change"

    @property
    def notification(self) -> str:
        """What sort of message brings the link."""
        return "password-reset" if self is RequestKind.PASSWORD_RESET else "email-verification"


@attrs.frozen(kw_only=True)
class CredentialRequest:
    """Somebody has asked for a link. *account_id*: whose it is, ``None`` until that is looked up;
    *email*: the address that was named.
    """

    id: str
    kind: RequestKind
    email: str = attrs.field(repr=False)
    account_id: AccountId | None = None
    created_at: datetime
    expires_at: datetime


@attrs.frozen(kw_only=True)
class HeldSession:
    """A session as its holder sees it in a list. Its *id* does not log anybody in."""

    id: str
    created_at: datetime
    expires_at: datetime
    is_current: bool


@attrs.frozen(kw_only=True)
class Erasure:
    """How far the erasure of a person's data has come: which *part* is next, and behind which of
    its records; *passes* were made of all. *due_at* somebody takes it up if nobody is at it.
    """

    account_id: AccountId
    due_at: datetime
    passes: int = 0
    part: int = 0
    after: str | None = None


@attrs.frozen(kw_only=True)
class LoggedIn:
    """A session as its holder gets it: the only time that the token is seen."""

    token: str = attrs.field(repr=False)
    expires_at: datetime
    account: Account
    device: str = attrs.field(repr=False)
    """A secret that the holder's device is known by at the next log-in."""


@attrs.frozen(kw_only=True)
class Origin:
    """Where a request comes from: a network address, and the secret of a device if one was
    shown.

    Without an address it is a caller within the process, who is not limited by it.
    """

    address: str = ""
    device: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Attempts:
    """How often something was tried since it was first tried; *until* when that counts."""

    count: int
    until: datetime


@attrs.frozen(kw_only=True)
class Limits:
    """What one origin may do. Guesses count for five minutes, everything else for one."""

    guesses: int = 5
    """Wrong passwords for one account."""
    guessed_accounts: int = 25
    """Accounts with wrong passwords."""
    log_ins: int = 600
    registrations: int = 300
    guest_carts: int = 600
    resets: int = 30
    """Links that are asked for or used."""
