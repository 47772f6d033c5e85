"""The password of an account, and the sessions that it opened."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from commerce_core.accounts.commands import ChangePassword
from commerce_core.accounts.errors import LoginFailed, SessionNotFound
from commerce_core.accounts.model import Account, HeldSession, Origin, Role
from commerce_core.accounts.ports import AccountRepository
from commerce_core.accounts.service.accounts import Accounts, digest_of
from commerce_core.accounts.service.passwords import Passwords
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Database

_INSIDE: Final = Origin()
#: How long an operator may be away from a browser, and be logged in there in all.
_IDLE: Final = timedelta(minutes=30)
_IN_ALL: Final = timedelta(hours=12)
_WRITTEN_EVERY: Final = timedelta(minutes=1)
#: Sessions that are listed.
_LISTED: Final = 100


class Credentials:
    """Changes passwords, and lists and ends sessions."""

    def __init__(
        self,
        database: Database,
        repo: AccountRepository,
        accounts: Accounts,
        passwords: Passwords,
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = repo
        self._accounts = accounts
        self._passwords = passwords
        self._clock = clock

    def change_password(
        self, account: Account, command: ChangePassword, token: str, origin: Origin = _INSIDE
    ) -> None:
        """Replace the password; every session but that of *token* ends.

        Raises:
            Invalid: the current password is another one.
            TooManyAttempts: too many wrong ones were given within five minutes.
            StaleVersion: the account was changed meanwhile.
            Overloaded: too many passwords are being hashed.
        """
        try:
            self._accounts.confirm(account, command.current, origin)
        except LoginFailed as error:
            raise Invalid.at("/current", "is not the password of this account") from error
        kept = self._passwords.hash(command.new)
        with self._db.begin() as tx:
            self._accounts.replace_password(tx, account, kept)
            self._repo.close_sessions(tx, account.id, but=digest_of(token))
            tx.commit()

    def sessions(self, account_id: AccountId, token: str) -> Sequence[HeldSession]:
        """The sessions of an account, newest first, up to a hundred; that of *token* is the current
        one.
        """
        with self._db.snapshot() as tx:
            found = self._repo.sessions_of(tx, account_id, self._clock.now(), _LISTED)
        current = digest_of(token)
        return [
            HeldSession(
                id=one.token_digest,
                created_at=one.created_at,
                expires_at=one.expires_at,
                is_current=one.token_digest == current,
            )
            for one in found
        ]

    def stay(self, account: Account, token: str) -> None:
        """Keep the session of *token* as operators have one in a browser: it ends half an hour from
        now, and twelve hours after it began at most. Those of other roles stay as they are.
        Idempotent; within a minute of the last time nothing is written.
        """
        if account.role is not Role.OPERATOR:
            return
        digest, now = digest_of(token), self._clock.now()
        with self._db.begin() as tx:
            session = self._repo.session(tx, digest)
            if session is None:
                return
            ends = min(now + _IDLE, session.created_at + _IN_ALL)
            if abs(ends - session.expires_at) >= _WRITTEN_EVERY:
                self._repo.end_session_at(tx, digest, ends)
                tx.commit()

    def end_sessions(self, account_id: AccountId) -> None:
        """End all sessions of an account at once. Idempotent."""
        with self._db.begin() as tx:
            self._repo.close_sessions(tx, account_id, but=None)
            tx.commit()

    def end_session(self, account_id: AccountId, session_id: str) -> None:
        """End one session of an account at once.

        Raises:
            SessionNotFound: the account has none of this id.
        """
        with self._db.begin() as tx:
            if not self._repo.close_session_of(tx, account_id, session_id):
                raise SessionNotFound("there is no such session")
            tx.commit()
