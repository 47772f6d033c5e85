"""The notification repository in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import NotificationId
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications import (
    Bounce,
    Choices,
    Kind,
    ListPosition,
    Notification,
    NotificationRepository,
    PendingStats,
    Status,
)
from commerce_sqlalchemy.leases import NOW, moments, unheld
from commerce_sqlalchemy.rows import Given, insert_if_new
from commerce_sqlalchemy.tables import (
    Id,
    Instant,
    Json,
    UserId,
    bounced_address,
    notification,
    notification_choice,
    notification_since,
)
from commerce_sqlalchemy.transaction import connection

_C: Final = notification.c
#: So that the partial indexes are seen to fit.
_PENDING: Final = sa.text("notification.status = 'PENDING'")
_FAILED: Final = sa.text("notification.status = 'FAILED'")


@lru_cache(maxsize=8)  # every scrape of the figures asks for it
def _counted(at_most: int) -> "sa.Select[int, int, Any]":
    some = sa.select(_C.due_at, _C.reason).where(_PENDING).limit(at_most).subquery()
    fresh = sa.case((some.c.reason.is_(None), some.c.due_at))
    return sa.select(sa.func.count(), sa.func.count(some.c.reason), sa.func.min(fresh))


class SqlNotificationRepository(NotificationRepository):
    """Notifications on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, notifications: Sequence[Notification]) -> None:
        rows = [_row(n) | {"lease_until": None} for n in notifications]
        insert_if_new(connection(tx), notification, rows)

    def has_due(self, tx: Transaction, now: datetime) -> bool:
        return connection(tx).execute(_ANY_DUE, {"now": now}).first() is not None

    def claim(
        self, tx: Transaction, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[Notification]:
        at = moments(now, lease_until)
        found = [tuple(row) for row in connection(tx).execute(_DUE, {**at, "most": limit})]
        taken = _CLAIM.run(
            connection(tx),
            sorted(found),
            **at,
            lease_until=lease_until,
        )
        return [_notification(row) for row in sorted(taken, key=lambda row: (row.due_at, row.id))]

    def save(
        self, tx: Transaction, notifications: Sequence[Notification]
    ) -> Sequence[NotificationId]:
        rows = [[_row(n)[name] for name in _SAVED] for n in notifications]
        saved = {row.id for row in _SAVE.run(connection(tx), rows)}
        others = [(n.person, n.id) for n in notifications if n.id not in saved]
        kept = {row.id for row in _THERE.run(connection(tx), sorted(others))}
        return [NotificationId(one) for _, one in others if one not in kept]

    def load(
        self, tx: Transaction, person: str, ids: Sequence[NotificationId]
    ) -> Sequence[Notification]:
        mine = sa.select(notification).where(_C.person_id == person, _C.id.in_(ids))
        return [_notification(row) for row in connection(tx).execute(mine)]

    def history(
        self, tx: Transaction, person: str, before: ListPosition | None, limit: int
    ) -> Sequence[Notification]:
        listed = sa.select(notification).where(_C.person_id == person, _C.listed)
        if before is not None:
            here = sa.tuple_(sa.literal(before.at, Instant()), sa.literal(before.id, Id))
            listed = listed.where(sa.tuple_(_C.ended_at, _C.id) < here)
        newest = listed.order_by(_C.ended_at.desc(), _C.id.desc()).limit(limit)
        return [_notification(row) for row in connection(tx).execute(newest)]

    def mark_read(
        self, tx: Transaction, person: str, notification_id: NotificationId, at: datetime
    ) -> bool:
        mine = sa.and_(_C.person_id == person, _C.id == notification_id, _C.listed)
        read = sa.update(notification).where(mine)
        marked = read.values(read_at=sa.func.coalesce(_C.read_at, sa.literal(at, Instant())))
        return connection(tx).execute(marked.returning(_C.id)).first() is not None

    def about(self, tx: Transaction, subjects: Sequence[str]) -> Sequence[Notification]:
        rows = connection(tx).execute(sa.select(notification).where(_C.subject.in_(subjects)))
        return [_notification(row) for row in rows]

    def troubled(self, tx: Transaction, limit: int) -> Sequence[Notification]:
        waiting = (
            sa.select(notification)
            .where(_PENDING, _C.reason.is_not(None))
            .order_by(_C.due_at.desc())
            .limit(limit)
        )
        failed = sa.select(notification).where(_FAILED).order_by(_C.ended_at.desc()).limit(limit)
        rows = [row for one in (waiting, failed) for row in connection(tx).execute(one)]
        found = [_notification(row) for row in rows]
        return sorted(found, key=lambda n: (n.created_at, n.id), reverse=True)[:limit]

    def stuck(self, tx: Transaction, before: datetime, limit: int) -> Sequence[Notification]:
        rows = connection(tx).execute(
            sa.select(notification)
            .where(_PENDING, _C.due_at < before, _C.reason.is_(None))
            .order_by(_C.due_at)
            .limit(limit)
        )
        return [_notification(row) for row in rows]

    def pending(self, tx: Transaction, at_most: int) -> PendingStats:
        waiting, put_off, oldest = connection(tx).execute(_counted(at_most)).one()
        return PendingStats(waiting=waiting, put_off=put_off, oldest=oldest)

    def since(self, tx: Transaction) -> datetime | None:
        return connection(tx).execute(sa.select(sa.func.min(notification_since.c.at))).scalar()

    def ended(
        self, tx: Transaction, before: datetime, limit: int
    ) -> Sequence[tuple[str, NotificationId]]:
        ended = (
            sa.select(_C.person_id, _C.id)
            .where(_C.ended_at < before)
            .order_by(_C.ended_at)
            .limit(limit)
        )
        return [(row.person_id, row.id) for row in connection(tx).execute(ended)]

    def of_person(
        self, tx: Transaction, person: str, after: NotificationId | None, limit: int
    ) -> Sequence[Notification]:
        mine = sa.select(notification).where(_C.person_id == person)
        if after is not None:
            mine = mine.where(_C.id > after)
        rows = connection(tx).execute(mine.order_by(_C.id).limit(limit))
        return [_notification(row) for row in rows]

    def delete(self, tx: Transaction, keys: Sequence[tuple[str, NotificationId]]) -> None:
        _DELETE.run(connection(tx), sorted(keys))

    def choices(self, tx: Transaction, persons: Sequence[str]) -> Mapping[str, Choices]:
        c = notification_choice.c
        rows = connection(tx).execute(
            sa.select(notification_choice).where(c.person_id.in_(persons))
        )
        return {row.person_id: row.choices for row in rows}

    def choose(self, tx: Transaction, person: str, choices: Choices) -> None:
        c, row = notification_choice.c, {"person_id": person, "choices": choices}
        insert_if_new(connection(tx), notification_choice, [row])
        connection(tx).execute(
            sa.update(notification_choice).where(c.person_id == person).values(choices=choices)
        )

    def bounced(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Bounce]:
        c = bounced_address.c
        if not emails:
            return {}
        rows = connection(tx).execute(sa.select(bounced_address).where(c.email.in_(emails)))
        return {row.email: _bounce(row) for row in rows}

    def bounces(self, tx: Transaction, limit: int) -> Sequence[Bounce]:
        newest = sa.select(bounced_address).order_by(bounced_address.c.at.desc()).limit(limit)
        return [_bounce(row) for row in connection(tx).execute(newest)]

    def keep_bounces(self, tx: Transaction, bounces: Sequence[Bounce]) -> None:
        rows = [{"email": b.email, "reason": b.reason, "at": b.at} for b in bounces]
        insert_if_new(connection(tx), bounced_address, rows)

    def forget_bounce(self, tx: Transaction, email: str) -> bool:
        c = bounced_address.c
        gone = sa.delete(bounced_address).where(c.email == email).returning(c.email)
        return connection(tx).execute(gone).first() is not None

    def erase(self, tx: Transaction, person: str, emails: Sequence[str]) -> None:
        c = notification_choice.c
        connection(tx).execute(sa.delete(notification_choice).where(c.person_id == person))
        connection(tx).execute(
            sa.delete(bounced_address).where(bounced_address.c.email.in_(emails))
        )


def _row(n: Notification) -> dict[str, Any]:
    return {
        "person_id": n.person,
        "id": n.id,
        "kind": n.kind.value,
        "subject": n.subject,
        "facts": dict(n.facts),
        "address": n.address,
        "status": n.status.value,
        "created_at": n.created_at,
        "due_at": n.due_at,
        "until": n.until,
        "fence": n.fence,
        "attempts": n.attempts,
        "accepted_by": list(n.accepted_by),
        "title": n.title,
        "reason": n.reason,
        "listed": n.listed,
        "ended_at": n.ended_at,
        "read_at": n.read_at,
    }


def _notification(row: Any) -> Notification:
    return Notification(
        id=row.id,
        kind=Kind(row.kind),
        subject=row.subject,
        person=row.person_id,
        facts=row.facts,
        address=row.address,
        status=Status(row.status),
        created_at=row.created_at,
        due_at=row.due_at,
        until=row.until,
        fence=row.fence,
        attempts=row.attempts,
        accepted_by=tuple(row.accepted_by),
        title=row.title,
        reason=row.reason,
        listed=row.listed,
        ended_at=row.ended_at,
        read_at=row.read_at,
    )


def _bounce(row: Any) -> Bounce:
    return Bounce(email=row.email, reason=row.reason, at=row.at)


_ANY_DUE: Final = sa.select(_C.id).where(_PENDING, _C.due_at <= NOW).limit(1)
_DUE: Final = (
    sa.select(_C.person_id, _C.id, _C.fence)
    .where(_PENDING, _C.due_at <= NOW, unheld(_C.lease_until))
    .order_by(_C.due_at)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_CLAIM: Final = Given(
    lambda d: (
        sa.update(notification)
        .where(
            _C.person_id == d.person_id,
            _C.id == d.id,
            # Whatever ends one raises its fence first: one with this fence is pending still.
            _C.fence == d.fence,
            unheld(_C.lease_until),
        )
        .values(fence=_C.fence + 1, lease_until=sa.bindparam("lease_until", type_=Instant()))
        .returning(*_C)
    ),
    person_id=UserId,
    id=Id,
    fence=sa.BigInteger(),
)
_SAVED: Final = (
    "person_id", "id", "fence", "status", "due_at", "attempts", "accepted_by", "listed",
    "address", "title", "reason", "ended_at",
)  # fmt: skip
_SAVE: Final = Given(
    lambda d: (
        sa.update(notification)
        .where(_C.person_id == d.person_id, _C.id == d.id, _C.fence == d.fence)
        .values(
            status=d.status,
            due_at=d.due_at,
            attempts=d.attempts,
            accepted_by=d.accepted_by,
            listed=d.listed,
            address=d.address,
            title=d.title,
            reason=d.reason,
            ended_at=d.ended_at,
            lease_until=None,
        )
        .returning(_C.id)
    ),
    person_id=UserId,
    id=Id,
    fence=sa.BigInteger(),
    status=sa.Text(),
    due_at=Instant(),
    attempts=sa.BigInteger(),
    accepted_by=Json,
    listed=sa.Boolean(),
    address=sa.Text(),
    title=sa.Text(),
    reason=sa.Text(),
    ended_at=Instant(),
)
_THERE: Final = Given(
    lambda d: sa.select(_C.id).where(_C.person_id == d.person_id, _C.id == d.id),
    person_id=UserId,
    id=Id,
)
_DELETE: Final = Given(
    lambda d: sa.delete(notification).where(
        sa.tuple_(_C.person_id, _C.id).in_(sa.select(d.person_id, d.id))
    ),
    person_id=UserId,
    id=Id,
)
