"""Sagas, their calls and the facts about money in SQL. Decisions are guarded by fence, state and
cancel flag; facts by nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.checkout import (
    NOBODY_AWAY,
    Away,
    BacklogStats,
    ClaimedSaga,
    MoneyFact,
    OpenRefund,
    OrderSaga,
    OutsideCall,
    OwedRefund,
    SagaFilter,
    SagaRow,
    SagaStore,
    SagaWrite,
)
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import NextAction, OrderKey, OrderState, Shipment
from commerce_sqlalchemy import owed, payment_actions, saga_calls
from commerce_sqlalchemy.keys import among, pairs
from commerce_sqlalchemy.leases import moments
from commerce_sqlalchemy.messaging import leave_work
from commerce_sqlalchemy.rows import insert_if_new, insert_many, insert_new
from commerce_sqlalchemy.saga_rows import call_row, key_row, saga_row, with_action, write_row
from commerce_sqlalchemy.saga_statements import (
    BY_KEY,
    CLAIM,
    COVER,
    OPEN,
    SAGAS,
    UNHELD,
    WRITE,
    census_of,
    due,
    meant,
    needs_attention_clause,
    strange_to,
)
from commerce_sqlalchemy.tables import gateway_fact, outside_call, refund, saga, shipment
from commerce_sqlalchemy.tables import orders as order_table
from commerce_sqlalchemy.transaction import connection

_ALONE_AFTER: Final = 5


class SqlSagaStore(SagaStore):
    """The saga store on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, sagas: Sequence[OrderSaga], seq: int, at: datetime) -> None:
        rows = [
            {
                "buyer_id": s.key.buyer_id,
                "order_id": s.key.order_id,
                "definition": s.definition,
                "version": s.version,
                "state": s.state.value,
                "fence": 0,
                "next_run_at": at,
                "claims": 0,
                "cancel_requested": False,
                "attention": False,
                "carrier": s.carrier,
                "last_seq": seq,
                "updated_at": at,
                "trace": s.trace,
            }
            for s in sagas
        ]
        insert_many(connection(tx), saga, rows)
        intended = [(s.key, call) for s in sagas for call in s.calls.values()]
        if intended:
            calls = [call_row(key, call, at) for key, call in intended]
            insert_many(connection(tx), outside_call, calls)

    def claim_due(
        self,
        tx: Transaction,
        definitions: Collection[tuple[str, int]],
        now: datetime,
        lease_until: datetime,
        limit: int,
        away: Away = NOBODY_AWAY,
    ) -> Sequence[ClaimedSaga]:
        at = moments(now, lease_until)
        candidates = (
            connection(tx).execute(due(frozenset(definitions), away), at | {"most": limit}).all()
        )
        if candidates and candidates[0].claims >= _ALONE_AFTER:
            candidates = candidates[:1]
        chosen = [row for row in candidates if row.claims < _ALONE_AFTER] or candidates
        if not chosen:
            return []
        rows = sorted((r.buyer_id, r.order_id, r.fence) for r in chosen)
        claimed_rows = CLAIM.run(connection(tx), rows, **at, until=lease_until)
        return list(
            self.reread(tx, [OrderKey(row.buyer_id, row.order_id) for row in claimed_rows]).values()
        )

    def take_over(self, tx: Transaction, key: OrderKey, now: datetime) -> ClaimedSaga | None:
        c = saga.c
        fenced = (
            sa.update(saga)
            .where(c.buyer_id == key.buyer_id, c.order_id == key.order_id, UNHELD)
            .values(fence=c.fence + 1)
        )
        if connection(tx).execute(fenced.returning(c.order_id), {"now": now}).scalar() is None:
            return None
        return self.reread(tx, [key])[key.order_id]

    def reread(self, tx: Transaction, keys: Sequence[OrderKey]) -> Mapping[OrderId, ClaimedSaga]:
        return {
            row.saga.key.order_id: ClaimedSaga(
                saga=row.saga,
                fence=row.fence,
                claims=row.claims,
                seq=row.seq,
                next_run_at=row.next_run_at,
            )
            for row in self.rows(tx, keys)
        }

    def write(
        self, tx: Transaction, writes: Sequence[SagaWrite], at: datetime
    ) -> Sequence[OrderId]:
        if not writes:
            return []
        rows = [
            write_row(w)
            for w in sorted(writes, key=lambda w: (w.saga.key.buyer_id, w.saga.key.order_id))
        ]
        written = [OrderId(row.order_id) for row in WRITE.run(connection(tx), rows, at=at)]
        done = set(written)
        saga_calls.write_changed(
            connection(tx), [w for w in writes if w.saga.key.order_id in done], at
        )
        return written

    def record_facts(self, tx: Transaction, facts: Sequence[MoneyFact], at: datetime) -> None:
        rows = [
            key_row(f.key)
            | {
                "ref": f.ref,
                "kind": f.kind,
                "amount_minor": f.amount.minor,
                "currency": f.amount.currency,
                "at": at,
            }
            for f in sorted(facts, key=lambda f: (f.key.buyer_id, f.key.order_id, f.ref, f.kind))
        ]
        insert_if_new(connection(tx), gateway_fact, rows)
        owed.unsettle(connection(tx), (f.key for f in facts if f.kind == "capture"))

    def open_refunds(
        self, tx: Transaction, refunds: Mapping[OrderKey, OpenRefund]
    ) -> Mapping[OrderKey, int]:
        if not refunds:
            return {}
        c = refund.c
        known: dict[str, dict[str, int]] = {}
        opened = sa.select(c.order_id, c.capture_ref, c.no).where(
            among(c.buyer_id, c.order_id, pairs(refunds))
        )
        for row in connection(tx).execute(opened):
            known.setdefault(row.order_id, {})[row.capture_ref] = row.no
        rows: list[dict[str, Any]] = []
        numbers: dict[OrderKey, int] = {}
        for key, back in refunds.items():
            before = known.get(key.order_id, {})
            numbers[key] = before.get(back.capture_ref, len(before) + 1)
            if back.capture_ref not in before:
                amount = {"amount_minor": back.amount.minor, "currency": back.amount.currency}
                rows.append(
                    key_row(key)
                    | amount
                    | {"no": numbers[key], "reason": back.reason, "capture_ref": back.capture_ref}
                )
        insert_many(connection(tx), refund, rows)
        return numbers

    def refund_calls(
        self, tx: Transaction, refunds: Mapping[OrderKey, int]
    ) -> Mapping[OrderKey, OutsideCall]:
        return saga_calls.refund_calls(connection(tx), refunds)

    def write_calls(
        self, tx: Transaction, calls: Mapping[OrderKey, OutsideCall], at: datetime
    ) -> None:
        saga_calls.write_calls(connection(tx), calls, at)

    def record_shipments(
        self, tx: Transaction, shipments: Mapping[OrderKey, Shipment], at: datetime
    ) -> None:
        rows = [
            key_row(key)
            | {
                "no": 1,
                "seller_id": None,
                "carrier": s.carrier,
                "tracking_number": s.tracking_number,
                "at": at,
            }
            for key, s in shipments.items()
        ]
        new = insert_new(connection(tx), shipment, rows, shipment.c.buyer_id, shipment.c.order_id)
        COVER.run(connection(tx), sorted(new))

    def ask_buyers(self, tx: Transaction, asked: Mapping[OrderKey, NextAction]) -> None:
        payment_actions.ask(connection(tx), asked)

    def bring_back(self, tx: Transaction, key: OrderKey, returned: Mapping[str, str]) -> bool:
        return payment_actions.bring_back(connection(tx), key, returned)

    def forget_actions(self, tx: Transaction, keys: Sequence[OrderKey]) -> None:
        payment_actions.forget(connection(tx), keys)

    def stray_actions(self, tx: Transaction, limit: int) -> Sequence[OrderKey]:
        return payment_actions.strays(connection(tx), limit)

    def request_cancel(self, tx: Transaction, key: OrderKey, at: datetime) -> bool:
        c = saga.c
        leave_work(tx)
        noted = connection(tx).execute(
            sa.update(saga)
            .where(
                c.buyer_id == key.buyer_id,
                c.order_id == key.order_id,
                c.state.in_(["PLACED", "CHARGING", "AWAITING_BUYER"]),
            )
            .values(cancel_requested=True, next_run_at=at)
            .returning(c.order_id)
        )
        return noted.scalar() is not None

    def make_due(
        self, tx: Transaction, keys: Sequence[OrderKey], at: datetime
    ) -> Sequence[OrderId]:
        c = saga.c
        leave_work(tx)
        due = connection(tx).execute(
            sa.update(saga)
            .where(among(c.buyer_id, c.order_id, pairs(keys)), OPEN)
            .values(next_run_at=at, claims=0)
            .returning(c.order_id)
        )
        return [OrderId(order_id) for order_id in due.scalars()]

    def alarmed(
        self, tx: Transaction, claims: int, created_before: datetime, limit: int
    ) -> Sequence[SagaRow]:
        return self._rows(tx, sa.and_(OPEN, needs_attention_clause(claims, created_before)), limit)

    def page(
        self, tx: Transaction, which: SagaFilter, after: OrderId | None, limit: int
    ) -> Sequence[SagaRow]:
        where = meant(which)
        if after is not None:
            where.append(saga.c.order_id < after)
        return self._rows(tx, sa.and_(*where), limit)

    def census(
        self, tx: Transaction, claims: int, created_before: datetime, at_most: int | None
    ) -> Mapping[str, BacklogStats]:
        counted = census_of(claims, at_most)
        return {
            row.state: BacklogStats(
                count=row.sagas, oldest=row.oldest, alarmed=int(row.needs_attention)
            )
            for row in connection(tx).execute(counted, {"created_before": created_before})
        }

    def unknown_definitions(
        self, tx: Transaction, known: Collection[tuple[str, int]], at_most: int
    ) -> Mapping[tuple[str, int], int]:
        counted = strange_to(frozenset(known), at_most)
        return {(row.definition, row.version): row.sagas for row in connection(tx).execute(counted)}

    def gateways_in_use(self, tx: Transaction) -> Sequence[tuple[str, str]]:
        g = order_table.c
        joined = order_table.join(
            saga, sa.and_(saga.c.buyer_id == g.buyer_id, saga.c.order_id == g.id)
        )
        used = (
            sa.select(g.gateway, g.gateway_account)
            .select_from(joined)
            .where(OPEN, g.gateway != "")
            .distinct()
        )
        return list(connection(tx).execute(used))

    def carriers_in_use(self, tx: Transaction) -> Sequence[str]:
        return list(
            connection(tx).execute(sa.select(saga.c.carrier).where(OPEN).distinct()).scalars()
        )

    def owed_refunds(self, tx: Transaction, limit: int) -> Sequence[OwedRefund]:
        return owed.owed_refunds(connection(tx), limit)

    def recall(self, tx: Transaction, beyond: datetime, at: datetime, limit: int) -> int:
        c = saga.c
        late = (
            sa.select(c.buyer_id, c.order_id)
            .where(OPEN, c.next_run_at > beyond)
            .order_by(c.next_run_at)
            .limit(limit)
        )
        found = [OrderKey(row.buyer_id, row.order_id) for row in connection(tx).execute(late)]
        if found:
            due = sa.update(saga).where(among(c.buyer_id, c.order_id, pairs(found)), OPEN)
            connection(tx).execute(due.values(next_run_at=at))
        return len(found)

    def waits_beyond(self, tx: Transaction, moment: datetime) -> bool:
        c = saga.c
        latest = (
            sa.select(c.next_run_at)
            .where(OPEN, c.next_run_at > moment)
            .order_by(c.next_run_at)
            .limit(1)
        )
        return connection(tx).execute(latest).first() is not None

    def rows(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[SagaRow]:
        return self._with_calls(tx, BY_KEY.run(connection(tx), pairs(keys)))

    def facts(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[MoneyFact]:
        f = gateway_fact.c
        found = connection(tx).execute(
            sa.select(gateway_fact)
            .where(among(f.buyer_id, f.order_id, pairs(keys)))
            .order_by(f.order_id, f.at, f.ref)
        )
        return [
            MoneyFact(
                key=OrderKey(x.buyer_id, x.order_id),
                ref=x.ref,
                kind=x.kind,
                amount=Money(x.amount_minor, x.currency),
            )
            for x in found
        ]

    def _rows(
        self,
        tx: Transaction,
        where: "sa.ColumnElement[bool] | sa.TextClause",
        limit: int | None = None,
    ) -> list[SagaRow]:
        statement = SAGAS.where(where)
        return self._with_calls(
            tx, connection(tx).execute(statement.limit(limit) if limit else statement).all()
        )

    def _with_calls(self, tx: Transaction, rows: Sequence[Any]) -> list[SagaRow]:
        keys = [OrderKey(row.buyer_id, row.order_id) for row in rows]
        calls = saga_calls.latest_calls(connection(tx), keys)
        found = [saga_row(row, calls.get(row.order_id, {})) for row in rows]
        awaiting = [r.saga.key for r in found if r.saga.state is OrderState.AWAITING_BUYER]
        asked = payment_actions.asked_of(connection(tx), awaiting)
        return [with_action(row, asked.get(row.saga.key.order_id)) for row in found]
