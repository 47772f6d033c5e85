"""What is kept for operators, in memory."""

from collections.abc import Sequence
from datetime import datetime

from commerce_core.audit import (
    AuditBooks,
    CallLog,
    CallRecord,
    Decision,
    DecisionFilter,
    DecisionLog,
    DecisionPosition,
)
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.transaction import table


class MemoryDecisionLog(DecisionLog):
    """Decisions in a dictionary."""

    def add(self, tx: Transaction, decision: Decision) -> bool:
        rows = table(tx, "operator_decision")
        if decision.id in rows:
            return False
        if decision.request and self.of_request(tx, decision.actor, decision.request):
            return False
        rows[decision.id] = decision
        return True

    def of_request(self, tx: Transaction, actor: str, request: str) -> Decision | None:
        own = table(tx, "operator_decision").values()
        return next((d for d in own if (d.actor, d.request) == (actor, request)), None)

    def page(
        self,
        tx: Transaction,
        which: DecisionFilter,
        before: DecisionPosition | None,
        limit: int,
    ) -> Sequence[Decision]:
        place = (before.at, before.id) if before else None
        meant = [
            d
            for d in table(tx, "operator_decision").values()
            if which.subject in (None, d.subject)
            and which.actor in (None, d.actor)
            and (place is None or (d.at, d.id) < place)
        ]
        return sorted(meant, key=lambda d: (d.at, d.id), reverse=True)[:limit]


class MemoryCallLog(CallLog):
    """Calls in a dictionary."""

    def keep(self, tx: Transaction, calls: Sequence[CallRecord]) -> None:
        rows = table(tx, "call_log")
        for call in calls:
            rows.setdefault((call.order_id, call.started_at, call.call, call.tries), call)

    def of_order(self, tx: Transaction, order_id: str, limit: int) -> Sequence[CallRecord]:
        rows = sorted(table(tx, "call_log").items())
        return [call for key, call in rows if key[0] == order_id][-limit:]

    def drop(self, tx: Transaction, before: datetime, limit: int) -> int:
        rows = table(tx, "call_log")
        old = [key for key, call in rows.items() if call.started_at < before][:limit]
        for key in old:
            del rows[key]
        return len(old)


def memory_books() -> AuditBooks:
    """Everything that is kept for operators, in memory."""
    return AuditBooks(decisions=MemoryDecisionLog(), calls=MemoryCallLog())
