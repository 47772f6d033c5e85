"""Reindex requests, in memory."""

from datetime import datetime

import attrs

from commerce_core.kernel.ids import JobId
from commerce_core.kernel.transaction import Transaction
from commerce_core.search import Reindex, ReindexQueue, ReindexStatus
from commerce_testkit.memory.leases import unheld
from commerce_testkit.memory.transaction import table


class MemoryReindexQueue(ReindexQueue):
    """The queue in a dictionary: jobs with their leases."""

    def insert(self, tx: Transaction, job: Reindex) -> None:
        table(tx, "reindex").setdefault(job.id, (job, None))

    def newest(self, tx: Transaction) -> Reindex | None:
        jobs: list[Reindex] = [job for job, _ in table(tx, "reindex").values()]
        return max(jobs, key=lambda job: (job.created_at, job.id), default=None)

    def load(self, tx: Transaction, job_id: JobId) -> Reindex | None:
        found: tuple[Reindex, datetime | None] | None = table(tx, "reindex").get(job_id)
        return found[0] if found else None

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> Reindex | None:
        rows = table(tx, "reindex")
        waiting: list[Reindex] = [
            job
            for job, lease in rows.values()
            if job.status is not ReindexStatus.FINISHED and unheld(lease, now, lease_until)
        ]
        if not waiting:
            return None
        oldest = min(waiting, key=lambda job: (job.created_at, job.id))
        claimed = attrs.evolve(oldest, status=ReindexStatus.RUNNING, fence=oldest.fence + 1)
        rows[claimed.id] = (claimed, lease_until)
        return claimed

    def save(self, tx: Transaction, job: Reindex, lease_until: datetime | None) -> bool:
        known = self.load(tx, job.id)
        if known is None or known.fence != job.fence:
            return False
        table(tx, "reindex")[job.id] = (job, lease_until)
        return True

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        rows, newest = table(tx, "reindex"), self.newest(tx)
        jobs: list[Reindex] = [job for job, _ in rows.values()]
        ended = [
            job.id
            for job in jobs
            if job != newest and job.finished_at is not None and job.finished_at < before
        ]
        for job_id in ended[:limit]:
            del rows[job_id]
        return len(ended[:limit])
