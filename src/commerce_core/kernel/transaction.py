"""A unit of work in one database: everything or nothing."""

from abc import abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

from commerce_core.kernel.errors import StaleRead, TransactionLost

R = TypeVar("R")

_TRIES: Final = 5
_READS: Final = 3


class Transaction(Protocol):
    """An open transaction, used as a context manager by the method that began it and by no other.

    Leaving the block without :meth:`commit` rolls back.
    """

    @abstractmethod
    def commit(self) -> None:
        """Make everything durable.

        Raises:
            TransactionLost: it may or may not have been committed; try the whole again with the
                same ids and keys.
        """

    @abstractmethod
    def __enter__(self) -> Self:
        """Enter the block."""

    @abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """Roll back what was not committed and give the connection back."""


class Database(Protocol):
    """Where transactions come from. Safe to share between threads."""

    @abstractmethod
    def begin(self) -> Transaction:
        """A transaction that may write. On engines with a single writer it waits for its turn,
        first come, first served.
        """

    @abstractmethod
    def snapshot(self) -> Transaction:
        """A read-only view of one moment; writing in it is a defect."""

    @abstractmethod
    def single_read(self) -> Transaction:
        """A snapshot for one statement: engines save what beginning and ending cost. A second
        statement is a defect.
        """

    @abstractmethod
    def discard_log(self) -> bool:
        """Let the engine's own log keep nothing of what was deleted; ``False``: it is being read
        just now, and this is to be tried again. An engine that recycles its log by itself has
        nothing to do. Not within a transaction. Idempotent.
        """

    @abstractmethod
    def pause(self, lost: int) -> None:
        """Wait before a transaction that was lost *lost* times is tried again: longer each time,
        and no two callers equally long.
        """


def retry_transaction(database: Database, work: Callable[[], R]) -> R:
    """What *work* returns, which is one whole transaction on *database*; done again, with the same
    ids and keys, when that was lost: after a pause, or where others had changed what was read, at
    once.

    For work that changes many rows, where others may meet it half way (deadlock, serialization). It
    must be idempotent: a transaction that was lost may have been committed.

    Raises:
        StaleRead: others were quicker three times.
        TransactionLost: it was lost five times in a row.
    """
    stale = lost = 0
    while True:
        try:
            return work()
        except StaleRead:
            stale, lost = stale + 1, 0
            if stale == _READS:
                raise
        except TransactionLost:
            lost += 1
            if lost == _TRIES:
                raise
            database.pause(lost)
