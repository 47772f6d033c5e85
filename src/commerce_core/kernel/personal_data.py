"""What a shop holds of a person: each capability shows its own part, and blanks it."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.transaction import Transaction


@attrs.frozen(kw_only=True)
class Excerpt:
    """Some records of a person, JSON-ready with camelCase keys; *after*: what the next excerpt
    begins behind (``None``: these are the last ones).
    """

    records: Sequence[Mapping[str, Any]]
    after: str | None = None


class PersonalData(Protocol):
    """What one capability holds of a person, who is known by an account's id. It works in the
    transaction that it is given and never commits, a bounded number of records at a time.

    Every one of a shop is named once, where its services are put together; export and erasure go
    through all of them.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Its key in an export, in camelCase: a stable word."""

    @abstractmethod
    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        """Up to *limit* records of the person behind *after* (``None``: from the first). It holds
        no hash of a password and no other secret.
        """

    @abstractmethod
    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        """What keeps the person's data from being erased now, as the refusal that says so;
        ``None``: nothing. In a snapshot, too.
        """

    @abstractmethod
    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        """Delete or blank up to *limit* records of the person behind *after* (``None``: from the
        first); what the next call is given as *after*, ``None``: nothing is left.

        What books must keep stays, without anything that says who it was. Idempotent: a call is
        repeated after a crash, and a whole erasure minutes later, for what was written meanwhile.
        """
