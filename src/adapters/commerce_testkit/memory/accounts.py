"""The account repository in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import attrs

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
from commerce_core.kernel.ids import AccountId, is_ours
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.transaction import table


class MemoryAccountRepository(AccountRepository):
    """Accounts, sessions and attempts in dictionaries."""

    def insert(self, tx: Transaction, accounts: Sequence[Account]) -> None:
        for account in accounts:
            self._put(tx, account)

    def load(self, tx: Transaction, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        rows = table(tx, "account")
        return {account_id: rows[account_id] for account_id in ids if account_id in rows}

    def operators(self, tx: Transaction, limit: int) -> Sequence[Account]:
        found = [a for a in table(tx, "account").values() if a.role is Role.OPERATOR]
        return sorted(found, key=lambda a: a.id)[:limit]

    def by_email(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Account]:
        rows, owners = table(tx, "account"), table(tx, "account_email")
        return {email: rows[owners[email]] for email in emails if email in owners}

    def update(self, tx: Transaction, account: Account) -> bool:
        before: Account | None = table(tx, "account").get(account.id)
        if before is None or before.version != account.version - 1:
            return False
        if before.email != account.email:
            self._put(tx, account)
            del table(tx, "account_email")[before.email]
        table(tx, "account")[account.id] = account
        return True

    def open_session(self, tx: Transaction, session: Session) -> None:
        rows = table(tx, "session")
        for digest in [
            digest for digest, known in rows.items() if known.expires_at <= session.created_at
        ]:
            del rows[digest]
        rows[session.token_digest] = session

    def session_of(self, tx: Transaction, token_digest: str, now: datetime) -> Account | None:
        session: Session | None = table(tx, "session").get(token_digest)
        return (
            table(tx, "account").get(session.account_id)
            if session and session.expires_at > now
            else None
        )

    def session(self, tx: Transaction, token_digest: str) -> Session | None:
        found: Session | None = table(tx, "session").get(token_digest)
        return found

    def end_session_at(self, tx: Transaction, token_digest: str, at: datetime) -> None:
        if known := self.session(tx, token_digest):
            table(tx, "session")[token_digest] = attrs.evolve(known, expires_at=at)

    def close_session(self, tx: Transaction, token_digest: str) -> None:
        table(tx, "session").pop(token_digest, None)

    def sessions_of(
        self, tx: Transaction, account_id: AccountId, now: datetime, limit: int
    ) -> Sequence[Session]:
        mine: list[Session] = [
            s for s in table(tx, "session").values() if s.account_id == account_id
        ]
        newest = sorted(mine, key=lambda s: (s.created_at, s.token_digest), reverse=True)
        return [s for s in newest if s.expires_at > now][:limit]

    def close_session_of(self, tx: Transaction, account_id: AccountId, token_digest: str) -> bool:
        session: Session | None = table(tx, "session").get(token_digest)
        if session is None or session.account_id != account_id:
            return False
        del table(tx, "session")[token_digest]
        return True

    def close_sessions(self, tx: Transaction, account_id: AccountId, but: str | None) -> None:
        rows = table(tx, "session")
        for digest, known in list(rows.items()):
            if known.account_id == account_id and digest != but:
                del rows[digest]

    def drop_sessions(self, tx: Transaction, before: datetime, limit: int) -> int:
        rows = table(tx, "session")
        ended = [d for d, known in rows.items() if known.expires_at <= before][:limit]
        for digest in ended:
            del rows[digest]
        return len(ended)

    def attempts(
        self, tx: Transaction, keys: Collection[str], now: datetime
    ) -> Mapping[str, Attempts]:
        rows: dict[str, Attempts] = table(tx, "attempt")
        return {key: rows[key] for key in keys if key in rows and rows[key].until > now}

    def count_attempts(
        self, tx: Transaction, until: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, Attempts]:
        rows: dict[str, Attempts] = table(tx, "attempt")
        for old in [key for key, known in rows.items() if known.until <= now]:
            del rows[old]
        for key, end in until.items():
            known = rows.get(key, Attempts(count=0, until=end))
            rows[key] = attrs.evolve(known, count=known.count + 1)
        return {key: rows[key] for key in until}

    def take_back(self, tx: Transaction, keys: Collection[str]) -> None:
        rows: dict[str, Attempts] = table(tx, "attempt")
        for key in keys:
            if key in rows and rows[key].count > 0:
                rows[key] = attrs.evolve(rows[key], count=rows[key].count - 1)

    def forget_attempts(self, tx: Transaction, keys: Collection[str]) -> None:
        for key in keys:
            table(tx, "attempt").pop(key, None)

    def known_marks(
        self, tx: Transaction, account_id: AccountId, marks: Collection[str]
    ) -> Collection[str]:
        return {mark for mark in marks if (account_id, mark) in table(tx, "known_mark")}

    def has_marks(self, tx: Transaction, account_id: AccountId) -> bool:
        return any(owner == account_id for owner, _ in table(tx, "known_mark"))

    def know_marks(
        self, tx: Transaction, account_id: AccountId, marks: Collection[str], now: datetime
    ) -> None:
        rows = table(tx, "known_mark")
        for old in [
            key for key, seen in rows.items() if key[0] == account_id and seen <= now - MARKS_HOLD
        ]:
            del rows[old]
        rows.update({(account_id, mark): now for mark in marks})

    def end(self, tx: Transaction, erasure: Erasure) -> None:
        account: Account | None = table(tx, "account").pop(erasure.account_id, None)
        if account is not None:
            del table(tx, "account_email")[account.email]
        table(tx, "erasure").setdefault(erasure.account_id, erasure)

    def due_erasures(self, tx: Transaction, now: datetime, limit: int) -> Sequence[Erasure]:
        due: list[Erasure] = [e for e in table(tx, "erasure").values() if e.due_at <= now]
        return sorted(due, key=lambda e: (e.due_at, e.account_id))[:limit]

    def save_erasure(self, tx: Transaction, erasure: Erasure) -> None:
        if erasure.account_id in table(tx, "erasure"):
            table(tx, "erasure")[erasure.account_id] = erasure

    def drop_erasure(self, tx: Transaction, account_id: AccountId) -> None:
        table(tx, "erasure").pop(account_id, None)

    def closed(self, tx: Transaction, ids: Sequence[AccountId]) -> Sequence[AccountId]:
        known = {*table(tx, "account"), *table(tx, "erasure")}
        ours = [i for i in ids if is_ours(i)] if table(tx, "account") else []
        return [account_id for account_id in ours if account_id not in known]

    def forget_traces(self, tx: Transaction, account_id: AccountId, limit: int) -> int:
        sessions, marks = table(tx, "session"), table(tx, "known_mark")
        mine = [d for d, known in sessions.items() if known.account_id == account_id][:limit]
        known = [key for key in marks if key[0] == account_id][:limit]
        for digest in mine:
            del sessions[digest]
        for key in known:
            del marks[key]
        return len(mine) + len(known)

    def _put(self, tx: Transaction, account: Account) -> None:
        owners = table(tx, "account_email")
        if account.email in owners:
            raise EmailTaken("there is an account with this address")
        owners[account.email] = account.id
        table(tx, "account")[account.id] = account


class MemorySecretStore(SecretStore):
    """The shop's own secrets in a dictionary."""

    def secret_of(self, tx: Transaction, name: str) -> str | None:
        return table(tx, "shop_secret").get(name)

    def keep_secret(self, tx: Transaction, name: str, secret: str) -> str:
        kept: str = table(tx, "shop_secret").setdefault(name, secret)
        return kept
