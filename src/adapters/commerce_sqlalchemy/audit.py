"""What is kept for operators, in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import sqlalchemy as sa

from commerce_core.audit import (
    Action,
    CallLog,
    CallRecord,
    Decision,
    DecisionFilter,
    DecisionLog,
    DecisionPosition,
)
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.rows import insert_if_new, insert_new, slices
from commerce_sqlalchemy.tables import call_log, operator_decision
from commerce_sqlalchemy.transaction import connection

_C: Final = operator_decision.c
_L: Final = call_log.c
_MICROSECOND: Final = timedelta(microseconds=1)


class SqlDecisionLog(DecisionLog):
    """Decisions on SQLite and PostgreSQL: one row each, never changed."""

    def add(self, tx: Transaction, decision: Decision) -> bool:
        row = attrs.asdict(decision) | {"action": decision.action.value}
        return bool(insert_new(connection(tx), operator_decision, [row], _C.id))

    def of_request(self, tx: Transaction, actor: str, request: str) -> Decision | None:
        own = sa.select(operator_decision).where(_C.actor == actor, _C.request == request)
        row = connection(tx).execute(own).first()
        return _decision(row) if row else None

    def page(
        self,
        tx: Transaction,
        which: DecisionFilter,
        before: DecisionPosition | None,
        limit: int,
    ) -> Sequence[Decision]:
        page = sa.select(operator_decision)
        if which.subject is not None:
            page = page.where(_C.subject == which.subject)
        if which.actor is not None:
            page = page.where(_C.actor == which.actor)
        if before is not None:
            place = sa.tuple_(sa.literal(before.at, _C.at.type), sa.literal(before.id, sa.Text()))
            page = page.where(sa.tuple_(_C.at, _C.id) < place)
        newest = page.order_by(_C.at.desc(), _C.id.desc()).limit(limit)
        return [_decision(row) for row in connection(tx).execute(newest)]


class SqlCallLog(CallLog):
    """Calls on SQLite and PostgreSQL: all of a transaction in one statement."""

    def keep(self, tx: Transaction, calls: Sequence[CallRecord]) -> None:
        insert_if_new(connection(tx), call_log, [_call_row(call) for call in calls])

    def of_order(self, tx: Transaction, order_id: str, limit: int) -> Sequence[CallRecord]:
        own = sa.select(call_log).where(_L.order_id == order_id)
        latest = own.order_by(_L.started_at.desc(), _L.call.desc(), _L.tries.desc()).limit(limit)
        return [_call(row) for row in connection(tx).execute(latest)][::-1]

    def drop(self, tx: Transaction, before: datetime, limit: int) -> int:
        keys = sa.select(*call_log.primary_key).where(_L.started_at < before)
        old = connection(tx).execute(keys.order_by(_L.started_at).limit(limit))
        found = [tuple(row) for row in old]
        for some in slices(found):
            key = sa.tuple_(*call_log.primary_key)
            connection(tx).execute(sa.delete(call_log).where(key.in_(some)))
        return len(found)


def _call_row(call: CallRecord) -> dict[str, Any]:
    return {
        "order_id": call.order_id, "started_at": call.started_at, "call": call.call,
        "tries": call.tries, "party": call.party, "account": call.account, "key": call.key,
        "attempt": call.attempt, "took": call.duration // _MICROSECOND, "outcome": call.outcome,
        "detail": call.detail,
    }  # fmt: skip


def _call(row: Any) -> CallRecord:
    return CallRecord(
        order_id=row.order_id,
        call=row.call,
        party=row.party,
        account=row.account,
        key=row.key,
        attempt=row.attempt,
        tries=row.tries,
        started_at=row.started_at,
        duration=row.took * _MICROSECOND,
        outcome=row.outcome,
        detail=row.detail,
    )


def _decision(row: Any) -> Decision:
    return Decision(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=Action(row.action),
        subject=row.subject,
        outcome=row.outcome,
        reason=row.reason,
        evidence=row.evidence,
        request=row.request,
    )
