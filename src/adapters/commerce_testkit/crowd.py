"""Accounts for crowds, logged in already: made through the port, since hashing thousands of
passwords proves nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.accounts import Account, AccountRepository, Role, Session
from commerce_core.accounts.service import digest_of
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import AccountId, IdFactory
from commerce_core.kernel.transaction import Database

_NO_PASSWORD: Final = "nobody can log in with this"
_BATCH: Final = 500


@attrs.frozen
class Member:
    """One of a crowd: an account, and the bearer token of its session."""

    account: Account
    token: str


def crowd(
    database: Database,
    repo: AccountRepository,
    clock: Clock,
    ids: IdFactory,
    count: int,
    role: Role = Role.BUYER,
) -> Sequence[Member]:
    """*count* new accounts with a session of a day each. Not idempotent."""
    members: list[Member] = []
    while len(members) < count:
        batch = [_member(clock, ids, role) for _ in range(min(_BATCH, count - len(members)))]
        with database.begin() as tx:
            repo.insert(tx, [member.account for member in batch])
            for member in batch:
                now = member.account.created_at
                repo.open_session(
                    tx,
                    Session(
                        token_digest=digest_of(member.token),
                        account_id=member.account.id,
                        created_at=now,
                        expires_at=now + timedelta(days=1),
                    ),
                )
            tx.commit()
        members += batch
    return members


def _member(clock: Clock, ids: IdFactory, role: Role) -> Member:
    account_id = AccountId(ids.new())
    account = Account(
        id=account_id,
        email=f"{account_id}@crowd.example",
        name="One of many",
        role=role,
        password_hash=_NO_PASSWORD,
        created_at=clock.now(),
    )
    return Member(account, f"crowd-{ids.new()}")
