"""Endpoints and deliveries in SQL.

Whoever adds deliveries or writes what became of them changes the rows of their endpoints first: so
both wait for one another, and no delivery stays behind without a time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_core.webhooks import (
    ClaimedEndpoint,
    DeliveryId,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointAudit,
    EndpointId,
    EndpointStatus,
    SendResults,
    WebhookDelivery,
    WebhookRepository,
    WebhookStats,
)
from commerce_sqlalchemy import webhook_rows as rows
from commerce_sqlalchemy.leases import NOW, moments, unheld
from commerce_sqlalchemy.messaging import leave_work
from commerce_sqlalchemy.rows import insert_new
from commerce_sqlalchemy.tables import webhook_delivery, webhook_endpoint
from commerce_sqlalchemy.transaction import connection
from commerce_sqlalchemy.webhook_rows import ACTIVE, D, E

_PENDING: Final = DeliveryStatus.PENDING.value
_GIVEN_UP: Final = "the endpoint was disabled"


class SqlWebhooks(WebhookRepository):
    """Endpoints and deliveries on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, endpoint: Endpoint, most: int) -> bool:
        owner = rows.owner_of(endpoint.seller_id)
        taken = sa.select(E.slot, E.id).where(E.owner == owner, E.slot.is_not(None))
        used = {row.slot: row.id for row in connection(tx).execute(taken)}
        if endpoint.id in used.values():
            return True
        free = next((slot for slot in range(most) if slot not in used), None)
        if free is None:
            return False
        row = {**rows.endpoint_row(endpoint), "slot": free, "waiting": 0, "fence": 0}
        if not insert_new(connection(tx), webhook_endpoint, [row], E.id):
            raise StaleRead("another endpoint was made meanwhile")
        return True

    def load(self, tx: Transaction, endpoint_id: EndpointId) -> Endpoint | None:
        found = self._endpoints(tx, E.id == endpoint_id, E.slot.is_not(None))
        return found[0] if found else None

    def of_owner(self, tx: Transaction, seller_id: SellerId | None) -> Sequence[Endpoint]:
        return self._endpoints(tx, E.owner == rows.owner_of(seller_id), E.slot.is_not(None))

    def update(self, tx: Transaction, endpoint: Endpoint) -> bool:
        before = sa.and_(E.id == endpoint.id, E.version == endpoint.version - 1)
        written = connection(tx).execute(
            sa.update(webhook_endpoint)
            .where(before, E.slot.is_not(None))
            .values(rows.endpoint_row(endpoint))
            .returning(E.id)
        )
        return written.scalar() is not None

    def disable(
        self, tx: Transaction, endpoint_id: EndpointId, because: DisabledBecause, at: datetime
    ) -> bool:
        disabled = connection(tx).execute(
            sa.update(webhook_endpoint)
            .where(E.id == endpoint_id, ACTIVE)
            .values(
                status=EndpointStatus.DISABLED.value, disabled_because=because.value, waiting=0,
                next_at=None, leave_alone=None, updated_at=at,
            )
            .returning(E.id)
        )  # fmt: skip
        if disabled.scalar() is None:
            return False
        given_up = {"status": DeliveryStatus.FAILED.value, "next_at": None, "finished_at": at}
        connection(tx).execute(
            sa.update(webhook_delivery)
            .where(D.endpoint_id == endpoint_id, D.status == _PENDING)
            .values(error=sa.func.coalesce(D.error, _GIVEN_UP), **given_up)
        )
        return True

    def delete(self, tx: Transaction, endpoint_id: EndpointId, at: datetime) -> None:
        connection(tx).execute(
            sa.update(webhook_endpoint)
            .where(E.id == endpoint_id)
            .values(
                status=EndpointStatus.DELETED.value, slot=None, url="", description="",
                next_at=None, fence=E.fence + 1, updated_at=at,
            )
        )  # fmt: skip

    def of_the_shop(self, tx: Transaction) -> tuple[Sequence[Endpoint], bool]:
        shop = rows.owner_of(None)
        of_seller = sa.select(sa.exists().where(ACTIVE, E.owner > shop))
        return (
            self._endpoints(tx, ACTIVE, E.owner == shop),
            bool(connection(tx).execute(of_seller).scalar()),
        )

    def of_sellers(self, tx: Transaction, seller_ids: Sequence[SellerId]) -> Sequence[Endpoint]:
        return self._endpoints(tx, ACTIVE, E.owner.in_(seller_ids)) if seller_ids else []

    def enqueue(
        self, tx: Transaction, deliveries: Sequence[WebhookDelivery], at: datetime, most: int
    ) -> Sequence[EndpointId]:
        waiting = self._locked(tx, sorted({each.endpoint_id for each in deliveries}))
        asked = Counter(each.endpoint_id for each in deliveries)
        full = {i for i, count in waiting.items() if count + asked[i] > most}
        taken = [d for d in deliveries if d.endpoint_id in waiting and d.endpoint_id not in full]
        new = insert_new(
            connection(tx), webhook_delivery, [rows.delivery_row(d) for d in taken],
            D.endpoint_id, D.subject,
        )  # fmt: skip
        if new:
            added = Counter(endpoint_id for endpoint_id, _ in new)
            rows.PROMOTE.run(connection(tx), sorted(set(new)), at=at)
            rows.COUNT.run(connection(tx), sorted(added.items()), at=at)
            leave_work(tx)
        return sorted(full)

    def claim(
        self, tx: Transaction, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[ClaimedEndpoint]:
        parameters = {**moments(now, lease_until), "most": limit}
        found = connection(tx).execute(_LONGEST_DUE, parameters).all()
        taken = rows.CLAIM.run(connection(tx), [tuple(row) for row in found], until=lease_until)
        return [ClaimedEndpoint(endpoint=rows.endpoint_of(r), fence=r.fence) for r in taken]

    def any_due(self, tx: Transaction, now: datetime, lease_until: datetime) -> bool:
        due = connection(tx).execute(_ANY_DUE, moments(now, lease_until))
        return due.first() is not None

    def due(
        self, tx: Transaction, most: Mapping[EndpointId, int], now: datetime
    ) -> Mapping[EndpointId, Sequence[WebhookDelivery]]:
        each = [
            sa.select(
                sa.select(webhook_delivery)
                .where(D.endpoint_id == endpoint_id, D.next_at.is_not(None), D.next_at <= now)
                .order_by(D.next_at, D.event_id)
                .limit(count)
                .subquery()
            )
            for endpoint_id, count in most.items()
        ]
        found: dict[EndpointId, list[WebhookDelivery]] = {}
        for row in connection(tx).execute(sa.union_all(*each)) if each else ():
            delivery = rows.delivery_of(row)
            found.setdefault(delivery.endpoint_id, []).append(delivery)
        return found

    def record(
        self, tx: Transaction, results: Sequence[SendResults], at: datetime
    ) -> Sequence[EndpointId]:
        claims = sorted(
            (r.claimed.endpoint.id, r.claimed.fence, r.leave_alone, r.failing_since)
            for r in results
        )
        held = {row.id for row in rows.LOCK_HELD.run(connection(tx), claims)}
        tried = [d for r in results if r.claimed.endpoint.id in held for d in r.deliveries]
        values = [
            (
                d.endpoint_id, d.id, d.status.value, d.attempts, d.first_at, d.next_at,
                d.answered, d.error, d.finished_at,
            )
            for d in tried
        ]  # fmt: skip
        written = rows.WRITE.run(connection(tx), values)
        over = Counter(row.endpoint_id for row in written if row.status != _PENDING)
        rows.PROMOTE.run(connection(tx), sorted({(d.endpoint_id, d.subject) for d in tried}), at=at)
        rows.SETTLE.run(connection(tx), [(each, over[each]) for each in sorted(held)])
        return sorted(held)

    def delivery(
        self, tx: Transaction, endpoint_id: EndpointId, delivery_id: DeliveryId
    ) -> WebhookDelivery | None:
        one = sa.select(webhook_delivery).where(D.endpoint_id == endpoint_id, D.id == delivery_id)
        row = connection(tx).execute(one).first()
        return rows.delivery_of(row) if row is not None else None

    def deliveries(
        self,
        tx: Transaction,
        endpoint_id: EndpointId,
        status: DeliveryStatus | None,
        before: tuple[datetime, DeliveryId] | None,
        limit: int,
    ) -> Sequence[WebhookDelivery]:
        wanted = sa.select(webhook_delivery).where(D.endpoint_id == endpoint_id)
        if status is not None:
            wanted = wanted.where(D.status == status.value)
        if before is not None:
            wanted = wanted.where(sa.tuple_(D.created_at, D.id) < before)
        newest = wanted.order_by(D.created_at.desc(), D.id.desc()).limit(limit)
        return [rows.delivery_of(row) for row in connection(tx).execute(newest)]

    def redeliver(
        self, tx: Transaction, delivery: WebhookDelivery, at: datetime, most: int
    ) -> bool:
        waiting = self._locked(tx, [delivery.endpoint_id])
        pending = delivery.status is DeliveryStatus.PENDING
        if not pending and waiting.get(delivery.endpoint_id, most) >= most:
            return False
        this = sa.and_(D.endpoint_id == delivery.endpoint_id, D.id == delivery.id)
        again = sa.update(webhook_delivery).where(this, D.status == delivery.status.value)
        if pending:
            again = again.where(D.next_at.is_not(None)).values(next_at=at)
        else:
            again = again.values(
                status=_PENDING, next_at=at, attempts=0, first_at=None, finished_at=None
            )
        changed = connection(tx).execute(again.returning(D.id)).scalar() is not None
        if changed:
            added = 0 if pending else 1
            rows.COUNT.run(connection(tx), [(delivery.endpoint_id, added)], at=at)
            leave_work(tx)
        return True

    def drop_finished(self, tx: Transaction, before: datetime, limit: int) -> int:
        deleted = (
            sa.select(E.id)
            .where(E.status == EndpointStatus.DELETED.value)
            .order_by(E.owner)
            .limit(limit)
        )
        gone = connection(tx).execute(deleted).scalars().all()
        dropped = self._drop(tx, D.endpoint_id.in_(gone), limit) if gone else 0
        if gone and dropped < limit:
            connection(tx).execute(sa.delete(webhook_endpoint).where(E.id.in_(gone)))
            dropped += len(gone)
        return dropped + self._drop(tx, D.finished_at < before, max(0, limit - dropped))

    def audit(
        self, tx: Transaction, after: EndpointId | None, limit: int
    ) -> Sequence[EndpointAudit]:
        some = rows.AUDIT.where(E.id > after) if after is not None else rows.AUDIT
        return [
            EndpointAudit(endpoint_id=r.id, said=r.said, waiting=r.waiting, stuck=r.stuck)
            for r in connection(tx).execute(some.limit(limit))
        ]

    def stats(self, tx: Transaction, at_most: int) -> WebhookStats:
        figures = sa.select(
            sa.func.coalesce(sa.func.sum(E.waiting), 0),
            sa.func.min(sa.case((E.leave_alone > E.next_at, E.leave_alone), else_=E.next_at)),
            sa.func.count(E.failing_since),
        ).where(ACTIVE)
        waiting, oldest, failing = connection(tx).execute(figures).one()
        disabled = sa.select(sa.func.count()).where(
            E.status == EndpointStatus.DISABLED.value,
            E.disabled_because != DisabledBecause.OWNER.value,
        )
        return WebhookStats(
            waiting=min(int(waiting), at_most),
            oldest_due=oldest,
            failing=failing,
            disabled=connection(tx).execute(disabled).scalar_one(),
        )

    def _endpoints(self, tx: Transaction, *which: Any) -> list[Endpoint]:
        found = sa.select(webhook_endpoint).where(*which).order_by(E.created_at, E.id)
        return [rows.endpoint_of(row) for row in connection(tx).execute(found)]

    def _locked(
        self, tx: Transaction, endpoint_ids: Sequence[EndpointId]
    ) -> Mapping[EndpointId, int]:
        """How many deliveries wait for those of the endpoints that are active, locked."""
        locked = (
            sa.select(E.id, E.waiting)
            .where(E.id.in_(endpoint_ids), ACTIVE)
            .order_by(E.id)
            .with_for_update()
        )
        return {row.id: row.waiting for row in connection(tx).execute(locked)}

    def _drop(self, tx: Transaction, which: "sa.ColumnElement[bool]", limit: int) -> int:
        some = sa.select(D.endpoint_id, D.id).where(which).limit(limit)
        keys = [tuple(row) for row in connection(tx).execute(some)] if limit else []
        if keys:
            connection(tx).execute(
                sa.delete(webhook_delivery).where(sa.tuple_(D.endpoint_id, D.id).in_(keys))
            )
        return len(keys)


_DUE: Final = sa.and_(
    ACTIVE,
    E.next_at <= NOW,
    sa.or_(E.leave_alone.is_(None), E.leave_alone <= NOW),
    unheld(E.lease_until),
)
_ANY_DUE: Final = sa.select(E.id).where(_DUE).limit(1)
_LONGEST_DUE: Final = (
    sa.select(E.id, E.fence)
    .where(_DUE)
    .order_by(E.next_at)
    .limit(sa.bindparam("most", type_=sa.Integer()))
    .with_for_update(skip_locked=True)
)
