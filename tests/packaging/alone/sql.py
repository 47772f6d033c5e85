"""Repositories at an address: an account goes in and comes out."""

import sys
from datetime import UTC, datetime

from commerce_core.accounts import Account, Role
from commerce_core.kernel.ids import AccountId
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.accounts import SqlAccountRepository
from commerce_sqlalchemy.transaction import SqlDatabase

database = SqlDatabase(sys.argv[1])
schema.upgrade(database)
repo = SqlAccountRepository()
ada = Account(
    id=AccountId("00000001-0000-7000-8000-000000000000"),
    email="ada@example.org",
    name="Ada",
    role=Role.BUYER,
    password_hash="hash",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
with database.begin() as tx:
    repo.insert(tx, [ada])
    tx.commit()
with database.snapshot() as tx:
    assert repo.by_email(tx, [ada.email]) == {ada.email: ada}
database.dispose()
