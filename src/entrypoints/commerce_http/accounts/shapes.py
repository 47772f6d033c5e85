"""Accounts and sessions in responses."""

from collections.abc import Sequence

import attrs

from commerce_core.accounts import Account as CoreAccount
from commerce_core.accounts import HeldSession
from commerce_core.kernel.address import Address as CoreAddress
from commerce_http.web.answers import Shape, Timestamp


class Account(Shape):
    """An account as its holder sees it."""

    account_id: str
    email: str
    name: str
    role: str


class Address(Shape):
    """Where parcels go."""

    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str


class AccountDetails(Account):
    """An account with its address. ``personalised``: whether what the holder bought is used to
    recommend.
    """

    address: Address | None
    personalised: bool
    locale: str | None


class Session(Shape):
    """A session: ``Authorization: Bearer <token>`` from now on."""

    token: str
    expires_at: Timestamp
    account: Account


def account_shape(account: CoreAccount) -> Account:
    """*account* as its holder sees it."""
    return Account(
        account_id=account.id, email=account.email, name=account.name, role=account.role.value
    )


def holder_shape(account: CoreAccount) -> AccountDetails:
    """*account* with its address."""
    return AccountDetails(
        account_id=account.id,
        email=account.email,
        name=account.name,
        role=account.role.value,
        address=address_shape(account.address),
        personalised=account.personalised,
        locale=account.locale,
    )


def address_shape(address: CoreAddress | None) -> Address | None:
    """*address* in a response."""
    return Address(**attrs.asdict(address)) if address else None


class OpenSession(Shape):
    """A log-in of the caller's. *current*: the one that this request was made with."""

    session_id: str
    created_at: Timestamp
    expires_at: Timestamp
    current: bool


class SessionList(Shape):
    """Where the caller is logged in: the hundred newest."""

    sessions: list[OpenSession]


def session_list(sessions: Sequence[HeldSession]) -> SessionList:
    """*sessions* in a response."""
    return SessionList(
        sessions=[
            OpenSession(
                session_id=held.id,
                created_at=held.created_at,
                expires_at=held.expires_at,
                current=held.is_current,
            )
            for held in sessions
        ]
    )
