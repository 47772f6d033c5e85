"""Sagas in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from commerce_core.checkout import (
    NOBODY_AWAY,
    Away,
    BacklogStats,
    ClaimedSaga,
    MoneyFact,
    OpenRefund,
    Operation,
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
from commerce_testkit.memory.leases import unheld
from commerce_testkit.memory.transaction import table

_ALONE_AFTER: Final = 5
_CANCELLABLE: Final = (OrderState.PLACED, OrderState.CHARGING, OrderState.AWAITING_BUYER)


class MemorySagaStore(SagaStore):
    """The saga store in dictionaries, under the same guards as in a database."""

    def insert(self, tx: Transaction, sagas: Sequence[OrderSaga], seq: int, at: datetime) -> None:
        rows = table(tx, "saga")
        for saga in sagas:
            if saga.key.order_id in rows:
                raise ValueError(f"{saga.key.order_id} has a saga already")
            rows[saga.key.order_id] = SagaRow(
                saga=saga,
                fence=0,
                claims=0,
                seq=seq,
                attention=False,
                last_error=None,
                created_at=at,
                updated_at=at,
                next_run_at=at,
                lease_until=None,
            )

    def claim_due(
        self,
        tx: Transaction,
        definitions: Collection[tuple[str, int]],
        now: datetime,
        lease_until: datetime,
        limit: int,
        away: Away = NOBODY_AWAY,
    ) -> Sequence[ClaimedSaga]:
        rows = table(tx, "saga")
        due = [
            row
            for row in sorted(rows.values(), key=lambda row: row.next_run_at)
            if not row.saga.state.is_final
            and row.next_run_at <= now
            and unheld(row.lease_until, now, lease_until)
            and (row.saga.definition, row.saga.version) in definitions
            and not _waits_for(row.saga, away)
        ][:limit]
        if due and due[0].claims >= _ALONE_AFTER:
            due = due[:1]
        claimed_rows = [
            attrs.evolve(
                row,
                saga=_noted(row.saga, now),
                fence=row.fence + 1,
                claims=row.claims + 1,
                lease_until=lease_until,
            )
            for row in [row for row in due if row.claims < _ALONE_AFTER] or due
        ]
        rows.update({row.saga.key.order_id: row for row in claimed_rows})
        return [_claimed(row) for row in self.rows(tx, [r.saga.key for r in claimed_rows])]

    def take_over(self, tx: Transaction, key: OrderKey, now: datetime) -> ClaimedSaga | None:
        row: SagaRow | None = next(iter(self.rows(tx, [key])), None)
        if (
            row is None
            or row.saga.state.is_final
            or (row.lease_until is not None and row.lease_until >= now)
        ):
            return None
        table(tx, "saga")[key.order_id] = fenced = attrs.evolve(row, fence=row.fence + 1)
        return _claimed(fenced)

    def reread(self, tx: Transaction, keys: Sequence[OrderKey]) -> Mapping[OrderId, ClaimedSaga]:
        return {row.saga.key.order_id: _claimed(row) for row in self.rows(tx, keys)}

    def write(
        self, tx: Transaction, writes: Sequence[SagaWrite], at: datetime
    ) -> Sequence[OrderId]:
        rows = table(tx, "saga")
        written: list[OrderId] = []
        for w in writes:
            row: SagaRow = rows[w.saga.key.order_id]
            read = w.read.saga
            if (row.fence, row.saga.state, row.saga.cancel_requested) != (
                w.read.fence,
                read.state,
                read.cancel_requested,
            ):
                continue
            written.append(w.saga.key.order_id)
            rows[w.saga.key.order_id] = attrs.evolve(
                row,
                saga=attrs.evolve(
                    w.saga, time_up=row.saga.time_up, buyer_until=row.saga.buyer_until
                ),
                seq=w.seq,
                claims=w.claims,
                lease_until=w.lease_until,
                next_run_at=w.next_run_at
                if row.next_run_at == w.read.next_run_at
                else row.next_run_at,
                last_error=w.last_error,
                attention=row.attention if w.attention is None else w.attention,
                updated_at=at,
            )
        return written

    def record_facts(self, tx: Transaction, facts: Sequence[MoneyFact], at: datetime) -> None:
        rows = table(tx, "gateway_fact")
        for fact in facts:
            rows.setdefault((fact.key.order_id, fact.ref, fact.kind), fact)

    def open_refunds(
        self, tx: Transaction, refunds: Mapping[OrderKey, OpenRefund]
    ) -> Mapping[OrderKey, int]:
        rows = table(tx, "refund")
        numbers: dict[OrderKey, int] = {}
        for key, opened in refunds.items():
            rows.setdefault((key.order_id, opened.capture_ref), opened.amount)
            numbers[key] = [ref for order_id, ref in rows if order_id == key.order_id].index(
                opened.capture_ref
            ) + 1
        return numbers

    def refund_calls(
        self, tx: Transaction, refunds: Mapping[OrderKey, int]
    ) -> Mapping[OrderKey, OutsideCall]:
        found = {
            key: table(tx, "refund_call").get((key.order_id, no))
            for key, no in refunds.items()
            if no > 1
        }
        first = {
            row.saga.key: row.saga.call(Operation.REFUND)
            for row in self.rows(tx, [key for key, no in refunds.items() if no == 1])
        }
        return {key: call for key, call in {**found, **first}.items() if call is not None}

    def write_calls(
        self, tx: Transaction, calls: Mapping[OrderKey, OutsideCall], at: datetime
    ) -> None:
        rows = table(tx, "saga")
        for key, call in calls.items():
            if call.subject_no > 1:
                table(tx, "refund_call")[key.order_id, call.subject_no] = call
            else:
                rows[key.order_id] = attrs.evolve(
                    rows[key.order_id], saga=rows[key.order_id].saga.with_call(call)
                )

    def record_shipments(
        self, tx: Transaction, shipments: Mapping[OrderKey, Shipment], at: datetime
    ) -> None:
        rows = table(tx, "shipment")
        for key, shipment in shipments.items():
            rows.setdefault(key.order_id, shipment)

    def ask_buyers(self, tx: Transaction, asked: Mapping[OrderKey, NextAction]) -> None:
        rows = table(tx, "saga")
        for key, next_action in asked.items():
            table(tx, "payment_action")[key.order_id] = next_action
            row: SagaRow = rows[key.order_id]
            until = attrs.evolve(row.saga, buyer_until=next_action.until)
            rows[key.order_id] = attrs.evolve(row, saga=until)

    def bring_back(self, tx: Transaction, key: OrderKey, returned: Mapping[str, str]) -> bool:
        actions = table(tx, "payment_action")
        row = next(iter(self.rows(tx, [key])), None)
        if row is None or key.order_id not in actions:
            return False
        actions[key.order_id] = attrs.evolve(actions[key.order_id], returned=dict(returned))
        return True

    def forget_actions(self, tx: Transaction, keys: Sequence[OrderKey]) -> None:
        for key in keys:
            table(tx, "payment_action").pop(key.order_id, None)

    def stray_actions(self, tx: Transaction, limit: int) -> Sequence[OrderKey]:
        rows = table(tx, "saga")
        sagas = [rows[order_id].saga for order_id in table(tx, "payment_action")]
        return [s.key for s in sagas if s.state is not OrderState.AWAITING_BUYER][:limit]

    def request_cancel(self, tx: Transaction, key: OrderKey, at: datetime) -> bool:
        rows = table(tx, "saga")
        row: SagaRow | None = rows.get(key.order_id)
        if row is None or row.saga.key != key or row.saga.state not in _CANCELLABLE:
            return False
        rows[key.order_id] = attrs.evolve(
            row, saga=attrs.evolve(row.saga, cancel_requested=True), next_run_at=at
        )
        return True

    def make_due(
        self, tx: Transaction, keys: Sequence[OrderKey], at: datetime
    ) -> Sequence[OrderId]:
        due = [row for row in self.rows(tx, keys) if not row.saga.state.is_final]
        table(tx, "saga").update(
            {row.saga.key.order_id: attrs.evolve(row, next_run_at=at, claims=0) for row in due}
        )
        return [row.saga.key.order_id for row in due]

    def recall(self, tx: Transaction, beyond: datetime, at: datetime, limit: int) -> int:
        rows = table(tx, "saga")
        late = [
            row for row in rows.values() if not row.saga.state.is_final and row.next_run_at > beyond
        ][:limit]
        rows.update({row.saga.key.order_id: attrs.evolve(row, next_run_at=at) for row in late})
        return len(late)

    def waits_beyond(self, tx: Transaction, moment: datetime) -> bool:
        return any(
            not row.saga.state.is_final and row.next_run_at > moment
            for row in table(tx, "saga").values()
        )

    def rows(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[SagaRow]:
        rows = table(tx, "saga")
        return [
            _with_action(tx, rows[key.order_id])
            for key in keys
            if key.order_id in rows and rows[key.order_id].saga.key == key
        ]

    def facts(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[MoneyFact]:
        return [fact for fact in table(tx, "gateway_fact").values() if fact.key in set(keys)]

    def alarmed(
        self, tx: Transaction, claims: int, created_before: datetime, limit: int
    ) -> Sequence[SagaRow]:
        needs_attention = [
            row
            for row in table(tx, "saga").values()
            if _needs_attention(row, claims, created_before)
        ]
        return [row for row in needs_attention if not row.saga.state.is_final][:limit]

    def page(
        self, tx: Transaction, which: SagaFilter, after: OrderId | None, limit: int
    ) -> Sequence[SagaRow]:
        newest = sorted(table(tx, "saga").items(), reverse=True)
        wanted = [r for i, r in newest if _is_meant(r, which) and (after is None or i < after)]
        return wanted[:limit]

    def census(
        self, tx: Transaction, claims: int, created_before: datetime, at_most: int | None
    ) -> Mapping[str, BacklogStats]:
        unfinished = [row for row in table(tx, "saga").values() if not row.saga.state.is_final]
        by_state: dict[str, list[SagaRow]] = {}
        for row in sorted(unfinished, key=lambda row: row.next_run_at)[:at_most]:
            by_state.setdefault(row.saga.state.value, []).append(row)
        return {
            state: BacklogStats(
                count=len(rows),
                oldest=min(row.created_at for row in rows),
                alarmed=sum(_needs_attention(row, claims, created_before) for row in rows),
            )
            for state, rows in by_state.items()
        }

    def unknown_definitions(
        self, tx: Transaction, known: Collection[tuple[str, int]], at_most: int
    ) -> Mapping[tuple[str, int], int]:
        unfinished = [r.saga for r in table(tx, "saga").values() if not r.saga.state.is_final]
        under = [(saga.definition, saga.version) for saga in unfinished]
        return Counter([one for one in under if one not in known][:at_most])

    def gateways_in_use(self, tx: Transaction) -> Sequence[tuple[str, str]]:
        rows = [r.saga for r in table(tx, "saga").values() if not r.saga.state.is_final]
        return sorted({(saga.gateway, saga.account) for saga in rows if saga.gateway})

    def carriers_in_use(self, tx: Transaction) -> Sequence[str]:
        return sorted(
            {r.saga.carrier for r in table(tx, "saga").values() if not r.saga.state.is_final}
        )

    def owed_refunds(self, tx: Transaction, limit: int) -> Sequence[OwedRefund]:
        facts: list[MoneyFact] = list(table(tx, "gateway_fact").values())
        left = Counter[tuple[OrderKey, str]]()
        for fact in facts:
            left[fact.key, fact.amount.currency] += (
                fact.amount.minor if fact.kind == "refund" else 0
            )
        owed: list[OwedRefund] = []
        for fact in facts:
            if fact.kind == "capture":
                covered = min(fact.amount.minor, left[fact.key, fact.amount.currency])
                left[fact.key, fact.amount.currency] -= covered
                missing = Money(fact.amount.minor - covered, fact.amount.currency)
                owed.append(OwedRefund(key=fact.key, capture_ref=fact.ref, amount=missing))
        rows = {row.saga.key: row for row in table(tx, "saga").values()}
        over = [o for o in owed if o.key in rows and rows[o.key].saga.state is OrderState.CANCELLED]
        return [o for o in over if o.amount.minor > 0][:limit]


def _waits_for(saga: OrderSaga, away: Away) -> bool:
    if saga.state is OrderState.SHIPPING:
        return saga.carrier in away.carriers
    needs_no_call = (
        saga.state is OrderState.PLACED and saga.cancel_requested
    ) or saga.state is OrderState.FINISHING
    return (saga.gateway, saga.account) in away.gateways and not needs_no_call


def _is_meant(row: SagaRow, which: SagaFilter) -> bool:
    if which.state is not None and row.saga.state != which.state:
        return False
    if which.alarm is None and which.open_before is None:
        return True
    if row.saga.state.is_final:
        return False
    alarm = which.alarm
    if alarm is not None and not _needs_attention(row, alarm.claims, alarm.created_before):
        return False
    return which.open_before is None or row.created_at < which.open_before


def _noted(saga: OrderSaga, now: datetime) -> OrderSaga:
    """*saga* as it is claimed: the time of its buyer may be up."""
    awaiting = saga.state is OrderState.AWAITING_BUYER
    up = awaiting and saga.buyer_until is not None and saga.buyer_until <= now
    return attrs.evolve(saga, time_up=True) if up else saga


def _with_action(tx: Transaction, row: SagaRow) -> SagaRow:
    asked: NextAction | None = table(tx, "payment_action").get(row.saga.key.order_id)
    if asked is None or row.saga.state is not OrderState.AWAITING_BUYER:
        return row
    saga = attrs.evolve(row.saga, action=asked.action, returned=asked.returned)
    return attrs.evolve(row, saga=saga)


def _needs_attention(row: SagaRow, claims: int, created_before: datetime) -> bool:
    return row.attention or row.claims >= claims or row.created_at < created_before


def _claimed(row: SagaRow) -> ClaimedSaga:
    return ClaimedSaga(
        saga=row.saga,
        fence=row.fence,
        claims=row.claims,
        seq=row.seq,
        next_run_at=row.next_run_at,
    )
