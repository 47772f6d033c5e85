"""What every queue of reindex requests promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.kernel.ids import JobId
from commerce_core.kernel.transaction import Database
from commerce_core.search import Reindex, ReindexQueue, ReindexStatus

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
LATER: Final = AT + timedelta(seconds=30)
LEAD: Final = timedelta(seconds=1)
OLD: Final = Reindex(id=JobId("job-2"), created_at=AT)
NEW: Final = Reindex(id=JobId("job-1"), created_at=LATER)


class ReindexQueueContract:
    """Give ``database`` and ``queue``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def queue(self) -> ReindexQueue:
        """The queue to examine."""

    @pytest.fixture(autouse=True)
    def _two_wishes(self, database: Database, queue: ReindexQueue) -> None:
        with database.begin() as tx:
            queue.insert(tx, NEW)
            queue.insert(tx, OLD)
            tx.commit()

    def test_a_job_comes_back_as_it_was_written(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        full = Reindex(
            id=JobId("job-3"),
            status=ReindexStatus.FINISHED,
            indexed=7,
            created_at=AT,
            finished_at=LATER,
            fence=4,
        )
        with database.begin() as tx:
            queue.insert(tx, full)
            assert (
                queue.load(tx, full.id),
                queue.load(tx, OLD.id),
                queue.load(tx, JobId("nothing")),
            ) == (full, OLD, None)

    def test_a_wish_that_is_written_twice_is_one_and_stays_as_it_stands(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        with database.begin() as tx:
            taken = queue.claim(tx, AT, LATER)
            queue.insert(tx, attrs.evolve(OLD, created_at=LATER))
            assert queue.load(tx, OLD.id) == taken

    def test_the_newest_wish_is_the_one_made_last_however_it_stands(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        last = Reindex(
            id=JobId("job-0"),
            status=ReindexStatus.FINISHED,
            created_at=LATER + timedelta(seconds=1),
        )
        with database.begin() as tx:
            assert queue.newest(tx) == NEW
            queue.insert(tx, last)
            assert queue.newest(tx) == last

    def test_the_oldest_unfinished_job_is_taken_runs_and_has_its_fence_raised(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        with database.begin() as tx:
            taken = queue.claim(tx, AT, LATER)
            assert taken == attrs.evolve(OLD, status=ReindexStatus.RUNNING, fence=1)
            assert queue.load(tx, OLD.id) == taken
            assert queue.claim(tx, AT, LATER) == attrs.evolve(
                NEW, status=ReindexStatus.RUNNING, fence=1
            )
            assert queue.claim(tx, AT, LATER) is None

    def test_a_lease_that_is_over_frees_a_running_job(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        with database.begin() as tx:
            queue.claim(tx, AT, LATER)
            queue.claim(tx, AT, LATER)
            assert queue.claim(tx, LATER, LATER) is None
            again = queue.claim(tx, LATER + timedelta(microseconds=1), LATER)
            assert again == attrs.evolve(OLD, status=ReindexStatus.RUNNING, fence=2)

    def test_a_lease_that_no_clock_could_have_given_is_void(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        with database.begin() as tx:
            for _ in range(2):
                queue.claim(tx, AT + timedelta(days=1), LATER + timedelta(days=1))
            again = queue.claim(tx, AT, LATER)
            assert again == attrs.evolve(OLD, status=ReindexStatus.RUNNING, fence=2)

    def test_only_the_newest_fence_writes(self, database: Database, queue: ReindexQueue) -> None:
        with database.begin() as tx:
            stale = queue.claim(tx, AT, AT)
            newest = queue.claim(tx, LATER, LATER)
            assert stale is not None
            assert newest is not None
            assert newest.id == stale.id
            assert not queue.save(tx, attrs.evolve(stale, indexed=5), None)
            assert queue.load(tx, OLD.id) == newest
            further = attrs.evolve(newest, indexed=6)
            assert queue.save(tx, further, LATER)
            assert queue.load(tx, OLD.id) == further

    def test_a_job_that_is_given_back_can_be_taken_and_a_finished_one_cannot(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        with database.begin() as tx:
            taken = queue.claim(tx, AT, LATER)
            assert taken is not None
            queue.save(tx, taken, None)
            again = queue.claim(tx, AT, LATER)
            assert again is not None
            assert (again.id, again.fence) == (OLD.id, 2)
            finished = attrs.evolve(again, status=ReindexStatus.FINISHED, finished_at=LATER)
            assert queue.save(tx, finished, None)
            assert queue.load(tx, OLD.id) == finished
            following = queue.claim(tx, AT, LATER)
            assert following is not None
            assert following.id == NEW.id
            assert queue.claim(tx, AT, LATER) is None

    def test_jobs_that_ended_long_ago_are_dropped_but_for_the_newest(
        self, database: Database, queue: ReindexQueue
    ) -> None:
        done: dict[str, Any] = {"status": ReindexStatus.FINISHED, "finished_at": LATER}
        old = [Reindex(id=JobId(f"done-{n}"), created_at=AT - LEAD, **done) for n in range(3)]
        newest = Reindex(id=JobId("newest"), created_at=LATER + LEAD, **done)
        with database.begin() as tx:
            for job in (*old, newest):
                queue.insert(tx, job)
            assert queue.drop_ended(tx, LATER, 10) == 0
            assert [queue.drop_ended(tx, LATER + LEAD, 2) for _ in range(3)] == [2, 1, 0]
            assert queue.newest(tx) == newest
            assert queue.load(tx, OLD.id) == OLD
