"""The stock ledger in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.inventory import (
    Hold,
    HoldStatus,
    OpeningStock,
    Receipt,
    ReferenceReused,
    SkuDemand,
    StockAudit,
    StockChange,
    StockLedger,
    StockLevel,
    StockShort,
)
from commerce_core.kernel.ids import OrderId, SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.transaction import table


class MemoryStockLedger(StockLedger):
    """Stock, holds and movements in dictionaries."""

    def levels(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, StockLevel]:
        rows = table(tx, "stock")
        return {sku_id: rows[sku_id] for sku_id in sku_ids if sku_id in rows}

    def open(self, tx: Transaction, stocks: Sequence[OpeningStock], at: datetime) -> None:
        rows, movements = table(tx, "stock"), table(tx, "stock_movement")
        for s in stocks:
            if s.sku_id in rows:
                raise ValueError(f"{s.sku_id} is counted already")
            rows[s.sku_id] = StockLevel(
                sku_id=s.sku_id,
                on_hand=s.quantity,
                reserved=0,
                sellable=s.sellable,
                availability_version=0,
            )
            movements[s.sku_id, "opening", s.sku_id] = s.quantity

    def receive(
        self, tx: Transaction, receipts: Sequence[Receipt], at: datetime
    ) -> Mapping[SkuId, StockChange]:
        movements = table(tx, "stock_movement")
        if other := {
            r.reference
            for r in receipts
            if movements.get((r.sku_id, "receipt", r.reference), r.quantity) != r.quantity
        }:
            raise ReferenceReused(other)
        fresh = [r for r in receipts if (r.sku_id, "receipt", r.reference) not in movements]
        changes = self._count(tx, {r.sku_id: (r.quantity, 0) for r in fresh})
        if short := [r.sku_id for r in fresh if r.sku_id not in changes]:
            raise StockShort(short)
        movements.update({(r.sku_id, "receipt", r.reference): r.quantity for r in fresh})
        return changes

    def set_sellable(
        self, tx: Transaction, sellable: Mapping[SkuId, bool]
    ) -> Mapping[SkuId, StockChange]:
        rows = table(tx, "stock")
        changes: dict[SkuId, StockChange] = {}
        for sku_id, value in sellable.items():
            if sku_id in rows and rows[sku_id].sellable != value:
                changes[sku_id] = self._put(tx, attrs.evolve(rows[sku_id], sellable=value))
        return changes

    def hold(self, tx: Transaction, demands: Sequence[SkuDemand]) -> Mapping[SkuId, StockChange]:
        rows = table(tx, "stock")
        return self._count(
            tx,
            {
                d.sku_id: (0, d.quantity)
                for d in demands
                if d.sku_id in rows and rows[d.sku_id].sellable
            },
        )

    def record_holds(self, tx: Transaction, holds: Sequence[Hold]) -> None:
        rows = table(tx, "reservation")
        for h in holds:
            if (h.order_id, h.sku_id) in rows:
                raise ValueError(f"{h.order_id} holds {h.sku_id} already")
            rows[h.order_id, h.sku_id] = h

    def release(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[SkuId, StockChange]:
        freed: Counter[SkuId] = Counter()
        for h in self._end(tx, order_ids, HoldStatus.RELEASED):
            freed[h.sku_id] += h.quantity
        return self._count(tx, {sku_id: (0, -quantity) for sku_id, quantity in freed.items()})

    def commit(
        self, tx: Transaction, order_ids: Sequence[OrderId], at: datetime
    ) -> Sequence[OrderId]:
        movements = table(tx, "stock_movement")
        gone: Counter[SkuId] = Counter()
        for h in self._end(tx, order_ids, HoldStatus.COMMITTED):
            movements[h.sku_id, "order", h.order_id] = -h.quantity
            gone[h.sku_id] += h.quantity
        self._count(tx, {sku_id: (-quantity, -quantity) for sku_id, quantity in gone.items()})
        states: dict[OrderId, set[HoldStatus]] = {}
        for h in self.holds(tx, order_ids):
            states.setdefault(h.order_id, set()).add(h.status)
        return sorted(
            order_id for order_id, found in states.items() if found == {HoldStatus.COMMITTED}
        )

    def holds(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Sequence[Hold]:
        wanted = set(order_ids)
        return [
            h for (order_id, _), h in sorted(table(tx, "reservation").items()) if order_id in wanted
        ]

    def audit(self, tx: Transaction, after: SkuId | None, limit: int) -> Sequence[StockAudit]:
        movements, holds = table(tx, "stock_movement"), table(tx, "reservation").values()
        page = [
            level for sku_id, level in sorted(table(tx, "stock").items()) if sku_id > (after or "")
        ][:limit]
        return [
            StockAudit(
                level=level,
                moved=sum(n for (sku_id, _, _), n in movements.items() if sku_id == level.sku_id),
                received=sum(
                    n
                    for (sku_id, cause, _), n in movements.items()
                    if sku_id == level.sku_id and cause != "order"
                ),
                held=sum(
                    h.quantity
                    for h in holds
                    if h.sku_id == level.sku_id and h.status is HoldStatus.HELD
                ),
                committed=sum(
                    h.quantity
                    for h in holds
                    if h.sku_id == level.sku_id and h.status is HoldStatus.COMMITTED
                ),
            )
            for level in page
        ]

    def _end(self, tx: Transaction, order_ids: Sequence[OrderId], status: HoldStatus) -> list[Hold]:
        ended = [h for h in self.holds(tx, order_ids) if h.status is HoldStatus.HELD]
        table(tx, "reservation").update(
            {(h.order_id, h.sku_id): attrs.evolve(h, status=status) for h in ended}
        )
        return ended

    def _count(
        self, tx: Transaction, deltas: Mapping[SkuId, tuple[int, int]]
    ) -> dict[SkuId, StockChange]:
        rows = table(tx, "stock")
        changes: dict[SkuId, StockChange] = {}
        for sku_id, (on_hand, reserved) in sorted(deltas.items()):
            was = rows.get(sku_id)
            if was is None or was.available + on_hand - reserved < 0 or was.reserved + reserved < 0:
                continue
            changes[sku_id] = self._put(
                tx,
                attrs.evolve(was, on_hand=was.on_hand + on_hand, reserved=was.reserved + reserved),
            )
        return changes

    def _put(self, tx: Transaction, level: StockLevel) -> StockChange:
        rows = table(tx, "stock")
        flipped = rows[level.sku_id].on_offer != level.on_offer
        level = attrs.evolve(level, availability_version=level.availability_version + flipped)
        rows[level.sku_id] = level
        return StockChange(level=level, flipped=flipped)
