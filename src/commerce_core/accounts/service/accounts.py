"""Opening accounts, logging in and out, and knowing who calls."""

import hashlib
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.accounts.commands import ChangeAccount, LogIn, Register
from commerce_core.accounts.errors import AccountNotFound, LoginFailed, SessionUnknown
from commerce_core.accounts.model import Account, Limits, LoggedIn, Origin, Role, Session
from commerce_core.accounts.ports import AccountRepository, PasswordHasher, TokenFactory
from commerce_core.accounts.service.guesses import Guess, Guesses, mark
from commerce_core.accounts.service.passwords import Passwords, address_key
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import AccountId, IdFactory
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.text import clean_text, normalized
from commerce_core.kernel.transaction import Database, Transaction

_SESSION: Final = timedelta(days=30)
_NEW_SIGN_IN: Final = "new-sign-in"
_PASSWORD_CHANGED: Final = "password-changed"  # noqa: S105 (no password)
_INSIDE: Final = Origin()
_LIMITS: Final = Limits()


class Accounts:
    """Accounts and sessions. A session is looked up for every request, so that logging out counts
    at once.
    """

    def __init__(
        self,
        database: Database,
        repo: AccountRepository,
        hasher: PasswordHasher,
        tokens: TokenFactory,
        clock: Clock,
        ids: IdFactory,
        limits: Limits = _LIMITS,
        notifier: Notifier | None = None,
    ) -> None:
        self._db = database
        self._repo = repo
        self._passwords = Passwords(hasher, tokens)
        self._guesses = Guesses(database, repo, clock, limits)
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._notifier = notifier

    def register(self, command: Register, origin: Origin = _INSIDE) -> Account:
        """Open an account.

        Raises:
            EmailTaken: there is one with this address.
            TooManyRequests: too many were opened from this origin.
            Overloaded: too many passwords are being hashed.
        """
        self._guesses.admit("registration", origin, self._limits.registrations)
        account = Account(
            id=AccountId(self._ids.new()),
            email=address_key(command.email),
            name=clean_text(command.name),
            role=Role(command.role),
            password_hash=self._passwords.hash(command.password),
            created_at=self._clock.now(),
        )
        with self._db.begin() as tx:
            self._repo.insert(tx, [account])
            tx.commit()
        return account

    def admit_guest(self, origin: Origin) -> None:
        """Let a guest begin a cart.

        Raises:
            TooManyRequests: too many were begun from this origin.
        """
        self._guesses.admit("guest cart", origin, self._limits.guest_carts)

    def log_in(self, command: LogIn, origin: Origin = _INSIDE) -> LoggedIn:
        """Begin a session of thirty days. How guesses are counted is said by
        :class:`~commerce_core.accounts.service.guesses.Guesses`.

        Raises:
            LoginFailed: unknown address or wrong password; both take equally long.
            TooManyAttempts: too many log-ins have failed within five minutes.
            TooManyRequests: too many log-ins came from this origin.
            Overloaded: too many passwords are being hashed.
        """
        email = address_key(command.email)
        with self._db.snapshot() as tx:
            account = self._of(tx, email)
            guess = self._guesses.of(tx, email, account, origin)
        kept = account.password_hash if account else None
        self._guesses.try_one(guess, lambda: self._passwords.is_right(kept, command.password))
        if account is None:
            raise LoginFailed("the address or the password is wrong")
        return self._open(account, guess, origin)

    def confirm(self, account: Account, password: str, origin: Origin = _INSIDE) -> None:
        """Make sure that the holder of *account* knows its password, guesses being counted as those
        of log-ins are.

        Raises:
            LoginFailed: it is another one.
            TooManyAttempts: too many guesses were wrong within five minutes.
            Overloaded: too many passwords are being hashed.
        """
        with self._db.snapshot() as tx:
            guess = self._guesses.of(tx, account.email, account, origin)
        kept = account.password_hash
        self._guesses.try_one(guess, lambda: self._passwords.is_right(kept, password))
        with self._db.begin() as tx:
            self._guesses.succeeded(tx, guess)
            tx.commit()

    def replace_password(self, tx: Transaction, account: Account, password_hash: str) -> Account:
        """Keep another password for *account*, and let its holder know, in the transaction of what
        goes with it.

        Raises:
            StaleVersion: the account was changed meanwhile.
        """
        after = self._write(tx, attrs.evolve(account, password_hash=password_hash))
        if self._notifier:
            facts = {"at": self._clock.now().isoformat()}
            self._notifier.notify(tx, _PASSWORD_CHANGED, self._ids.new(), account.id, facts)
        return after

    def log_out(self, token: str) -> None:
        """End a session at once. Idempotent."""
        with self._db.begin() as tx:
            self._repo.close_session(tx, digest_of(token))
            tx.commit()

    def authenticate(self, token: str) -> Account:
        """Whose session *token* is.

        Raises:
            SessionUnknown: there is no such session, or it has ended.
        """
        with self._db.single_read() as tx:
            account = self._repo.session_of(tx, digest_of(token), self._clock.now())
        if account is None:
            raise SessionUnknown("log in again")
        return account

    def change(self, account_id: AccountId, command: ChangeAccount) -> Account:
        """Change name or address; what is not mentioned stays. Idempotent.

        Raises:
            AccountNotFound: it was closed meanwhile.
            StaleVersion: the account was changed concurrently.
        """
        with self._db.begin() as tx:
            before = account = self._repo.load(tx, [account_id]).get(account_id)
            if before is None or account is None:
                raise AccountNotFound("the account was closed")
            if command.name is not ABSENT:
                account = account.named(clean_text(command.name))
            if command.address is not ABSENT:
                account = account.with_address(command.address)
            if command.personalised is not ABSENT:
                account = account.with_personalised(command.personalised)
            if command.locale is not ABSENT:
                account = account.reading(command.locale)
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
        spellings = list(dict.fromkeys((email, normalized("NFD", email))))
        found = self._repo.by_email(tx, spellings)
        return next((found[one] for one in spellings if one in found), None)

    def _save(self, tx: Transaction, before: Account, after: Account) -> Account:
        if after == before:
            return before
        after = self._write(tx, after)
        tx.commit()
        return after

    def _write(self, tx: Transaction, changed: Account) -> Account:
        after = attrs.evolve(changed, version=changed.version + 1)
        if not self._repo.update(tx, after):
            raise StaleVersion("the account was changed meanwhile")
        return after

    def _open(self, account: Account, guess: Guess, origin: Origin) -> LoggedIn:
        token, device, now = (
            self._tokens.new(),
            guess.device or self._tokens.new(),
            self._clock.now(),
        )
        session = Session(
            token_digest=digest_of(token),
            account_id=account.id,
            created_at=now,
            expires_at=now + _SESSION,
        )
        marks = [mark("address", origin.address), mark("device", device)]
        with self._db.begin() as tx:
            self._repo.open_session(tx, session)
            self._guesses.succeeded(tx, guess)
            self._repo.know_marks(tx, account.id, marks, now)
            if guess.is_new and self._notifier:
                facts = {"at": now.isoformat()}
                self._notifier.notify(tx, _NEW_SIGN_IN, self._ids.new(), account.id, facts)
            tx.commit()
        return LoggedIn(token=token, expires_at=session.expires_at, account=account, device=device)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
