"""The promise of the repository of the ledger."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.kernel.transaction import Transaction
from commerce_core.ledger.model import Mark, Stranger, StrangerPosition


class LedgerRepository(Protocol):
    """Marks by gateway, account and sweep; strangers by gateway and the gateway's own name."""

    @abstractmethod
    def claim(self, tx: Transaction, begin: Mark, now: datetime, until: datetime) -> Mark | None:
        """The mark of the key of *begin*, due again at *until* and with its fence raised; *begin*
        itself, where there is none yet. ``None``: it is not due by *now*. No two transactions
        claim the same one.
        """

    @abstractmethod
    def move(self, tx: Transaction, mark: Mark) -> bool:
        """Write how far *mark* has come and when it goes on, if its fence is still the newest;
        whether it was.
        """

    @abstractmethod
    def marks(self, tx: Transaction) -> Sequence[Mark]:
        """All of them, by key."""

    @abstractmethod
    def keep(self, tx: Transaction, strangers: Sequence[Stranger]) -> int:
        """Keep those of *strangers* that were never kept, settled ones included; how many."""

    @abstractmethod
    def strangers(
        self, tx: Transaction, before: StrangerPosition | None, limit: int
    ) -> Sequence[Stranger]:
        """Up to *limit* that no person has settled, the latest seen first, behind *before*."""

    @abstractmethod
    def settle(self, tx: Transaction, key: tuple[str, str], at: datetime) -> bool | None:
        """Note that a person has seen to it; whether that is new. ``None``: there is none."""

    @abstractmethod
    def count(self, tx: Transaction, at_most: int) -> int:
        """How many strangers no person has settled, counted up to *at_most*."""
