"""Reindex requests, in SQL."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import JobId
from commerce_core.kernel.transaction import Transaction
from commerce_core.search import Reindex, ReindexQueue, ReindexStatus
from commerce_sqlalchemy.leases import moments, unheld
from commerce_sqlalchemy.rows import insert_if_new
from commerce_sqlalchemy.tables import reindex
from commerce_sqlalchemy.transaction import connection


class SqlReindexQueue(ReindexQueue):
    """The queue on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, job: Reindex) -> None:
        row = {"id": job.id, "created_at": job.created_at, "fence": job.fence, "lease_until": None}
        insert_if_new(connection(tx), reindex, [row | _state_columns(job)])

    def newest(self, tx: Transaction) -> Reindex | None:
        row = (
            connection(tx)
            .execute(
                sa.select(reindex)
                .order_by(reindex.c.created_at.desc(), reindex.c.id.desc())
                .limit(1)
            )
            .first()
        )
        return _job(row) if row is not None else None

    def load(self, tx: Transaction, job_id: JobId) -> Reindex | None:
        row = connection(tx).execute(sa.select(reindex).where(reindex.c.id == job_id)).first()
        return _job(row) if row is not None else None

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> Reindex | None:
        at = moments(now, lease_until)
        oldest = connection(tx).execute(_OLDEST, at).first()
        if oldest is None:
            return None
        c = reindex.c
        taken = connection(tx).execute(
            sa.update(reindex)
            .where(c.id == oldest.id, c.fence == oldest.fence, _FREE)
            .values(status=ReindexStatus.RUNNING.value, fence=c.fence + 1, lease_until=lease_until)
            .returning(*c),
            at,
        )
        row = taken.first()
        return _job(row) if row is not None else None

    def save(self, tx: Transaction, job: Reindex, lease_until: datetime | None) -> bool:
        c = reindex.c
        saved = connection(tx).execute(
            sa.update(reindex)
            .where(c.id == job.id, c.fence == job.fence)
            .values(**_state_columns(job), lease_until=lease_until)
            .returning(c.id)
        )
        return saved.first() is not None

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        c = reindex.c
        newest = sa.select(c.id).order_by(c.created_at.desc(), c.id.desc()).limit(1)
        ended = (
            sa.select(c.id)
            .where(c.finished_at < before, c.id != newest.scalar_subquery())
            .limit(limit)
        )
        ids = connection(tx).execute(ended).scalars().all()
        if ids:
            connection(tx).execute(sa.delete(reindex).where(c.id.in_(ids)))
        return len(ids)


_FREE: Final = sa.and_(
    reindex.c.status != ReindexStatus.FINISHED.value, unheld(reindex.c.lease_until)
)
_OLDEST: Final = (
    sa.select(reindex.c.id, reindex.c.fence)
    .where(_FREE)
    .order_by(reindex.c.created_at, reindex.c.id)
    .limit(1)
)


def _state_columns(job: Reindex) -> dict[str, Any]:
    return {"status": job.status.value, "indexed": job.indexed, "finished_at": job.finished_at}


def _job(row: Any) -> Reindex:
    return Reindex(
        id=row.id,
        status=ReindexStatus(row.status),
        indexed=row.indexed,
        created_at=row.created_at,
        finished_at=row.finished_at,
        fence=row.fence,
    )
