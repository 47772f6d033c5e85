"""How far gateways' books are reconciled, and what in them belongs to no order, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.ledger import (
    LedgerRepository,
    Mark,
    Stranger,
    StrangerPosition,
    Sweep,
    Why,
)
from commerce_core.payment import Entry
from commerce_sqlalchemy.payment_tables import ledger_mark, payment_stranger
from commerce_sqlalchemy.rows import insert_if_new, insert_new
from commerce_sqlalchemy.tables import Instant
from commerce_sqlalchemy.transaction import connection

_M: Final = ledger_mark.c
_C: Final = payment_stranger.c
_OPEN: Final = _C.settled_at.is_(None)
_PLACE: Final = (_C.seen_at, _C.gateway, _C.ref)


class SqlLedgerRepository(LedgerRepository):
    """The ledger on SQLite and PostgreSQL: one row a mark, one row a stranger."""

    def claim(self, tx: Transaction, begin: Mark, now: datetime, until: datetime) -> Mark | None:
        insert_if_new(connection(tx), ledger_mark, [_mark_row(begin)])
        due = sa.and_(_is(begin), _M.next_at <= sa.literal(now, Instant()))
        taken = sa.update(ledger_mark).where(due).values(fence=_M.fence + 1, next_at=until)
        row = connection(tx).execute(taken.returning(*_M)).first()
        return _mark(row) if row else None

    def move(self, tx: Transaction, mark: Mark) -> bool:
        still = sa.and_(_is(mark), _M.fence == mark.fence)
        values = {"through": mark.through, "next_at": mark.next_at}
        moved = sa.update(ledger_mark).where(still).values(**values).returning(_M.fence)
        return connection(tx).execute(moved).first() is not None

    def marks(self, tx: Transaction) -> Sequence[Mark]:
        every = sa.select(ledger_mark).order_by(_M.gateway, _M.account, _M.sweep)
        return [_mark(row) for row in connection(tx).execute(every)]

    def keep(self, tx: Transaction, strangers: Sequence[Stranger]) -> int:
        rows = [_row(stranger) for stranger in sorted(strangers, key=lambda s: s.key)]
        return len(insert_new(connection(tx), payment_stranger, rows, _C.gateway, _C.ref))

    def strangers(
        self, tx: Transaction, before: StrangerPosition | None, limit: int
    ) -> Sequence[Stranger]:
        page = sa.select(payment_stranger).where(_OPEN)
        if before is not None:
            words = (sa.literal(before.gateway, sa.Text()), sa.literal(before.ref, sa.Text()))
            place = sa.tuple_(sa.literal(before.at, Instant()), *words)
            page = page.where(sa.tuple_(*_PLACE) < place)
        latest = page.order_by(*(column.desc() for column in _PLACE)).limit(limit)
        return [_stranger(row) for row in connection(tx).execute(latest)]

    def settle(self, tx: Transaction, key: tuple[str, str], at: datetime) -> bool | None:
        mine = sa.and_(_C.gateway == key[0], _C.ref == key[1])
        row = connection(tx).execute(sa.select(_C.settled_at).where(mine).with_for_update()).first()
        if row is None:
            return None
        if row.settled_at is None:
            connection(tx).execute(sa.update(payment_stranger).where(mine).values(settled_at=at))
        return row.settled_at is None

    def count(self, tx: Transaction, at_most: int) -> int:
        some = sa.select(_C.ref).where(_OPEN).limit(at_most)
        count = sa.select(sa.func.count()).select_from(some.subquery())
        return connection(tx).execute(count).scalar_one()


def _is(mark: Mark) -> "sa.ColumnElement[bool]":
    gateway, account, sweep = mark.key
    return sa.and_(_M.gateway == gateway, _M.account == account, _M.sweep == sweep)


def _mark_row(mark: Mark) -> dict[str, Any]:
    return {
        "gateway": mark.gateway, "account": mark.account, "sweep": mark.sweep.value,
        "through": mark.through, "next_at": mark.next_at, "fence": mark.fence,
    }  # fmt: skip


def _mark(row: Any) -> Mark:
    return Mark(
        gateway=row.gateway, account=row.account, sweep=Sweep(row.sweep), through=row.through,
        next_at=row.next_at, fence=row.fence,
    )  # fmt: skip


def _row(stranger: Stranger) -> dict[str, Any]:
    line = stranger.entry
    return {
        "gateway": stranger.gateway, "ref": line.ref, "account": stranger.account,
        "kind": line.kind, "reference": line.reference, "marked": line.order_id,
        "amount_minor": line.amount.minor, "currency": line.amount.currency, "at": line.at,
        "why": stranger.why.value, "seen_at": stranger.seen_at, "settled_at": None,
    }  # fmt: skip


def _stranger(row: Any) -> Stranger:
    line = Entry(
        order_id=row.marked, ref=row.ref, kind=row.kind, reference=row.reference, at=row.at,
        amount=Money(row.amount_minor, row.currency),
    )  # fmt: skip
    return Stranger(
        gateway=row.gateway, account=row.account, entry=line, why=Why(row.why),
        seen_at=row.seen_at,
    )  # fmt: skip
