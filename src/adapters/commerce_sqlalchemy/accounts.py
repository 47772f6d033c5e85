"""The account repository in SQL."""

from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from commerce_core.accounts import (
    MARKS_HOLD,
    Account,
    AccountRepository,
    Attempts,
    EmailTaken,
    Erasure,
    Role,
    SecretStore,
    Session,
)
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import AccountId, is_ours
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_many
from commerce_sqlalchemy.tables import Instant, attempt, known_mark, shop_secret
from commerce_sqlalchemy.tables import account as account_table
from commerce_sqlalchemy.tables import erasure as erasure_table
from commerce_sqlalchemy.tables import session as session_table
from commerce_sqlalchemy.transaction import connection

_FORGOTTEN_AT_ONCE: Final = 100


# Asked with every request.
_HOLDER: Final = Given(
    lambda d: sa.select(account_table)
    .select_from(session_table.join(account_table,
        account_table.c.id == session_table.c.account_id))
    .where(session_table.c.token_digest == d.digest,
        session_table.c.expires_at > sa.bindparam("now", type_=Instant())),
    digest=sa.Text(),
)  # fmt: skip

_DUE_ERASURES: Final = (
    sa.select(erasure_table)
    .where(erasure_table.c.due_at <= sa.bindparam("now"))
    .order_by(erasure_table.c.due_at, erasure_table.c.account_id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)


class SqlAccountRepository(AccountRepository):
    """Accounts, sessions and attempts on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, accounts: Sequence[Account]) -> None:
        with _own_address():
            insert_many(connection(tx), account_table, [_row(a) for a in accounts])

    def load(self, tx: Transaction, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        rows = connection(tx).execute(sa.select(account_table).where(account_table.c.id.in_(ids)))
        return {row.id: _account(row) for row in rows}

    def operators(self, tx: Transaction, limit: int) -> Sequence[Account]:
        c = account_table.c
        ours = sa.select(account_table).where(sa.text("account.role = 'operator'"))
        rows = connection(tx).execute(ours.order_by(c.id).limit(limit))
        return [_account(row) for row in rows]

    def by_email(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Account]:
        rows = connection(tx).execute(
            sa.select(account_table).where(account_table.c.email.in_(emails))
        )
        return {row.email: _account(row) for row in rows}

    def update(self, tx: Transaction, account: Account) -> bool:
        c = account_table.c
        before = sa.and_(c.id == account.id, c.version == account.version - 1)
        with _own_address():
            written = connection(tx).execute(
                sa.update(account_table).where(before).values(_row(account)).returning(c.id)
            )
        return written.scalar() is not None

    def open_session(self, tx: Transaction, session: Session) -> None:
        insert_many(connection(tx), session_table, [attrs.asdict(session)])
        self._forget(
            tx, session_table.c.token_digest, session_table.c.expires_at, session.created_at
        )

    def session_of(self, tx: Transaction, token_digest: str, now: datetime) -> Account | None:
        found = _HOLDER.run(connection(tx), [(token_digest,)], now=now)
        return _account(found[0]) if found else None

    def session(self, tx: Transaction, token_digest: str) -> Session | None:
        meant = sa.select(session_table).where(session_table.c.token_digest == token_digest)
        row = connection(tx).execute(meant).mappings().first()
        return Session(**row) if row is not None else None

    def end_session_at(self, tx: Transaction, token_digest: str, at: datetime) -> None:
        meant = sa.update(session_table).where(session_table.c.token_digest == token_digest)
        connection(tx).execute(meant.values(expires_at=at))

    def close_session(self, tx: Transaction, token_digest: str) -> None:
        connection(tx).execute(
            sa.delete(session_table).where(session_table.c.token_digest == token_digest)
        )

    def sessions_of(
        self, tx: Transaction, account_id: AccountId, now: datetime, limit: int
    ) -> Sequence[Session]:
        c = session_table.c
        mine = sa.select(session_table).where(c.account_id == account_id, c.expires_at > now)
        newest = mine.order_by(c.created_at.desc(), c.token_digest.desc()).limit(limit)
        return [Session(**row) for row in connection(tx).execute(newest).mappings()]

    def close_session_of(self, tx: Transaction, account_id: AccountId, token_digest: str) -> bool:
        c = session_table.c
        ours = sa.and_(c.account_id == account_id, c.token_digest == token_digest)
        closed = sa.delete(session_table).where(ours).returning(c.token_digest)
        return connection(tx).execute(closed).first() is not None

    def close_sessions(self, tx: Transaction, account_id: AccountId, but: str | None) -> None:
        c = session_table.c
        ours = sa.and_(c.account_id == account_id, c.token_digest != (but or ""))
        connection(tx).execute(sa.delete(session_table).where(ours))

    def drop_sessions(self, tx: Transaction, before: datetime, limit: int) -> int:
        c = session_table.c
        return self._forget(tx, c.token_digest, c.expires_at, before, limit)

    def attempts(
        self, tx: Transaction, keys: Collection[str], now: datetime
    ) -> Mapping[str, Attempts]:
        c = attempt.c
        rows = connection(tx).execute(sa.select(attempt).where(c.key.in_(keys), c.until > now))
        return {row.key: Attempts(count=row.attempts, until=row.until) for row in rows}

    def count_attempts(
        self, tx: Transaction, until: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, Attempts]:
        c, on = attempt.c, connection(tx)
        # In one order of keys: those who count side by side wait for one another, and never both.
        new = _insert(on, attempt).values(
            [{"key": key, "attempts": 1, "until": until[key]} for key in sorted(until)]
        )
        is_over = c.until <= now
        counted = new.on_conflict_do_update(
            index_elements=[c.key],
            set_={
                "attempts": sa.case((is_over, 1), else_=c.attempts + 1),
                "until": sa.case((is_over, new.excluded.until), else_=c.until),
            },
        )
        rows = on.execute(counted.returning(c.key, c.attempts, c.until)).all()
        # Whoever tries made-up addresses must not fill the disk.
        self._forget(tx, c.key, c.until, now)
        return {row.key: Attempts(count=row.attempts, until=row.until) for row in rows}

    def take_back(self, tx: Transaction, keys: Collection[str]) -> None:
        c = attempt.c
        if keys:
            connection(tx).execute(
                sa.update(attempt)
                .where(c.key.in_(keys), c.attempts > 0)
                .values(attempts=c.attempts - 1)
            )

    def forget_attempts(self, tx: Transaction, keys: Collection[str]) -> None:
        connection(tx).execute(sa.delete(attempt).where(attempt.c.key.in_(keys)))

    def known_marks(
        self, tx: Transaction, account_id: AccountId, marks: Collection[str]
    ) -> Collection[str]:
        c = known_mark.c
        return set(
            connection(tx)
            .execute(sa.select(c.mark).where(c.account_id == account_id, c.mark.in_(marks)))
            .scalars()
        )

    def has_marks(self, tx: Transaction, account_id: AccountId) -> bool:
        mine = sa.select(known_mark.c.mark).where(known_mark.c.account_id == account_id).limit(1)
        return connection(tx).execute(mine).first() is not None

    def know_marks(
        self, tx: Transaction, account_id: AccountId, marks: Collection[str], now: datetime
    ) -> None:
        c, on = known_mark.c, connection(tx)
        new = _insert(on, known_mark).values(
            [{"account_id": account_id, "mark": mark, "seen_at": now} for mark in sorted(marks)]
        )
        on.execute(
            new.on_conflict_do_update(
                index_elements=[c.account_id, c.mark], set_={"seen_at": new.excluded.seen_at}
            )
        )
        on.execute(
            sa.delete(known_mark).where(c.account_id == account_id, c.seen_at <= now - MARKS_HOLD)
        )

    def end(self, tx: Transaction, erasure: Erasure) -> None:
        on = connection(tx)
        on.execute(sa.delete(account_table).where(account_table.c.id == erasure.account_id))
        insert_if_new(on, erasure_table, [attrs.asdict(erasure)])

    def due_erasures(self, tx: Transaction, now: datetime, limit: int) -> Sequence[Erasure]:
        rows = connection(tx).execute(_DUE_ERASURES, {"now": now, "most": limit}).mappings()
        return [Erasure(**row) for row in rows]

    def save_erasure(self, tx: Transaction, erasure: Erasure) -> None:
        ours = erasure_table.c.account_id == erasure.account_id
        connection(tx).execute(sa.update(erasure_table).where(ours).values(**attrs.asdict(erasure)))

    def drop_erasure(self, tx: Transaction, account_id: AccountId) -> None:
        connection(tx).execute(
            sa.delete(erasure_table).where(erasure_table.c.account_id == account_id)
        )

    def closed(self, tx: Transaction, ids: Sequence[AccountId]) -> Sequence[AccountId]:
        on, ours = connection(tx), [account_id for account_id in ids if is_ours(account_id)]
        if not ours or on.execute(sa.select(account_table.c.id).limit(1)).first() is None:
            return []
        open_or_leaving = sa.union(
            *(sa.select(c).where(c.in_(ours))
              for c in (account_table.c.id, erasure_table.c.account_id))
        )  # fmt: skip
        known = {*on.execute(open_or_leaving).scalars()}
        return [account_id for account_id in ours if account_id not in known]

    def forget_traces(self, tx: Transaction, account_id: AccountId, limit: int) -> int:
        return sum(
            self._forget_of(tx, account_id, owner, key, limit)
            for owner, key in (
                (session_table.c.account_id, session_table.c.token_digest),
                (known_mark.c.account_id, known_mark.c.mark),
            )
        )

    def _forget_of(
        self,
        tx: Transaction,
        account_id: AccountId,
        owner: "sa.Column[Any]",
        key: "sa.Column[Any]",
        limit: int,
    ) -> int:
        mine = sa.select(key).where(owner == account_id).limit(limit)
        if keys := connection(tx).execute(mine).scalars().all():
            ours = sa.and_(owner == account_id, key.in_(keys))
            connection(tx).execute(sa.delete(key.table).where(ours))
        return len(keys)

    def _forget(
        self,
        tx: Transaction,
        key: "sa.Column[Any]",
        until: "sa.Column[Any]",
        at: datetime,
        limit: int = _FORGOTTEN_AT_ONCE,
    ) -> int:
        """Delete up to *limit* rows that ended by *at*, the oldest first; how many."""
        ended = sa.select(key).where(until <= at).order_by(until).limit(limit)
        if keys := sorted(connection(tx).execute(ended).scalars()):
            connection(tx).execute(sa.delete(key.table).where(key.in_(keys)))
        return len(keys)


class SqlSecretStore(SecretStore):
    """The shop's own secrets on SQLite and PostgreSQL."""

    def secret_of(self, tx: Transaction, name: str) -> str | None:
        return (
            connection(tx)
            .execute(sa.select(shop_secret.c.secret).where(shop_secret.c.name == name))
            .scalar()
        )

    def keep_secret(self, tx: Transaction, name: str, secret: str) -> str:
        insert_if_new(connection(tx), shop_secret, [{"name": name, "secret": secret}])
        return self.secret_of(tx, name) or secret


def _insert(on: sa.Connection, into: sa.Table) -> Any:
    """An insertion that can say what becomes of a row that is there."""
    return sqlite.insert(into) if on.dialect.name == "sqlite" else postgresql.insert(into)


@contextmanager
def _own_address() -> Generator[None]:
    try:
        yield
    except IntegrityError:
        raise EmailTaken(
            "there is an account with this address"
        ) from None  # the driver's error quotes the whole row


def _row(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "role": account.role.value,
        "password_hash": account.password_hash,
        "address": attrs.asdict(account.address) if account.address else None,
        "personalised": account.personalised,
        "locale": account.locale,
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
        personalised=row.personalised is not False,  # older releases kept nothing
        locale=row.locale,
        version=row.version,
        created_at=row.created_at,
    )
