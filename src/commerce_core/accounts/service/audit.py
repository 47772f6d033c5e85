"""Whether what is known of people who have left goes in time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from commerce_core.accounts.ports import AccountRepository
from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database

#: An erasure that nobody has taken up for so long is stuck.
_LONGEST_WAIT: Final = timedelta(hours=1)
#: Erasures that are named, the longest overdue first.
_MOST_NAMED: Final = 500


class ErasureAudit(Audit):
    """L13, of erasures that do not go on."""

    def __init__(self, database: Database, repo: AccountRepository, clock: Clock) -> None:
        self._db = database
        self._repo = repo
        self._clock = clock

    def violations(self) -> Iterator[Violation]:
        with self._db.snapshot() as tx:
            before = self._clock.now() - _LONGEST_WAIT
            overdue = self._repo.due_erasures(tx, before, _MOST_NAMED)
        for erasure in overdue:
            yield Violation(
                invariant="L13",
                subject=f"account {erasure.account_id}",
                detail=(
                    f"closed, and the erasure of its data waits since "
                    f"{erasure.due_at:%Y-%m-%d %H:%M}"
                ),
            )
