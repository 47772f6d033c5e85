"""The stock ledger in SQL. Locks are taken in one order: holds, then stock by ``sku_id``; every
list is sorted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

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
from commerce_sqlalchemy.rows import Given, insert_many, insert_new, one_by_one
from commerce_sqlalchemy.tables import Id, reservation, stock, stock_movement
from commerce_sqlalchemy.transaction import connection

_MAIN: Final = "main"
_COUNTERS: Final = (
    stock.c.sku_id,
    stock.c.on_hand,
    stock.c.reserved,
    stock.c.sellable,
    stock.c.availability_version,
)
_LEVELS: Final = Given(
    lambda d: sa.select(*_COUNTERS).where(stock.c.sku_id == d.sku_id, stock.c.location == _MAIN),
    sku_id=Id,
)


class SqlStockLedger(StockLedger):
    """Stock, holds and movements on SQLite and PostgreSQL."""

    def levels(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, StockLevel]:
        rows = _LEVELS.run(connection(tx), one_by_one(sku_ids))
        return {row.sku_id: _level(row) for row in rows}

    def open(self, tx: Transaction, stocks: Sequence[OpeningStock], at: datetime) -> None:
        rows = [
            {
                "sku_id": s.sku_id,
                "location": _MAIN,
                "on_hand": s.quantity,
                "reserved": 0,
                "sellable": s.sellable,
                "availability_version": 0,
            }
            for s in stocks
        ]
        insert_many(connection(tx), stock, rows)
        insert_many(
            connection(tx),
            stock_movement,
            [
                _movement(s.sku_id, "opening", s.sku_id, s.quantity, at)
                for s in stocks
                if s.quantity
            ],
        )

    def receive(
        self, tx: Transaction, receipts: Sequence[Receipt], at: datetime
    ) -> Mapping[SkuId, StockChange]:
        if not receipts:
            return {}
        wanted = {r.sku_id: r.quantity for r in receipts}
        moves = [
            _movement(r.sku_id, "receipt", r.reference, r.quantity, at)
            for r in sorted(receipts, key=lambda r: r.sku_id)
        ]
        counted = set(
            insert_new(
                connection(tx),
                stock_movement,
                moves,
                stock_movement.c.sku_id,
                stock_movement.c.cause_ref,
            )
        )
        fresh = [r for r in receipts if (r.sku_id, r.reference) in counted]
        self._check_repeated(tx, [r for r in receipts if (r.sku_id, r.reference) not in counted])
        changes = self._count(tx, {r.sku_id: (r.quantity, 0) for r in fresh})
        if short := sorted(r.sku_id for r in fresh if r.sku_id not in changes and wanted[r.sku_id]):
            raise StockShort(short)
        return changes

    def _check_repeated(self, tx: Transaction, receipts: Sequence[Receipt]) -> None:
        found = (
            _RECEIVED.run(
                connection(tx), [(r.sku_id, _MAIN, "receipt", r.reference) for r in receipts]
            )
            if receipts
            else []
        )
        counted = {(row.sku_id, row.cause_ref): row.quantity for row in found}
        if other := {r.reference for r in receipts if counted[r.sku_id, r.reference] != r.quantity}:
            raise ReferenceReused(other)

    def set_sellable(
        self, tx: Transaction, sellable: Mapping[SkuId, bool]
    ) -> Mapping[SkuId, StockChange]:
        if not sellable:
            return {}
        levels = [
            _level(row) for row in _SET_SELLABLE.run(connection(tx), sorted(sellable.items()))
        ]
        return {
            level.sku_id: StockChange(level=level, flipped=level.available > 0) for level in levels
        }

    def hold(self, tx: Transaction, demands: Sequence[SkuDemand]) -> Mapping[SkuId, StockChange]:
        return self._count(tx, {d.sku_id: (0, d.quantity) for d in demands}, _COUNT_IF_SELLABLE)

    def record_holds(self, tx: Transaction, holds: Sequence[Hold]) -> None:
        rows = [
            {
                "sku_id": h.sku_id,
                "location": _MAIN,
                "order_id": h.order_id,
                "quantity": h.quantity,
                "status": h.status.value,
            }
            for h in holds
        ]
        insert_many(connection(tx), reservation, rows)

    def release(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[SkuId, StockChange]:
        freed: Counter[SkuId] = Counter()
        for sku_id, _, quantity in self._end(tx, order_ids, HoldStatus.RELEASED):
            freed[sku_id] += quantity
        return self._count(tx, {sku_id: (0, -quantity) for sku_id, quantity in freed.items()})

    def commit(
        self, tx: Transaction, order_ids: Sequence[OrderId], at: datetime
    ) -> Sequence[OrderId]:
        ended = self._end(tx, order_ids, HoldStatus.COMMITTED)
        removed: Counter[SkuId] = Counter()
        for sku_id, _, quantity in ended:
            removed[sku_id] += quantity
        insert_many(
            connection(tx),
            stock_movement,
            [_movement(sku_id, "order", order_id, -n, at) for sku_id, order_id, n in ended],
        )
        self._count(tx, {sku_id: (-n, -n) for sku_id, n in removed.items()})
        committed = {order_id for _, order_id, _ in ended}
        if unclear := [order_id for order_id in order_ids if order_id not in committed]:
            states: dict[OrderId, set[HoldStatus]] = {}
            for h in self.holds(tx, unclear):
                states.setdefault(h.order_id, set()).add(h.status)
            committed.update(
                order_id for order_id, found in states.items() if found == {HoldStatus.COMMITTED}
            )
        return sorted(committed)

    def holds(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Sequence[Hold]:
        c = reservation.c
        rows = connection(tx).execute(
            sa.select(c.sku_id, c.order_id, c.quantity, c.status)
            .where(c.order_id.in_(order_ids))
            .order_by(c.order_id, c.sku_id)
        )
        return [
            Hold(
                sku_id=r.sku_id,
                order_id=r.order_id,
                quantity=r.quantity,
                status=HoldStatus(r.status),
            )
            for r in rows
        ]

    def audit(self, tx: Transaction, after: SkuId | None, limit: int) -> Sequence[StockAudit]:
        page = (
            sa.select(*_COUNTERS)
            .where(stock.c.location == _MAIN, stock.c.sku_id > (after or ""))
            .order_by(stock.c.sku_id)
            .limit(limit)
        )
        levels = [_level(row) for row in connection(tx).execute(page)]
        if not levels:
            return []
        m, r = stock_movement.c, reservation.c
        span = (levels[0].sku_id, levels[-1].sku_id)
        moves = (
            sa.select(m.sku_id, m.cause, sa.func.sum(m.quantity))
            .where(m.sku_id.between(*span))
            .group_by(m.sku_id, m.cause)
        )
        holds = (
            sa.select(r.sku_id, r.status, sa.func.sum(r.quantity))
            .where(r.sku_id.between(*span))
            .group_by(r.sku_id, r.status)
        )
        moved = Counter[tuple[str, bool]]()
        for sku_id, cause, total in connection(tx).execute(moves):
            moved[sku_id, cause == "order"] += int(total)
        held = {
            (sku_id, status): int(total) for sku_id, status, total in connection(tx).execute(holds)
        }
        return [
            StockAudit(
                level=x,
                moved=moved[x.sku_id, False] + moved[x.sku_id, True],
                received=moved[x.sku_id, False],
                held=held.get((x.sku_id, HoldStatus.HELD.value), 0),
                committed=held.get((x.sku_id, HoldStatus.COMMITTED.value), 0),
            )
            for x in levels
        ]

    def _end(
        self, tx: Transaction, order_ids: Sequence[OrderId], status: HoldStatus
    ) -> list[tuple[SkuId, OrderId, int]]:
        """End what is HELD for the orders; what it was, by SKU and order."""
        ended = _END.run(connection(tx), one_by_one(sorted(order_ids)), ending=status.value)
        return sorted((SkuId(r.sku_id), OrderId(r.order_id), r.quantity) for r in ended)

    def _count(
        self, tx: Transaction, deltas: Mapping[SkuId, tuple[int, int]], count: Given | None = None
    ) -> dict[SkuId, StockChange]:
        """Add to (on_hand, reserved) where the counters stay sound: one row per SKU, in the order
        of the SKUs.
        """
        changes: dict[SkuId, StockChange] = {}
        for row in (count or _COUNT).run(
            connection(tx), [(sku_id, *delta) for sku_id, delta in sorted(deltas.items())]
        ):
            level, (on_hand, reserved) = _level(row), deltas[row.sku_id]
            was = level.available - on_hand + reserved
            changes[level.sku_id] = StockChange(
                level=level, flipped=level.sellable and (was > 0) != (level.available > 0)
            )
        return changes


def _counting(d: Any) -> sa.Update:
    before = stock.c.on_hand - stock.c.reserved
    after = before + d.on_hand - d.reserved
    flips = sa.and_(
        stock.c.sellable, sa.or_(sa.and_(before > 0, after <= 0), sa.and_(before <= 0, after > 0))
    )
    return (
        sa.update(stock)
        .where(
            stock.c.sku_id == d.sku_id,
            stock.c.location == _MAIN,
            after >= 0,
            stock.c.reserved + d.reserved >= 0,
        )
        .values(
            on_hand=stock.c.on_hand + d.on_hand,
            reserved=stock.c.reserved + d.reserved,
            availability_version=stock.c.availability_version + sa.case((flips, 1), else_=0),
        )
    )


def _setting_sellable(d: Any) -> sa.Update:
    available = stock.c.on_hand > stock.c.reserved
    return (
        sa.update(stock)
        .where(
            stock.c.sku_id == d.sku_id, stock.c.location == _MAIN, stock.c.sellable != d.sellable
        )
        .values(
            sellable=d.sellable,
            availability_version=stock.c.availability_version + sa.case((available, 1), else_=0),
        )
    )


_DELTA: Final[Mapping[str, Any]] = {
    "sku_id": Id,
    "on_hand": sa.BigInteger(),
    "reserved": sa.BigInteger(),
}
_COUNT: Final = Given(lambda d: _counting(d).returning(*_COUNTERS), **_DELTA)
_COUNT_IF_SELLABLE: Final = Given(
    lambda d: _counting(d).where(stock.c.sellable).returning(*_COUNTERS), **_DELTA
)
_RECEIVED: Final = Given(
    lambda d: sa.select(
        stock_movement.c.sku_id, stock_movement.c.cause_ref, stock_movement.c.quantity
    ).where(
        stock_movement.c.sku_id == d.sku_id,
        stock_movement.c.location == d.location,
        stock_movement.c.cause == d.cause,
        stock_movement.c.cause_ref == d.reference,
    ),
    sku_id=Id,
    location=sa.Text(),
    cause=sa.Text(),
    reference=sa.Text(),
)
_SET_SELLABLE: Final = Given(
    lambda d: _setting_sellable(d).returning(*_COUNTERS), sku_id=Id, sellable=sa.Boolean()
)
_END: Final = Given(
    lambda d: (
        sa.update(reservation)
        .where(reservation.c.order_id == d.order_id, reservation.c.status == HoldStatus.HELD.value)
        .values(status=sa.bindparam("ending"))
        .returning(reservation.c.sku_id, reservation.c.order_id, reservation.c.quantity)
    ),
    order_id=Id,
)


def _level(row: Any) -> StockLevel:
    return StockLevel(
        sku_id=row.sku_id,
        on_hand=row.on_hand,
        reserved=row.reserved,
        sellable=bool(row.sellable),
        availability_version=row.availability_version,
    )


def _movement(
    sku_id: SkuId, cause: str, cause_ref: str, quantity: int, at: datetime
) -> dict[str, Any]:
    return {
        "sku_id": sku_id,
        "location": _MAIN,
        "cause": cause,
        "cause_ref": cause_ref,
        "quantity": quantity,
        "at": at,
    }
