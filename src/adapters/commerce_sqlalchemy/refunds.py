"""Refunds in SQL, and what is left of each order's money."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_core.refunds import (
    LineSum,
    Origin,
    Refund,
    RefundAccount,
    RefundedLine,
    RefundPosition,
    RefundRepository,
    RefundState,
    RefundStats,
    RefundSums,
)
from commerce_sqlalchemy.keys import pairs
from commerce_sqlalchemy.messaging import leave_work
from commerce_sqlalchemy.payment_tables import (
    payment_line_sum,
    payment_refund,
    payment_refund_line,
    payment_sum,
)
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_many, insert_new
from commerce_sqlalchemy.tables import Id, Instant, gateway_fact
from commerce_sqlalchemy.transaction import connection

_C: Final = payment_refund.c
_S: Final = payment_sum.c
_L: Final = payment_refund_line.c
_P: Final = payment_line_sum.c
_F: Final = gateway_fact.c
_NOW: Final = sa.bindparam("now", type_=Instant())
_AT: Final = sa.bindparam("at", type_=Instant())
#: Spelled as the partial index spells it, so that every planner sees that it serves.
_DUE: Final = sa.and_(_C.next_at.is_not(None), _C.next_at <= _NOW)
_LISTED: Final = sa.text("attention")
_IS_OPEN: Final = sa.and_(
    _C.next_at.is_not(None), _C.state.in_([state.value for state in RefundState if state.is_open])
)
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
_OF_LINES: Final = Given(
    lambda g: (
        sa.select(payment_refund_line)
        .where(_L.buyer_id == g.buyer_id, _L.order_id == g.order_id)
        .order_by(_L.buyer_id, _L.order_id, _L.no, _L.line_no)
    ),
    256,
    buyer_id=Id,
    order_id=Id,
)
_RESERVE_LINES: Final = Given(
    lambda g: (
        sa.update(payment_line_sum)
        .where(_P.buyer_id == g.buyer_id, _P.order_id == g.order_id, _P.line_no == g.line_no)
        .where(_P.quantity + g.quantity <= _P.ordered, _P.given_minor + g.minor <= _P.total_minor)
        .values(quantity=_P.quantity + g.quantity, given_minor=_P.given_minor + g.minor)
        .returning(_P.line_no)
    ),
    buyer_id=Id,
    order_id=Id,
    line_no=sa.BigInteger(),
    quantity=sa.BigInteger(),
    minor=sa.BigInteger(),
)
_MAKE_DUE: Final = Given(
    lambda g: (
        sa.update(payment_refund)
        .where(_C.buyer_id == g.buyer_id, _C.order_id == g.order_id)
        # No condition: on few rows a planner would rather read the index of what is due.
        .values(next_at=sa.case((_C.next_at > _AT, _AT), else_=_C.next_at))
    ),
    buyer_id=Id,
    order_id=Id,
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

    def line_sums(self, tx: Transaction, key: OrderKey) -> Mapping[int, LineSum]:
        own = sa.select(payment_line_sum).where(
            _P.buyer_id == key.buyer_id, _P.order_id == key.order_id
        )
        return {
            row.line_no: LineSum(
                line_no=row.line_no, ordered=row.ordered, total=row.total_minor,
                quantity=row.quantity, given=row.given_minor,
            )
            for row in connection(tx).execute(own)
        }  # fmt: skip

    def reserve_lines(
        self, tx: Transaction, key: OrderKey, lines: Sequence[tuple[LineSum, RefundedLine]]
    ) -> bool:
        order = {"buyer_id": key.buyer_id, "order_id": key.order_id}
        nothing = {"quantity": 0, "given_minor": 0}
        opened = [
            {**order, "line_no": s.line_no, "ordered": s.ordered, "total_minor": s.total, **nothing}
            for s, _ in lines
        ]
        insert_if_new(connection(tx), payment_line_sum, opened)
        rows = sorted(
            (key.buyer_id, key.order_id, more.line_no, more.quantity, more.amount.minor)
            for _, more in lines
        )
        return len(_RESERVE_LINES.run(connection(tx), rows)) == len(rows)

    def insert(self, tx: Transaction, refund: Refund) -> None:
        if not insert_new(connection(tx), payment_refund, [_row(refund)], _C.no):
            raise StaleRead("the order has this refund meanwhile")
        lines = [
            {
                "buyer_id": refund.key.buyer_id, "order_id": refund.key.order_id,
                "no": refund.no, "line_no": line.line_no, "quantity": line.quantity,
                "amount_minor": line.amount.minor,
            }
            for line in refund.lines
        ]  # fmt: skip
        insert_many(connection(tx), payment_refund_line, lines)
        leave_work(tx)

    def by_cause(self, tx: Transaction, key: OrderKey, cause: str) -> Refund | None:
        own = sa.select(payment_refund).where(
            _C.buyer_id == key.buyer_id, _C.order_id == key.order_id, _C.cause == cause
        )
        row = connection(tx).execute(own).first()
        return self._with_lines(tx, [_refund(row)])[0] if row else None

    def of_orders(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[Refund]:
        found = [_refund(row) for row in _OF_ORDERS.run(connection(tx), pairs(keys))]
        return self._with_lines(tx, found)

    def _with_lines(self, tx: Transaction, found: Sequence[Refund]) -> Sequence[Refund]:
        lines: dict[tuple[str, int], list[RefundedLine]] = {}
        currencies = {refund.key.order_id: refund.amount.currency for refund in found}
        for row in _OF_LINES.run(connection(tx), pairs(refund.key for refund in found)):
            amount = Money(row.amount_minor, currencies[row.order_id])
            line = RefundedLine(line_no=row.line_no, quantity=row.quantity, amount=amount)
            lines.setdefault((row.order_id, row.no), []).append(line)
        return [
            attrs.evolve(refund, lines=tuple(lines.get((refund.key.order_id, refund.no), ())))
            for refund in found
        ]

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

    def stats(self, tx: Transaction, now: datetime, at_most: int) -> RefundStats:
        some = sa.select(_C.no).where(_LISTED).limit(at_most).subquery()
        counted = sa.select(sa.func.count()).select_from(some).scalar_subquery()
        longest = sa.select(_C.next_at).where(_DUE).order_by(_C.next_at).limit(1).scalar_subquery()
        row = connection(tx).execute(sa.select(longest, counted), {"now": now}).one()
        return RefundStats(due_since=row[0], listed=row[1])

    def gateways_in_use(self, tx: Transaction) -> Sequence[tuple[str, str]]:
        used = sa.select(_C.gateway, _C.gateway_account).where(_IS_OPEN).distinct()
        return [(gateway, account) for gateway, account in connection(tx).execute(used)]

    def make_due(self, tx: Transaction, keys: Sequence[OrderKey], at: datetime) -> None:
        _MAKE_DUE.run(connection(tx), pairs(keys), at=at)

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

    def revive(self, tx: Transaction, key: OrderKey, no: int, at: datetime) -> Refund | None:
        mine = sa.and_(_C.buyer_id == key.buyer_id, _C.order_id == key.order_id, _C.no == no)
        row = (
            connection(tx).execute(sa.select(payment_refund).where(mine).with_for_update()).first()
        )
        if row is None:
            return None
        was = _refund(row)
        anew = _row(attrs.evolve(was.again(at), fence=was.fence + 1))
        connection(tx).execute(sa.update(payment_refund).where(mine).values(**anew))
        leave_work(tx)
        return was

    def listed(
        self, tx: Transaction, before: RefundPosition | None, limit: int
    ) -> Sequence[Refund]:
        place = (_C.created_at, _C.order_id, _C.no)
        page = sa.select(payment_refund).where(_LISTED)
        if before is not None:
            behind = (
                sa.literal(before.at, Instant()), sa.literal(before.order_id, sa.Text()),
                sa.literal(before.no, sa.BigInteger()),
            )  # fmt: skip
            page = page.where(sa.tuple_(*place) < sa.tuple_(*behind))
        latest = page.order_by(*(column.desc() for column in place)).limit(limit)
        return [_refund(row) for row in connection(tx).execute(latest)]

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
