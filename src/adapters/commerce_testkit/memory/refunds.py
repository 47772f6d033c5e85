"""Refunds in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.checkout import MoneyFact
from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_core.refunds import (
    LineSum,
    Refund,
    RefundAccount,
    RefundedLine,
    RefundPosition,
    RefundRepository,
    RefundStats,
    RefundSums,
)
from commerce_testkit.memory.transaction import table


@attrs.frozen
class _Shared:
    """What an order's refunds share."""

    captured: Money
    given: Money
    last_no: int = 0


class MemoryRefundRepository(RefundRepository):
    """Refunds in a dictionary by order and number. Writers take turns, so that nobody need wait."""

    def account(self, tx: Transaction, key: OrderKey, currency: str) -> RefundAccount:
        facts = [f for f in table(tx, "gateway_fact").values() if f.key == key]
        captured = Money.total((f.amount for f in facts if f.kind == "capture"), currency)
        rows, nothing = table(tx, "payment_sum"), Money.zero(currency)
        known = rows.get(key) or _Shared(captured, nothing)
        rows[key] = attrs.evolve(known, captured=captured)
        return RefundAccount(captured=captured, given=known.given)

    def reserve(self, tx: Transaction, key: OrderKey, amount: Money) -> int | None:
        rows = table(tx, "payment_sum")
        shared: _Shared | None = rows.get(key)
        if shared is None or shared.captured.currency != amount.currency:
            return None
        given = shared.given + amount
        if given.minor > shared.captured.minor:
            return None
        rows[key] = attrs.evolve(shared, given=given, last_no=shared.last_no + 1)
        return shared.last_no + 1

    def line_sums(self, tx: Transaction, key: OrderKey) -> Mapping[int, LineSum]:
        rows = table(tx, "payment_line_sum")
        return {no: known for (of, no), known in rows.items() if of == key}

    def reserve_lines(
        self, tx: Transaction, key: OrderKey, lines: Sequence[tuple[LineSum, RefundedLine]]
    ) -> bool:
        rows = table(tx, "payment_line_sum")
        for shown, more in lines:
            known: LineSum = rows.get((key, shown.line_no)) or attrs.evolve(
                shown, quantity=0, given=0
            )
            quantity, given = known.quantity + more.quantity, known.given + more.amount.minor
            if quantity > known.ordered or given > known.total:
                return False
            rows[key, shown.line_no] = attrs.evolve(known, quantity=quantity, given=given)
        return True

    def insert(self, tx: Transaction, refund: Refund) -> None:
        rows = table(tx, "payment_refund")
        if _place(refund) in rows or self.by_cause(tx, refund.key, refund.cause):
            raise StaleRead("the order has this refund meanwhile")
        rows[_place(refund)] = refund

    def by_cause(self, tx: Transaction, key: OrderKey, cause: str) -> Refund | None:
        return next((r for r in self.of_orders(tx, [key]) if r.cause == cause), None)

    def of_orders(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[Refund]:
        rows = table(tx, "payment_refund")
        return [rows[place] for place in sorted(rows) if rows[place].key in set(keys)]

    def is_due(self, tx: Transaction, now: datetime) -> bool:
        return bool(_due(tx, now))

    def claim(
        self, tx: Transaction, now: datetime, until: datetime, limit: int
    ) -> Sequence[Refund]:
        due = sorted(_due(tx, now), key=lambda r: (r.next_at or now, _place(r)))[:limit]
        claimed = [attrs.evolve(r, fence=r.fence + 1, next_at=until) for r in due]
        table(tx, "payment_refund").update({_place(r): r for r in claimed})
        return [attrs.evolve(r, lines=()) for r in claimed]

    def save(self, tx: Transaction, refund: Refund, until: datetime) -> bool:
        rows = table(tx, "payment_refund")
        now: Refund | None = rows.get(_place(refund))
        if now is None or now.fence != refund.fence:
            return False
        is_due_sooner = now.next_at is not None and now.next_at < until
        next_at = now.next_at if is_due_sooner else refund.next_at
        rows[_place(refund)] = attrs.evolve(refund, next_at=next_at, lines=now.lines)
        return True

    def stats(self, tx: Transaction, now: datetime, at_most: int) -> RefundStats:
        due = [r.next_at for r in _due(tx, now) if r.next_at is not None]
        listed = len(self.listed(tx, None, at_most))
        return RefundStats(due_since=min(due, default=None), listed=listed)

    def gateways_in_use(self, tx: Transaction) -> Sequence[tuple[str, str]]:
        refunds: list[Refund] = [*table(tx, "payment_refund").values()]
        return sorted({(r.gateway, r.account) for r in refunds if r.state.is_open})

    def make_due(self, tx: Transaction, keys: Sequence[OrderKey], at: datetime) -> None:
        rows = table(tx, "payment_refund")
        for place, refund in rows.items():
            if refund.key in set(keys) and refund.next_at is not None and refund.next_at > at:
                rows[place] = attrs.evolve(refund, next_at=at)

    def record_fact(self, tx: Transaction, refund: Refund, kind: str, at: datetime) -> None:
        fact = MoneyFact(key=refund.key, ref=refund.ref or "", kind=kind, amount=refund.amount)
        table(tx, "gateway_fact").setdefault((fact.key.order_id, fact.ref, fact.kind), fact)

    def revive(self, tx: Transaction, key: OrderKey, no: int, at: datetime) -> Refund | None:
        rows = table(tx, "payment_refund")
        was: Refund | None = rows.get((key.buyer_id, key.order_id, no))
        if was is not None:
            rows[_place(was)] = attrs.evolve(was.again(at), fence=was.fence + 1)
        return was

    def listed(
        self, tx: Transaction, before: RefundPosition | None, limit: int
    ) -> Sequence[Refund]:
        place = attrs.astuple(before) if before is not None else None
        found = [
            (at, attrs.evolve(refund, lines=()))
            for refund in table(tx, "payment_refund").values()
            if refund.attention
            and (at := (refund.created_at, refund.key.order_id, refund.no))
            and (place is None or at < place)
        ]
        return [refund for _, refund in sorted(found, key=lambda x: x[0], reverse=True)][:limit]

    def sums(self, tx: Transaction, after: OrderKey | None, limit: int) -> Sequence[RefundSums]:
        rows = table(tx, "payment_sum")
        behind = [
            key
            for key in sorted(rows, key=lambda k: (k.buyer_id, k.order_id))
            if after is None or (key.buyer_id, key.order_id) > (after.buyer_id, after.order_id)
        ]
        return [
            RefundSums(
                key=key,
                currency=rows[key].captured.currency,
                captured=rows[key].captured.minor,
                given=rows[key].given.minor,
                refunds=sum(r.amount.minor for r in self.of_orders(tx, [key])),
            )
            for key in behind[:limit]
        ]

    def after(
        self, tx: Transaction, place: tuple[str, str, int] | None, limit: int
    ) -> Sequence[Refund]:
        rows = table(tx, "payment_refund")
        found = [rows[p] for p in sorted(rows) if place is None or p > place]
        return [attrs.evolve(refund, lines=()) for refund in found[:limit]]


def _place(refund: Refund) -> tuple[str, str, int]:
    return refund.key.buyer_id, refund.key.order_id, refund.no


def _due(tx: Transaction, now: datetime) -> list[Refund]:
    rows: list[Refund] = [*table(tx, "payment_refund").values()]
    return [r for r in rows if r.next_at is not None and r.next_at <= now]
