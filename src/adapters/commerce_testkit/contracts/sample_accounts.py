"""Accounts and sessions that contracts write and read."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from commerce_core.accounts import Account, Role, Session
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import AccountId

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
ADA: Final = "ada@example.com"
BOB: Final = "bob@example.com"


def account(number: int, email: str, **fields: Any) -> Account:
    """An account, of a buyer unless *fields* says more."""
    filled: dict[str, Any] = {
        "name": "Somebody",
        "role": Role.BUYER,
        "password_hash": "hash",
        "created_at": AT,
        **fields,
    }
    return Account(id=AccountId(f"{number:08x}-0000-7000-8000-000000000000"), email=email, **filled)


def full_account() -> Account:
    """An account with every field set."""
    address = Address(
        name="Ada \N{LATIN CAPITAL LETTER O WITH DIAERESIS}st", line1="1 High St", line2="Flat 2",
        city="Bath", region="Somerset",
        postal_code="BA1 1AA", country="GB",
    )  # fmt: skip
    return account(
        1,
        ADA,
        name="Ada \N{SNOWMAN}",
        role=Role.SELLER,
        password_hash="$argon2id$…",
        address=address,
        version=7,
    )


def session(
    digest: str, holder: Account, *, begins: datetime = AT, lasts: timedelta = HOUR
) -> Session:
    """A session of *holder*."""
    return Session(
        token_digest=digest, account_id=holder.id, created_at=begins, expires_at=begins + lasts
    )
