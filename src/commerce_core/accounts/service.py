"""Opening accounts, logging in and out, and knowing who calls."""

import hashlib
from datetime import timedelta
from typing import Final
from unicodedata import normalize

import attrs

from commerce_core.accounts.commands import ChangeAccount, LogIn, Register
from commerce_core.accounts.errors import AccountNotFound, LoginFailed, SessionUnknown, TooManyAttempts
from commerce_core.accounts.model import Account, LoggedIn, LoginFailures, Role, Session
from commerce_core.accounts.ports import AccountBook, PasswordHasher, TokenFactory
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import AccountId, IdFactory
from commerce_core.kernel.text import clean_text
from commerce_core.kernel.transaction import Database, Transaction

_SESSION: Final = timedelta(days=30)
_FREE_ATTEMPTS: Final = 5
_LOCKED_FOR: Final = timedelta(minutes=5)


def address_key(email: str) -> str:
    """An e-mail address as accounts are known by it: composed and without capitals."""
    return normalize("NFC", clean_text(email).lower())


def clean_password(password: str) -> str:
    """A password as it is hashed: composed, each blank kept."""
    return normalize("NFC", password)


class Accounts:
    """Accounts and sessions. A session is looked up for every request, so that logging out counts at once."""

    def __init__(
        self, database: Database, book: AccountBook, hasher: PasswordHasher, tokens: TokenFactory, clock: Clock, ids: IdFactory
    ) -> None:
        self._db = database
        self._book = book
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._decoy: str | None = None

    def register(self, command: Register) -> Account:
        """Open an account.

        Raises:
            EmailTaken: there is one with this address.
            Overloaded: too many passwords are being hashed.
        """
        account = Account(
            id=AccountId(self._ids.new()),
            email=address_key(command.email),
            name=clean_text(command.name),
            role=Role(command.role),
            password_hash=self._hasher.hash(clean_password(command.password)),
            created_at=self._clock.now(),
        )
        with self._db.begin() as tx:
            self._book.insert(tx, [account])
            tx.commit()
        return account

    def log_in(self, command: LogIn) -> LoggedIn:
        """Begin a session of thirty days.

        Raises:
            LoginFailed: unknown address or wrong password; both take equally long.
            TooManyAttempts: five log-ins have failed within five minutes of one another.
            Overloaded: too many passwords are being hashed.
        """
        email = address_key(command.email)
        with self._db.snapshot() as tx:
            account = self._of(tx, email)
            failures = self._book.failures(tx, email)
        self._check_attempts(failures)
        right = self._is_right(account.password_hash if account else self._decoy_hash(), command.password)
        if account is None or not right:
            self._note_failure(email)
            raise LoginFailed("the address or the password is wrong")
        return self._open(account, failures)

    def log_out(self, token: str) -> None:
        """End a session at once. Idempotent."""
        with self._db.begin() as tx:
            self._book.close_session(tx, digest_of(token))
            tx.commit()

    def authenticate(self, token: str) -> Account:
        """Whose session *token* is.

        Raises:
            SessionUnknown: nobody's, or not any more.
        """
        with self._db.snapshot() as tx:
            account = self._book.session_of(tx, digest_of(token), self._clock.now())
        if account is None:
            raise SessionUnknown("log in again")
        return account

    def change(self, account_id: AccountId, command: ChangeAccount) -> Account:
        """Change name or address; what is not mentioned stays. Idempotent.

        Raises:
            StaleVersion: somebody else changed the account in this very moment.
        """
        with self._db.begin() as tx:
            before = account = self._book.load(tx, [account_id])[account_id]
            if command.name is not ABSENT:
                account = account.named(clean_text(command.name))
            if command.address is not ABSENT:
                account = account.living_at(command.address)
            return self._save(tx, before, account)

    def grant(self, email: str, role: Role) -> Account:
        """Give the account of *email* another role. Idempotent.

        Raises:
            AccountNotFound: nobody registered with it.
        """
        with self._db.begin() as tx:
            account = self._of(tx, address_key(email))
            if account is None:
                raise AccountNotFound(f"nobody registered as {email}")
            return self._save(tx, account, account.granted(role))

    def by_email(self, email: str) -> Account:
        """The account of *email*.

        Raises:
            AccountNotFound: nobody registered with it.
        """
        with self._db.snapshot() as tx:
            account = self._of(tx, address_key(email))
        if account is None:
            raise AccountNotFound(f"nobody registered as {email}")
        return account

    def _of(self, tx: Transaction, email: str) -> Account | None:
        """The account of an address; older ones were kept as they were typed."""
        spellings = list(dict.fromkeys((email, normalize("NFD", email))))
        found = self._book.by_email(tx, spellings)
        return next((found[one] for one in spellings if one in found), None)

    def _is_right(self, password_hash: str, password: str) -> bool:
        """Whether the password is right: composed, or as it was typed, as older hashes were made of it."""
        spellings = dict.fromkeys((clean_password(password), password, normalize("NFD", password)))
        return any(self._hasher.verify(password_hash, one) for one in spellings)

    def _save(self, tx: Transaction, before: Account, after: Account) -> Account:
        if after == before:
            return before
        after = attrs.evolve(after, version=before.version + 1)
        if not self._book.update(tx, after):
            raise StaleVersion("the account was changed meanwhile")
        tx.commit()
        return after

    def _check_attempts(self, failures: LoginFailures | None) -> None:
        if failures and failures.count >= _FREE_ATTEMPTS:
            wait = failures.last_at + _LOCKED_FOR - self._clock.now()
            if wait > timedelta(0):
                raise TooManyAttempts(int(wait.total_seconds()) + 1)

    def _note_failure(self, email: str) -> None:
        with self._db.begin() as tx:
            failures = self._book.failures(tx, email)  # as it is by now: those who guess side by side are all counted
            now = self._clock.now()
            recent = failures.count if failures and failures.last_at + _LOCKED_FOR > now else 0
            self._book.note_failure(tx, email, LoginFailures(count=recent + 1, last_at=now))
            tx.commit()

    def _open(self, account: Account, failures: LoginFailures | None) -> LoggedIn:
        token, now = self._tokens.new(), self._clock.now()
        session = Session(token_digest=digest_of(token), account_id=account.id, created_at=now, expires_at=now + _SESSION)
        with self._db.begin() as tx:
            self._book.open_session(tx, session)
            if failures:
                self._book.note_failure(tx, account.email, None)
            tx.commit()
        return LoggedIn(token=token, expires_at=session.expires_at, account=account)

    def _decoy_hash(self) -> str:
        """Something to check a password against when nobody has the address, so that the time taken tells nothing."""
        if self._decoy is None:
            self._decoy = self._hasher.hash(self._tokens.new())
        return self._decoy


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
