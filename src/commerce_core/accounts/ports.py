"""The promises of the account repository and of what hashes passwords."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from commerce_core.accounts.model import Account, Attempts, CredentialRequest, Erasure, Session
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Transaction

#: For so long the mark of an address or device is known.
MARKS_HOLD: Final = timedelta(days=365)


class AccountRepository(Protocol):
    """Accounts, their sessions, where they are known to log in from, and what was tried how often.
    E-mail addresses are compared as they are given: lower case.
    """

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
    def operators(self, tx: Transaction, limit: int) -> Sequence[Account]:
        """Up to *limit* operators, by id."""

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
        """Keep a session, and forget some (one at least, if there is one) that had run out when it
        began. Not idempotent.
        """

    @abstractmethod
    def session_of(self, tx: Transaction, token_digest: str, now: datetime) -> Account | None:
        """Whose unexpired session it is."""

    @abstractmethod
    def session(self, tx: Transaction, token_digest: str) -> Session | None:
        """A session, whether or not it has run out."""

    @abstractmethod
    def end_session_at(self, tx: Transaction, token_digest: str, at: datetime) -> None:
        """Have a session run out at another time; nothing happens where there is none.
        Idempotent.
        """

    @abstractmethod
    def close_session(self, tx: Transaction, token_digest: str) -> None:
        """Forget a session. Idempotent."""

    @abstractmethod
    def sessions_of(
        self, tx: Transaction, account_id: AccountId, now: datetime, limit: int
    ) -> Sequence[Session]:
        """Up to *limit* sessions of an account that have not run out at *now*, newest first."""

    @abstractmethod
    def close_session_of(self, tx: Transaction, account_id: AccountId, token_digest: str) -> bool:
        """Forget a session of this account; whether there was one."""

    @abstractmethod
    def close_sessions(self, tx: Transaction, account_id: AccountId, but: str | None) -> None:
        """Forget all sessions of an account *but* the one with this digest. Idempotent."""

    @abstractmethod
    def drop_sessions(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* sessions that have run out at *before*; how many. Idempotent."""

    @abstractmethod
    def attempts(
        self, tx: Transaction, keys: Collection[str], now: datetime
    ) -> Mapping[str, Attempts]:
        """What was tried how often; what was not, or counts no more at *now*, is missing. Attempts
        count until, and no longer at, the end that was given with the first of them.
        """

    @abstractmethod
    def count_attempts(
        self, tx: Transaction, until: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, Attempts]:
        """Count one attempt for each key; how many there are with it. A key that is new, or counts
        no more, counts *until* then.

        Those who count side by side count each other. Some that count no more are forgotten (one at
        least, if there is one). Not idempotent.
        """

    @abstractmethod
    def take_back(self, tx: Transaction, keys: Collection[str]) -> None:
        """Count one attempt less for each key that has any. Not idempotent."""

    @abstractmethod
    def forget_attempts(self, tx: Transaction, keys: Collection[str]) -> None:
        """Count from none again. Idempotent."""

    @abstractmethod
    def known_marks(
        self, tx: Transaction, account_id: AccountId, marks: Collection[str]
    ) -> Collection[str]:
        """Those of *marks* (of addresses and devices) that the account's holder has logged in
        with.
        """

    @abstractmethod
    def has_marks(self, tx: Transaction, account_id: AccountId) -> bool:
        """Whether the account's holder has ever logged in."""

    @abstractmethod
    def know_marks(
        self, tx: Transaction, account_id: AccountId, marks: Collection[str], now: datetime
    ) -> None:
        """Remember that the holder logged in with *marks*; what was not seen for a year is
        forgotten. Idempotent.
        """

    @abstractmethod
    def end(self, tx: Transaction, erasure: Erasure) -> None:
        """Delete an account, if it is there, and note that its holder's data is to be erased; what
        is noted already stays. Nobody is known by its sessions any more. Idempotent.
        """

    @abstractmethod
    def due_erasures(self, tx: Transaction, now: datetime, limit: int) -> Sequence[Erasure]:
        """Up to *limit* erasures that are due at *now*, the longest overdue first."""

    @abstractmethod
    def save_erasure(self, tx: Transaction, erasure: Erasure) -> None:
        """Note how far an erasure has come, if it is not over. Idempotent."""

    @abstractmethod
    def drop_erasure(self, tx: Transaction, account_id: AccountId) -> None:
        """Note that an erasure is over. Idempotent."""

    @abstractmethod
    def closed(self, tx: Transaction, ids: Sequence[AccountId]) -> Sequence[AccountId]:
        """Those of *ids* whose accounts are closed, and whose data is not being erased any more.

        An id is taken for an account's if it looks like one (UUIDv7) and there are accounts at all:
        in a shop whose people are those of another system there are none.
        """

    @abstractmethod
    def forget_traces(self, tx: Transaction, account_id: AccountId, limit: int) -> int:
        """Forget up to *limit* sessions and as many marks of an account; how many went.
        Idempotent.
        """


class CredentialRequests(Protocol):
    """Requests for links that are not over: asked for, then open once their link is on its way."""

    @abstractmethod
    def insert(self, tx: Transaction, request: CredentialRequest) -> None:
        """Write down a new request. Not idempotent."""

    @abstractmethod
    def asked(self, tx: Transaction, limit: int) -> Sequence[CredentialRequest]:
        """Up to *limit* requests whose links are not on their way, the oldest first."""

    @abstractmethod
    def open(self, tx: Transaction, request: CredentialRequest) -> bool:
        """Note that the link of *request*, which is known to be of its account now, is on its way;
        ``False``: it was already, or the request is over.
        """

    @abstractmethod
    def load(self, tx: Transaction, request_id: str) -> CredentialRequest | None:
        """A request whose link is on its way; ``None``: there is none."""

    @abstractmethod
    def take(self, tx: Transaction, request_id: str) -> CredentialRequest | None:
        """Forget a request; it, to be used by nobody else; ``None``: there is none (any more)."""

    @abstractmethod
    def forget_of(self, tx: Transaction, account_id: AccountId) -> int:
        """Forget the requests of an account; how many. Idempotent."""

    @abstractmethod
    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* requests that have run out at *before*; how many. Idempotent."""


class PasswordHasher(Protocol):
    """Turns passwords into what can be kept. Slow on purpose, and bounded: only so many are hashed
    at a time. Any text may be a password, a long one and one in any script too.
    """

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
        """A fresh secret of at least 128 random bits, in letters, digits, hyphens and underscores:
        safe in a header.
        """


class SecretStore(Protocol):
    """Secrets that all processes of one shop share: the first one that needs a secret makes it."""

    @abstractmethod
    def secret_of(self, tx: Transaction, name: str) -> str | None:
        """The secret called *name*; ``None``: there is none yet."""

    @abstractmethod
    def keep_secret(self, tx: Transaction, name: str, secret: str) -> str:
        """Keep *secret* as *name* unless there is one already; the one that is kept. Idempotent."""
