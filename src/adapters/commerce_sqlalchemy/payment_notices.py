"""What payment gateways have said by themselves, in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.transaction import Transaction
from commerce_core.payment import (
    KeptNotice,
    Notice,
    NoticePosition,
    NoticeRepository,
    NoticeState,
    NoticeStats,
)
from commerce_sqlalchemy.keys import among
from commerce_sqlalchemy.messaging import leave_work
from commerce_sqlalchemy.rows import Given, insert_new
from commerce_sqlalchemy.tables import Instant, payment_notice
from commerce_sqlalchemy.transaction import connection

_C: Final = payment_notice.c
_WAITS: Final = _C.state == sa.literal_column("'waiting'")
#: Computed: PostgreSQL would read the index of all that wait to find one of them.
_STILL_WAITS: Final = _C.state.concat(sa.literal_column("''")) == sa.literal_column("'waiting'")
_LISTED: Final = _C.state.in_([sa.literal_column("'strange'"), sa.literal_column("'unknown'")])
_NOW: Final = sa.bindparam("now", type_=Instant())
_DUE: Final = sa.and_(_WAITS, _C.next_at <= _NOW)
_ANY_DUE: Final = sa.select(_C.event_id).where(_DUE).limit(1)
_LONGEST_DUE: Final = (
    sa.select(payment_notice)
    .where(_DUE)
    .order_by(_C.next_at)
    .limit(sa.bindparam("most", type_=sa.Integer()))
    .with_for_update(skip_locked=True)
)
_PLACE: Final = sa.tuple_(_C.received_at, _C.gateway, _C.event_id)
_WRITE: Final = Given(
    lambda g: (
        sa.update(payment_notice)
        .where(_C.gateway == g.gateway, _C.event_id == g.event_id, _STILL_WAITS)
        .values(state=g.state, since=g.since, next_at=g.next_at, tries=g.tries, found=g.found)
        .returning(_C.event_id)
    ),
    gateway=sa.Text(),
    event_id=sa.Text(),
    state=sa.Text(),
    since=Instant(),
    next_at=Instant(),
    tries=sa.BigInteger(),
    found=sa.Text(),
)


class SqlNoticeRepository(NoticeRepository):
    """Notices on SQLite and PostgreSQL: one row each."""

    def insert(
        self, tx: Transaction, notices: Sequence[KeptNotice], raw: bytes
    ) -> Collection[tuple[str, str]]:
        rows = [_row(notice) | {"raw": raw} for notice in notices]
        new = insert_new(connection(tx), payment_notice, rows, _C.gateway, _C.event_id)
        if new:
            leave_work(tx)
        return {(gateway, event_id) for gateway, event_id in new}

    def is_due(self, tx: Transaction, now: datetime) -> bool:
        return connection(tx).execute(_ANY_DUE, {"now": now}).first() is not None

    def take(
        self, tx: Transaction, now: datetime, until: datetime, limit: int
    ) -> Sequence[KeptNotice]:
        due = [_kept(row) for row in connection(tx).execute(_LONGEST_DUE, _due(now, limit))]
        if due:
            mine = among(_C.gateway, _C.event_id, [notice.key for notice in due])
            connection(tx).execute(sa.update(payment_notice).where(mine).values(next_at=until))
        return due

    def save(self, tx: Transaction, notices: Sequence[KeptNotice]) -> None:
        rows = [
            (*n.key, n.state.value, n.since, n.next_at, n.tries, n.found)
            for n in sorted(notices, key=lambda n: n.key)
        ]
        _WRITE.run(connection(tx), rows)

    def revive(self, tx: Transaction, key: tuple[str, str], at: datetime) -> NoticeState | None:
        mine = sa.and_(_C.gateway == key[0], _C.event_id == key[1])
        found = sa.select(_C.state).where(mine).with_for_update()
        state = connection(tx).execute(found).scalar()
        if state is None:
            return None
        anew = {"state": NoticeState.WAITING.value, "since": at, "next_at": at, "tries": 0}
        connection(tx).execute(sa.update(payment_notice).where(mine, _LISTED).values(**anew))
        leave_work(tx)
        return NoticeState(state)

    def listed(
        self,
        tx: Transaction,
        state: NoticeState | None,
        before: NoticePosition | None,
        limit: int,
    ) -> Sequence[KeptNotice]:
        page = sa.select(payment_notice).where(_LISTED)
        if state is not None:
            page = page.where(_C.state == state.value)
        if before is not None:
            words = (sa.literal(before.gateway, sa.Text()), sa.literal(before.event_id, sa.Text()))
            place = sa.tuple_(sa.literal(before.at, _C.received_at.type), *words)
            page = page.where(place > _PLACE)
        latest = page.order_by(_C.received_at.desc(), _C.gateway.desc(), _C.event_id.desc())
        return [_kept(row) for row in connection(tx).execute(latest.limit(limit))]

    def after(
        self, tx: Transaction, key: tuple[str, str] | None, limit: int
    ) -> Sequence[KeptNotice]:
        page = sa.select(payment_notice).order_by(_C.gateway, _C.event_id).limit(limit)
        if key is not None:
            place = sa.tuple_(*(sa.literal(word, sa.Text()) for word in key))
            page = page.where(sa.tuple_(_C.gateway, _C.event_id) > place)
        return [_kept(row) for row in connection(tx).execute(page)]

    def blank(self, tx: Transaction, before: datetime, limit: int) -> int:
        old = sa.select(_C.gateway, _C.event_id).where(_C.raw.is_not(None), _C.received_at < before)
        rows = connection(tx).execute(old.order_by(_C.received_at).limit(limit))
        keys = [(row.gateway, row.event_id) for row in rows]
        if keys:
            some = among(_C.gateway, _C.event_id, keys)
            connection(tx).execute(sa.update(payment_notice).where(some).values(raw=sa.null()))
        return len(keys)

    def stats(self, tx: Transaction, at_most: int) -> NoticeStats:
        waiting = sa.select(_C.received_at).where(_WAITS).order_by(_C.next_at).limit(at_most)
        some = waiting.subquery()
        count = sa.select(sa.func.count(), sa.func.min(some.c.received_at))
        number, oldest = connection(tx).execute(count).one()
        listed = [_counted(state, at_most) for state in (NoticeState.STRANGE, NoticeState.UNKNOWN)]
        strange, unknown = connection(tx).execute(sa.select(listed[0], listed[1])).one()
        return NoticeStats(waiting=number, oldest=oldest, strange=strange, unknown=unknown)


def _counted(state: NoticeState, at_most: int) -> "sa.ScalarSelect[int]":
    some = sa.select(_C.event_id).where(_LISTED, _C.state == state.value).limit(at_most)
    return sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()


def _due(now: datetime, limit: int) -> Mapping[str, Any]:
    return {"now": now, "most": limit}


def _row(kept: KeptNotice) -> dict[str, Any]:
    notice = kept.notice
    return {
        "gateway": kept.gateway, "event_id": notice.event_id, "type": notice.type,
        "account": notice.account, "reference": notice.reference, "marked": notice.order_id,
        "state": kept.state.value, "received_at": kept.received_at, "since": kept.since,
        "next_at": kept.next_at, "tries": kept.tries, "found": kept.found,
    }  # fmt: skip


def _kept(row: Any) -> KeptNotice:
    notice = Notice(
        event_id=row.event_id,
        type=row.type,
        account=row.account,
        reference=row.reference,
        order_id=row.marked,
    )
    return KeptNotice(
        gateway=row.gateway, notice=notice, state=NoticeState(row.state),
        received_at=row.received_at, since=row.since, next_at=row.next_at, tries=row.tries,
        found=row.found,
    )  # fmt: skip
