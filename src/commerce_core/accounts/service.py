"""Opening accounts, logging in and out, and knowing who calls."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.accounts.commands import ChangeAccount, LogIn, Register
from commerce_core.accounts.errors import (
    AccountNotFound,
    LoginFailed,
    SessionUnknown,
    TooManyAttempts,
    TooManyRequests,
)
from commerce_core.accounts.model import Account, Attempts, Limits, LoggedIn, Origin, Role, Session
from commerce_core.accounts.ports import AccountRepository, PasswordHasher, TokenFactory
from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import AccountId, IdFactory
from commerce_core.kernel.text import clean_text, normalized
from commerce_core.kernel.transaction import Database, Transaction

_SESSION: Final = timedelta(days=30)
_GUESSES_COUNT_FOR: Final = timedelta(minutes=5)
_REQUESTS_COUNT_FOR: Final = timedelta(minutes=1)
_INSIDE: Final = Origin()
_LIMITS: Final = Limits()


def address_key(email: str) -> str:
    """An e-mail address as accounts are known by it: composed and without capitals."""
    return normalized("NFC", clean_text(email).lower())


def clean_password(password: str) -> str:
    """A password as it is hashed: composed, each blank kept."""
    return normalized("NFC", password)


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
    ) -> None:
        self._db = database
        self._repo = repo
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._decoy: str | None = None

    def register(self, command: Register, origin: Origin = _INSIDE) -> Account:
        """Open an account.

        Raises:
            EmailTaken: there is one with this address.
            TooManyRequests: too many were opened from this origin.
            Overloaded: too many passwords are being hashed.
        """
        self._admit("registration", origin, self._limits.registrations)
        account = Account(
            id=AccountId(self._ids.new()),
            email=address_key(command.email),
            name=clean_text(command.name),
            role=Role(command.role),
            password_hash=self._hasher.hash(clean_password(command.password)),
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
        self._admit("guest cart", origin, self._limits.guest_carts)

    def log_in(self, command: LogIn, origin: Origin = _INSIDE) -> LoggedIn:
        """Begin a session of thirty days.

        Guesses are counted before a password is checked, by account and origin and for each
        origin over all accounts: nobody is kept out by what others try from elsewhere. A device
        that the account is known by is an origin of its own, and neither it nor an address that the
        account is known by is kept out by guesses at other accounts.

        Raises:
            LoginFailed: unknown address or wrong password; both take equally long.
            TooManyAttempts: too many log-ins have failed within five minutes.
            TooManyRequests: too many log-ins came from this origin.
            Overloaded: too many passwords are being hashed.
        """
        guess, account = self._guess(address_key(command.email), origin)
        self._count(guess)
        try:
            right = self._is_right(
                account.password_hash if account else self._decoy_hash(), command.password
            )
        except Overloaded:  # nothing was checked
            self._take_back(guess)
            raise
        if account is None or not right:
            raise LoginFailed("the address or the password is wrong")
        return self._open(account, guess, origin)

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
            StaleVersion: the account was changed concurrently.
        """
        with self._db.begin() as tx:
            before = account = self._repo.load(tx, [account_id])[account_id]
            if command.name is not ABSENT:
                account = account.named(clean_text(command.name))
            if command.address is not ABSENT:
                account = account.with_address(command.address)
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

    def _is_right(self, password_hash: str, password: str) -> bool:
        """Whether the password is right: composed, or as it was typed, as older hashes were made of
        it.
        """
        spellings = dict.fromkeys((clean_password(password), password, normalized("NFD", password)))
        return any(self._hasher.verify(password_hash, one) for one in spellings)

    def _save(self, tx: Transaction, before: Account, after: Account) -> Account:
        if after == before:
            return before
        after = attrs.evolve(after, version=before.version + 1)
        if not self._repo.update(tx, after):
            raise StaleVersion("the account was changed meanwhile")
        tx.commit()
        return after

    def _guess(self, email: str, origin: Origin) -> tuple["_Guess", Account | None]:
        """What a log-in is counted by. Whoever is kept out already is refused here, and nothing is
        written.
        """
        address, device = _mark("address", origin.address), _mark("device", origin.device or "")
        with self._db.snapshot() as tx:
            account = self._of(tx, email)
            known = self._repo.known_marks(tx, account.id, [address, device]) if account else ()
            guess = _Guess(
                at_account=_mark("guess", email, device if device in known else address),
                device=origin.device if device in known else None,
                from_origin=_mark("guesses", origin.address)
                if origin.address and not known
                else None,
                log_ins=_mark("log-in", origin.address) if origin.address else None,
            )
            self._check(guess, self._repo.attempts(tx, guess.keys, self._clock.now()), 0)
        return guess, account

    def _count(self, guess: "_Guess") -> None:
        """Count before it is known whether the guess is right: those who guess side by side are all
        counted.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            until = {guess.at_account: now + _GUESSES_COUNT_FOR}
            if guess.log_ins:
                until[guess.log_ins] = now + _REQUESTS_COUNT_FOR
            counted = {**self._repo.count_attempts(tx, until, now)}
            if guess.from_origin and counted[guess.at_account].count == 1:
                counted |= self._repo.count_attempts(
                    tx, {guess.from_origin: now + _GUESSES_COUNT_FOR}, now
                )
            tx.commit()
        self._check(guess, counted, 1)

    def _check(self, guess: "_Guess", counted: Mapping[str, Attempts], own: int) -> None:
        """Refuse what is beyond a limit; *own* of what is counted is the guess itself."""
        for key, most, refusal in (
            (guess.at_account, self._limits.guesses, TooManyAttempts),
            (guess.from_origin, self._limits.guessed_accounts, TooManyAttempts),
            (guess.log_ins, self._limits.log_ins, TooManyRequests),
        ):
            if (attempts := counted.get(key or "")) and attempts.count >= most + own:
                raise refusal(self._seconds(attempts))

    def _take_back(self, guess: "_Guess") -> None:
        with self._db.begin() as tx:
            self._repo.take_back(tx, guess.keys)
            tx.commit()

    def _admit(self, what: str, origin: Origin, most: int) -> None:
        if not origin.address:
            return
        key, now = _mark(what, origin.address), self._clock.now()
        with self._db.snapshot() as tx:
            counted = self._repo.attempts(tx, [key], now)
        if key not in counted or counted[key].count < most:
            with self._db.begin() as tx:
                counted = self._repo.count_attempts(tx, {key: now + _REQUESTS_COUNT_FOR}, now)
                tx.commit()
            if counted[key].count <= most:
                return
        raise TooManyRequests(self._seconds(counted[key]))

    def _seconds(self, attempts: Attempts) -> int:
        return int((attempts.until - self._clock.now()).total_seconds()) + 1

    def _open(self, account: Account, guess: "_Guess", origin: Origin) -> LoggedIn:
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
        with self._db.begin() as tx:
            self._repo.open_session(tx, session)
            self._repo.forget_attempts(tx, [guess.at_account])
            self._repo.take_back(tx, [guess.from_origin] if guess.from_origin else [])
            self._repo.know_marks(
                tx, account.id, [_mark("address", origin.address), _mark("device", device)], now
            )
            tx.commit()
        return LoggedIn(token=token, expires_at=session.expires_at, account=account, device=device)

    def _decoy_hash(self) -> str:
        """Something to check a password against when the address is unknown, so that the time taken
        reveals nothing.
        """
        if self._decoy is None:
            self._decoy = self._hasher.hash(self._tokens.new())
        return self._decoy


@attrs.frozen
class _Guess:
    """By what a log-in is counted: account and origin, origin over accounts (``None``: the account
    is known there), and origin alone (``None``: it comes from within the process).

    ``device`` is the secret that was shown, if the account is known by it.
    """

    at_account: str
    device: str | None
    from_origin: str | None
    log_ins: str | None

    @property
    def keys(self) -> Collection[str]:
        """All of them."""
        return [key for key in (self.at_account, self.from_origin, self.log_ins) if key]


def _mark(*parts: str) -> str:
    """The digest under which a value is counted or known: the table does not reveal the value."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
