"""The ledger in memory."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from commerce_core.kernel.transaction import Transaction
from commerce_core.ledger import LedgerRepository, Mark, Stranger, StrangerPosition
from commerce_testkit.memory.transaction import table


class MemoryLedgerRepository(LedgerRepository):
    """Marks and strangers in dictionaries. Writers take turns."""

    def claim(self, tx: Transaction, begin: Mark, now: datetime, until: datetime) -> Mark | None:
        rows = table(tx, "ledger_mark")
        mark: Mark = rows.get(begin.key) or begin
        if mark.next_at > now:
            return None
        rows[mark.key] = attrs.evolve(mark, next_at=until, fence=mark.fence + 1)
        return attrs.evolve(mark, next_at=until, fence=mark.fence + 1)

    def move(self, tx: Transaction, mark: Mark) -> bool:
        rows = table(tx, "ledger_mark")
        if rows[mark.key].fence != mark.fence:
            return False
        rows[mark.key] = mark
        return True

    def marks(self, tx: Transaction) -> Sequence[Mark]:
        rows = table(tx, "ledger_mark")
        return [rows[key] for key in sorted(rows)]

    def keep(self, tx: Transaction, strangers: Sequence[Stranger]) -> int:
        rows = table(tx, "payment_stranger")
        new = {s.key: (s, False) for s in strangers if s.key not in rows}
        rows.update(new)
        return len(new)

    def strangers(
        self, tx: Transaction, before: StrangerPosition | None, limit: int
    ) -> Sequence[Stranger]:
        place = attrs.astuple(before) if before is not None else None
        found = [
            s
            for s, settled in table(tx, "payment_stranger").values()
            if not settled and (place is None or (s.seen_at, *s.key) < place)
        ]
        return sorted(found, key=lambda s: (s.seen_at, *s.key), reverse=True)[:limit]

    def settle(self, tx: Transaction, key: tuple[str, str], at: datetime) -> bool | None:
        rows = table(tx, "payment_stranger")
        if key not in rows:
            return None
        stranger, settled = rows[key]
        rows[key] = (stranger, True)
        return not settled

    def count(self, tx: Transaction, at_most: int) -> int:
        return min(at_most, len(self.strangers(tx, None, at_most)))
