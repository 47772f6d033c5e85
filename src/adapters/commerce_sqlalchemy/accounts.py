"""The account book in SQL."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from commerce_core.accounts import Account, AccountBook, EmailTaken, LoginFailures, Role, SecretBook, Session
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_many
from commerce_sqlalchemy.tables import Instant, login_failure, shop_secret
from commerce_sqlalchemy.tables import account as account_table
from commerce_sqlalchemy.tables import session as session_table
from commerce_sqlalchemy.transaction import connection

_FORGOTTEN_AT_ONCE: Final = 100
_FAILURES_MATTER_FOR: Final = timedelta(days=1)


# Asked with every request.
_HOLDER: Final = Given(
    lambda d: sa.select(account_table)
    .select_from(session_table.join(account_table, account_table.c.id == session_table.c.account_id))
    .where(session_table.c.token_digest == d.digest, session_table.c.expires_at > sa.bindparam("now", type_=Instant())),
    digest=sa.Text(),
)  # fmt: skip


class SqlAccountBook(AccountBook):
    """Accounts, sessions and failed log-ins on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, accounts: Sequence[Account]) -> None:
        with _own_address():
            insert_many(connection(tx), account_table, [_row(a) for a in accounts])

    def load(self, tx: Transaction, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        rows = connection(tx).execute(sa.select(account_table).where(account_table.c.id.in_(ids)))
        return {row.id: _account(row) for row in rows}

    def by_email(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Account]:
        rows = connection(tx).execute(sa.select(account_table).where(account_table.c.email.in_(emails)))
        return {row.email: _account(row) for row in rows}

    def update(self, tx: Transaction, account: Account) -> bool:
        c = account_table.c
        before = sa.and_(c.id == account.id, c.version == account.version - 1)
        with _own_address():
            written = connection(tx).execute(sa.update(account_table).where(before).values(_row(account)).returning(c.id))
        return written.scalar() is not None

    def open_session(self, tx: Transaction, session: Session) -> None:
        insert_many(connection(tx), session_table, [attrs.asdict(session)])
        self._forget(tx, session_table.c.token_digest, session_table.c.expires_at, session.created_at)

    def session_of(self, tx: Transaction, token_digest: str, now: datetime) -> Account | None:
        found = _HOLDER.run(connection(tx), [(token_digest,)], now=now)
        return _account(found[0]) if found else None

    def close_session(self, tx: Transaction, token_digest: str) -> None:
        connection(tx).execute(sa.delete(session_table).where(session_table.c.token_digest == token_digest))

    def drop_sessions(self, tx: Transaction, before: datetime, limit: int) -> int:
        c = session_table.c
        return self._forget(tx, c.token_digest, c.expires_at, before, limit)

    def failures(self, tx: Transaction, email: str) -> LoginFailures | None:
        row = connection(tx).execute(sa.select(login_failure).where(login_failure.c.email == email)).one_or_none()
        return LoginFailures(count=row.failures, last_at=row.last_at) if row else None

    def note_failure(self, tx: Transaction, email: str, failures: LoginFailures | None) -> None:
        c = login_failure.c
        if failures is None:
            connection(tx).execute(sa.delete(login_failure).where(c.email == email))
            return
        counted = {"failures": failures.count, "last_at": failures.last_at}
        insert_if_new(connection(tx), login_failure, [{"email": email, **counted}])
        connection(tx).execute(sa.update(login_failure).where(c.email == email).values(counted))
        # Whoever tries made-up addresses must not fill the disk.
        self._forget(tx, c.email, c.last_at, failures.last_at - _FAILURES_MATTER_FOR)

    def _forget(
        self, tx: Transaction, key: "sa.Column[Any]", until: "sa.Column[Any]", at: datetime, limit: int = _FORGOTTEN_AT_ONCE
    ) -> int:
        """Delete up to *limit* rows that ended by *at*, the oldest first; how many."""
        ended = sa.select(key).where(until <= at).order_by(until).limit(limit)
        if keys := sorted(connection(tx).execute(ended).scalars()):
            connection(tx).execute(sa.delete(key.table).where(key.in_(keys)))
        return len(keys)


class SqlSecretBook(SecretBook):
    """The shop's own secrets on SQLite and PostgreSQL."""

    def secret_of(self, tx: Transaction, name: str) -> str | None:
        return connection(tx).execute(sa.select(shop_secret.c.secret).where(shop_secret.c.name == name)).scalar()

    def keep_secret(self, tx: Transaction, name: str, secret: str) -> str:
        insert_if_new(connection(tx), shop_secret, [{"name": name, "secret": secret}])
        return self.secret_of(tx, name) or secret


@contextmanager
def _own_address() -> Generator[None]:
    try:
        yield
    except IntegrityError:
        raise EmailTaken("there is an account with this address") from None  # the driver's error quotes the whole row


def _row(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "role": account.role.value,
        "password_hash": account.password_hash,
        "address": attrs.asdict(account.address) if account.address else None,
        "version": account.version,
        "created_at": account.created_at,
    }


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        password_hash=row.password_hash,
        address=Address(**row.address) if row.address else None,
        version=row.version,
        created_at=row.created_at,
    )
