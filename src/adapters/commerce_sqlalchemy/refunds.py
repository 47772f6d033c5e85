"""Refunds in SQL, and what is left of each order's money."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_core.refunds import (
    Origin,
    Refund,
    RefundAccount,
    RefundRepository,
    RefundState,
    RefundSums,
)
from commerce_sqlalchemy.keys import pairs
from commerce_sqlalchemy.messaging import leave_work
from commerce_sqlalchemy.payment_tables import payment_refund, payment_sum
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_new
from commerce_sqlalchemy.tables import Id, Instant, gateway_fact
from commerce_sqlalchemy.transaction import connection

_C: Final = payment_refund.c
_S: Final = payment_sum.c
_F: Final = gateway_fact.c
_NOW: Final = sa.bindparam("now", type_=Instant())
#: Spelled as the partial index spells it, so that every planner sees that it serves.
_DUE: Final = sa.and_(_C.next_at.is_not(None), _C.next_at <= _NOW)
_ANY_DUE: Final = sa.select(_C.no).where(_DUE).limit(1)
_LONGEST_DUE: Final = (
    sa.select(payment_refund)
    .where(_DUE)
    .order_by(_C.next_at)
    .limit(sa.bindparam("most", type_=sa.Integer()))
    .with_for_update(skip_locked=True)
)
_CLAIM: Final = Given(
    lambda g: (
        sa.update(payment_refund)
        .where(_C.buyer_id == g.buyer_id, _C.order_id == g.order_id, _C.no == g.no)
        .where(_C.fence == g.fence)
        .values(fence=_C.fence + 1, next_at=sa.bindparam("until", type_=Instant()))
        .returning(_C.buyer_id, _C.order_id, _C.no)
    ),
    buyer_id=Id,
    order_id=Id,
    no=sa.BigInteger(),
    fence=sa.BigInteger(),
)
_OF_ORDERS: Final = Given(
    lambda g: (
        sa.select(payment_refund)
        .where(_C.buyer_id == g.buyer_id, _C.order_id == g.order_id)
        .order_by(_C.buyer_id, _C.order_id, _C.no)
    ),
    256,
    buyer_id=Id,
    order_id=Id,
)
_RESERVE: Final = (
    sa.update(payment_sum)
    .where(
        _S.buyer_id == sa.bindparam("buyer"),
        _S.order_id == sa.bindparam("order"),
        _S.currency == sa.bindparam("money"),
        _S.given_minor + sa.bindparam("more", type_=sa.BigInteger()) <= _S.captured_minor,
    )
    .values(
        given_minor=_S.given_minor + sa.bindparam("more", type_=sa.BigInteger()),
        last_no=_S.last_no + 1,
    )
    .returning(_S.last_no)
)
_UNTIL: Final = sa.bindparam("held_until", type_=Instant())


class SqlRefundRepository(RefundRepository):
    """Refunds on SQLite and PostgreSQL: a row each, and one that their order's share. Its guard is
    a conditional update, and a constraint beside it.
    """

    def account(self, tx: Transaction, key: OrderKey, currency: str) -> RefundAccount:
        known = {"buyer": key.buyer_id, "order": key.order_id, "money": currency}
        opened = _opening(connection(tx).dialect.name)
        row = connection(tx).execute(opened, known).one()
        return RefundAccount(
            captured=Money(int(row.captured_minor), currency),
            given=Money(row.given_minor, currency),
        )

    def reserve(self, tx: Transaction, key: OrderKey, amount: Money) -> int | None:
        wanted = {
            "buyer": key.buyer_id,
            "order": key.order_id,
            "money": amount.currency,
            "more": amount.minor,
        }
        return connection(tx).execute(_RESERVE, wanted).scalar()

    def insert(self, tx: Transaction, refund: Refund) -> None:
        if not insert_new(connection(tx), payment_refund, [_row(refund)], _C.no):
            raise StaleRead("the order has this refund meanwhile")
        leave_work(tx)

    def by_cause(self, tx: Transaction, key: OrderKey, cause: str) -> Refund | None:
        own = sa.select(payment_refund).where(
            _C.buyer_id == key.buyer_id, _C.order_id == key.order_id, _C.cause == cause
        )
        row = connection(tx).execute(own).first()
        return _refund(row) if row else None

    def of_orders(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[Refund]:
        return [_refund(row) for row in _OF_ORDERS.run(connection(tx), pairs(keys))]

    def is_due(self, tx: Transaction, now: datetime) -> bool:
        return connection(tx).execute(_ANY_DUE, {"now": now}).first() is not None

    def claim(
        self, tx: Transaction, now: datetime, until: datetime, limit: int
    ) -> Sequence[Refund]:
        due = connection(tx).execute(_LONGEST_DUE, {"now": now, "most": limit}).all()
        mine = {(r.buyer_id, r.order_id, r.no): r for r in due}
        rows = sorted((*place, row.fence) for place, row in mine.items())
        claimed = {tuple(row) for row in _CLAIM.run(connection(tx), rows, until=until)}
        return [
            _refund(row, fence=row.fence + 1, next_at=until)
            for place, row in mine.items()
            if place in claimed
        ]

    def save(self, tx: Transaction, refund: Refund, until: datetime) -> bool:
        values = _row(refund)
        mine = [_C[name] == values.pop(name) for name in ("buyer_id", "order_id", "no", "fence")]
        next_at = sa.literal(values.pop("next_at"), Instant())
        stays = sa.case((_C.next_at < _UNTIL, _C.next_at), else_=next_at)
        written = sa.update(payment_refund).where(*mine).values(**values, next_at=stays)
        found = connection(tx).execute(written.returning(_C.no), {"held_until": until})
        return found.first() is not None

    def record_fact(self, tx: Transaction, refund: Refund, kind: str, at: datetime) -> None:
        fact = {
            "buyer_id": refund.key.buyer_id,
            "order_id": refund.key.order_id,
            "ref": refund.ref or "",
            "kind": kind,
            "amount_minor": refund.amount.minor,
            "currency": refund.amount.currency,
            "at": at,
        }
        insert_if_new(connection(tx), gateway_fact, [fact])

    def sums(self, tx: Transaction, after: OrderKey | None, limit: int) -> Sequence[RefundSums]:
        own = sa.and_(_C.buyer_id == _S.buyer_id, _C.order_id == _S.order_id)
        total = sa.select(sa.func.coalesce(sa.func.sum(_C.amount_minor), 0)).where(own)
        page = sa.select(payment_sum, total.scalar_subquery().label("refunds"))
        if after is not None:
            place = sa.tuple_(
                sa.literal(after.buyer_id, sa.Text()), sa.literal(after.order_id, sa.Text())
            )
            page = page.where(sa.tuple_(_S.buyer_id, _S.order_id) > place)
        rows = connection(tx).execute(page.order_by(_S.buyer_id, _S.order_id).limit(limit))
        return [
            RefundSums(
                key=OrderKey(row.buyer_id, row.order_id), currency=row.currency,
                captured=row.captured_minor, given=row.given_minor, refunds=int(row.refunds),
            )
            for row in rows
        ]  # fmt: skip

    def after(
        self, tx: Transaction, place: tuple[str, str, int] | None, limit: int
    ) -> Sequence[Refund]:
        page = sa.select(payment_refund).order_by(_C.buyer_id, _C.order_id, _C.no).limit(limit)
        if place is not None:
            buyer, order, no = place
            behind = (sa.literal(buyer, sa.Text()), sa.literal(order, sa.Text()), sa.literal(no))
            page = page.where(sa.tuple_(_C.buyer_id, _C.order_id, _C.no) > sa.tuple_(*behind))
        return [_refund(row) for row in connection(tx).execute(page)]


@lru_cache(maxsize=2)
def _opening(dialect: str) -> Any:
    """The row that an order's refunds share, made where it is missing and locked in any case, with
    what the facts say was captured.
    """
    buyer, order, money = (
        sa.bindparam("buyer", type_=Id),
        sa.bindparam("order", type_=Id),
        sa.bindparam("money", type_=sa.Text()),
    )
    captured = sa.select(
        sa.cast(sa.func.coalesce(sa.func.sum(_F.amount_minor), 0), sa.BigInteger())
    ).where(_F.buyer_id == buyer, _F.order_id == order, _F.kind == "capture", _F.currency == money)
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    filled = insert(payment_sum).values(
        buyer_id=buyer, order_id=order, currency=money,
        captured_minor=captured.scalar_subquery(), given_minor=0, last_no=0,
    )  # fmt: skip
    return filled.on_conflict_do_update(
        index_elements=["buyer_id", "order_id"],
        set_={"captured_minor": filled.excluded.captured_minor},
    ).returning(_S.captured_minor, _S.given_minor)


def _row(refund: Refund) -> dict[str, Any]:
    return {
        "buyer_id": refund.key.buyer_id, "order_id": refund.key.order_id, "no": refund.no,
        "origin": refund.origin.value, "cause": refund.cause, "digest": refund.digest,
        "actor": refund.actor, "reason": refund.reason, "amount_minor": refund.amount.minor,
        "currency": refund.amount.currency, "gateway": refund.gateway,
        "gateway_account": refund.account, "state": refund.state.value,
        "attempt": refund.attempt, "intended_at": refund.intended_at, "ref": refund.ref,
        "failure": refund.failure, "attention": refund.attention,
        "created_at": refund.created_at, "updated_at": refund.updated_at,
        "done_at": refund.done_at, "next_at": refund.next_at, "tries": refund.tries,
        "fence": refund.fence,
    }  # fmt: skip


def _refund(row: Any, **newer: Any) -> Refund:
    known: dict[str, Any] = {
        "fence": row.fence,
        "next_at": row.next_at,
    } | newer
    return Refund(
        key=OrderKey(row.buyer_id, row.order_id), no=row.no, origin=Origin(row.origin),
        cause=row.cause, digest=row.digest, actor=row.actor, reason=row.reason,
        amount=Money(row.amount_minor, row.currency), gateway=row.gateway,
        account=row.gateway_account, state=RefundState(row.state), attempt=row.attempt,
        intended_at=row.intended_at, ref=row.ref, failure=row.failure, attention=row.attention,
        created_at=row.created_at, updated_at=row.updated_at, done_at=row.done_at,
        tries=row.tries, **known,
    )  # fmt: skip
