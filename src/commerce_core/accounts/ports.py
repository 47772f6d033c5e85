"""The promises of the account book and of what hashes passwords."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.accounts.model import Account, LoginFailures, Session
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Transaction


class AccountBook(Protocol):
    """Accounts, their sessions, and log-ins that failed. E-mail addresses are compared as they are given: lower case."""

    @abstractmethod
    def insert(self, tx: Transaction, accounts: Sequence[Account]) -> None:
        """Write down new accounts. Not idempotent.

        Raises:
            EmailTaken: an address is in use; the caller rolls back.
        """

    @abstractmethod
    def load(self, tx: Transaction, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        """Accounts by id; unknown ones are missing."""

    @abstractmethod
    def by_email(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Account]:
        """Accounts by address; unknown ones are missing."""

    @abstractmethod
    def update(self, tx: Transaction, account: Account) -> bool:
        """Write *account* if the version before its own is what is stored; whether it was.

        Raises:
            EmailTaken: its address is another account's; the caller rolls back.
        """

    @abstractmethod
    def open_session(self, tx: Transaction, session: Session) -> None:
        """Keep a session, and forget some that have run out before it began. Not idempotent."""

    @abstractmethod
    def session_of(self, tx: Transaction, token_digest: str, now: datetime) -> Account | None:
        """Whose unexpired session it is."""

    @abstractmethod
    def close_session(self, tx: Transaction, token_digest: str) -> None:
        """Forget a session. Idempotent."""

    @abstractmethod
    def drop_sessions(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* sessions that ran out before *before*; how many. Idempotent."""

    @abstractmethod
    def failures(self, tx: Transaction, email: str) -> LoginFailures | None:
        """How often logging in to *email* has failed since it last succeeded."""

    @abstractmethod
    def note_failure(self, tx: Transaction, email: str, failures: LoginFailures | None) -> None:
        """Replace the count for *email*, and forget some that are a day older; ``None`` forgets it. Idempotent."""


class PasswordHasher(Protocol):
    """Turns passwords into what can be kept. Slow on purpose, and bounded: only so many are hashed at a time."""

    @abstractmethod
    def hash(self, password: str) -> str:
        """A salted hash with its parameters.

        Raises:
            Overloaded: too many wait already.
        """

    @abstractmethod
    def verify(self, password_hash: str, password: str) -> bool:
        """Whether *password* is what was hashed.

        Raises:
            Overloaded: too many wait already.
        """


class TokenFactory(Protocol):
    """Where secrets come from."""

    @abstractmethod
    def new(self) -> str:
        """A fresh secret of at least 128 random bits, safe in a header."""


class SecretBook(Protocol):
    """Secrets that all processes of one shop share: whoever needs one first makes it."""

    @abstractmethod
    def secret_of(self, tx: Transaction, name: str) -> str | None:
        """The secret called *name*; ``None``: there is none yet."""

    @abstractmethod
    def keep_secret(self, tx: Transaction, name: str, secret: str) -> str:
        """Keep *secret* as *name* unless there is one already; the one that is kept. Idempotent."""
