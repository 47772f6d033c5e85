"""What every import queue promises."""

from abc import abstractmethod
from datetime import datetime, timedelta

import attrs
import pytest

from commerce_core.catalog import (
    ImportFormat,
    ImportPhase,
    ImportQueue,
    ImportStatus,
    ItemImport,
    Progress,
    RowError,
    RowSum,
    SetAside,
    TableStyle,
)
from commerce_core.kernel.ids import ImportId, SellerId
from commerce_core.kernel.transaction import Database
from commerce_testkit.contracts.catalog import ANN, AT, BOB, LATER

ONE, TWO = ImportId("import-1"), ImportId("import-2")


def running(import_id: ImportId, at: datetime = AT) -> ItemImport:
    """An import whose bytes are all in."""
    return ItemImport(
        id=import_id,
        seller_id=ANN,
        format=ImportFormat.NDJSON,
        dry_run=False,
        status=ImportStatus.RUNNING,
        created_at=at,
    )


def full_import() -> ItemImport:
    """An import with a value in every place."""
    style = TableStyle(delimiter=";", decimal=",", sure=True, encoding="cp1252")
    progress = Progress(
        phase=ImportPhase.JOINING, style=style, set_aside=True, joined="S-9", offset=2**40, line=3,
        header=("sku", "näme"), rows=4, created=1, changed=2, unchanged=3, failed=4,
        errors_truncated=True,
        latest=(("item-1", 7), ("item-2", 8)),
    )  # fmt: skip
    errors = (
        RowError(line=2, pointer="/price", detail="is \N{GRINNING FACE}"),
        RowError(line=3, pointer="", detail="is no JSON"),
    )
    return ItemImport(
        id=TWO, seller_id=BOB, format=ImportFormat.CSV, dry_run=True, status=ImportStatus.FINISHED,
        progress=progress, errors=errors, warnings=errors[:1],
        style=style, created_at=AT, finished_at=LATER, fence=5,
    )  # fmt: skip


class ImportQueueContract:
    """Give ``database`` and ``queue``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def queue(self) -> ImportQueue:
        """The queue to examine."""

    def test_a_sellers_imports_are_listed_and_forgotten_with_their_bytes(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE), full_import())
        with database.begin() as tx:
            queue.append(tx, ONE, 0, b"text")
            assert queue.of_seller(tx, ANN, None, 9) == [running(ONE)]
            assert queue.of_seller(tx, ANN, ONE, 9) == []
            assert [queue.forget_of(tx, ANN, 9) for _ in range(2)] == [1, 0]
            assert (queue.load(tx, ONE), queue.chunk(tx, ONE, 0)) == (None, None)
            assert queue.load(tx, TWO) == full_import()
            assert not queue.save(tx, running(ONE), None)

    def test_a_sellers_latest_imports_come_newest_first(
        self, database: Database, queue: ImportQueue
    ) -> None:
        first, last = running(ONE), running(ImportId("import-3"), LATER)
        self._put(database, queue, first, full_import(), last)
        with database.snapshot() as tx:
            assert queue.latest(tx, ANN, None, 9) == [last, first]
            assert queue.latest(tx, ANN, None, 1) == [last]
            assert queue.latest(tx, ANN, last.id, 9) == [first]

    def _put(self, database: Database, queue: ImportQueue, *jobs: ItemImport) -> None:
        with database.begin() as tx:
            for job in jobs:
                queue.insert(tx, job)
            tx.commit()

    def test_an_import_comes_back_as_it_was_written(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE), full_import())
        with database.snapshot() as tx:
            assert (queue.load(tx, ONE), queue.load(tx, TWO), queue.load(tx, ImportId("no"))) == (
                running(ONE),
                full_import(),
                None,
            )

    def test_chunks_come_back_by_number(self, database: Database, queue: ImportQueue) -> None:
        self._put(database, queue, running(ONE), running(TWO))
        with database.begin() as tx:
            queue.append(tx, ONE, 0, bytes(range(256)))
            queue.append(tx, ONE, 1, b"")
            queue.append(tx, TWO, 0, b"two")
            tx.commit()
        with database.snapshot() as tx:
            assert [queue.chunk(tx, ONE, n) for n in (0, 1, 2)] == [bytes(range(256)), b"", None]
            assert queue.chunk(tx, TWO, 0) == b"two"

    def test_a_running_import_is_taken_its_fence_and_claims_raised(
        self, database: Database, queue: ImportQueue
    ) -> None:
        waiting = attrs.evolve(
            running(ImportId("import-0"), AT - timedelta(days=1)), status=ImportStatus.RECEIVING
        )
        over = attrs.evolve(
            full_import(), id=ImportId("import-9"), created_at=AT - timedelta(days=2)
        )
        self._put(database, queue, running(ONE), waiting, over)
        with database.begin() as tx:
            assert queue.claim(tx, AT, LATER) == attrs.evolve(running(ONE), fence=1, claims=1)
            assert queue.claim(tx, AT, LATER) is None
            assert queue.load(tx, ONE) == attrs.evolve(running(ONE), fence=1, claims=1)

    def test_the_imports_of_a_seller_are_taken_one_after_another(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE, LATER), running(TWO, AT))
        with database.begin() as tx:
            first = queue.claim(tx, AT, LATER)
            assert first is not None
            assert (first.id, queue.claim(tx, AT, LATER)) == (TWO, None)
            assert queue.save(tx, first, None)
            assert [job.id for job in (queue.claim(tx, AT, LATER),) if job] == [TWO]
            assert queue.cancel(tx, TWO, LATER)
            assert [job.id for job in (queue.claim(tx, AT, LATER),) if job] == [ONE]

    def test_sellers_are_served_in_turn(self, database: Database, queue: ImportQueue) -> None:
        bobs = attrs.evolve(running(TWO, LATER), seller_id=BOB)
        self._put(
            database,
            queue,
            running(ONE),
            running(ImportId("import-3")),
            running(ImportId("import-4")),
            bobs,
        )
        served: list[str] = []
        with database.begin() as tx:
            for _ in range(6):
                job = queue.claim(tx, LATER, LATER)
                assert job is not None
                served.append(job.seller_id)
                queue.save(tx, job, None)
        assert served == [ANN, BOB] * 3

    def test_claims_without_progress_are_counted(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE))
        with database.begin() as tx:
            jobs = [
                queue.claim(tx, AT + timedelta(hours=n), AT + timedelta(hours=n)) for n in range(3)
            ]
            assert [job.claims for job in jobs if job] == [1, 2, 3]
            assert jobs[2] is not None
            queue.save(tx, jobs[2], None)
            again = queue.claim(tx, AT, LATER)
            assert again is not None
            assert again.claims == 1

    def test_a_lease_is_renewed_by_whoever_holds_it(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE))
        with database.begin() as tx:
            held = queue.claim(tx, AT, AT)
            assert held is not None
            assert queue.renew(tx, held, LATER)
            assert queue.claim(tx, AT + timedelta(seconds=1), LATER) is None
            newer = queue.claim(tx, LATER + timedelta(seconds=1), LATER)
            assert newer is not None
            assert not queue.renew(tx, held, LATER + timedelta(days=1))
            assert not queue.renew(tx, running(ImportId("nothing")), LATER)

    def test_a_cancelled_import_is_over_and_no_claim_writes_to_it(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(
            database, queue, running(ONE), attrs.evolve(running(TWO), status=ImportStatus.RECEIVING)
        )
        with database.begin() as tx:
            held = queue.claim(tx, AT, LATER)
            assert held is not None
            queue.append(tx, ONE, 0, b"x")
            assert [queue.cancel(tx, i, LATER) for i in (ONE, ONE, TWO, ImportId("nothing"))] == [
                True,
                False,
                True,
                False,
            ]
            assert not queue.save(tx, held, None)
            job = queue.load(tx, ONE)
            assert job is not None
            assert (job.status, job.finished_at, queue.chunk(tx, ONE, 0)) == (
                ImportStatus.CANCELLED,
                LATER,
                None,
            )
            assert queue.claim(tx, LATER + timedelta(days=1), LATER) is None

    def test_the_open_imports_of_a_seller_are_listed_with_their_chunks(
        self, database: Database, queue: ImportQueue
    ) -> None:
        receiving = attrs.evolve(running(TWO), status=ImportStatus.RECEIVING)
        bobs = attrs.evolve(running(ImportId("import-3")), seller_id=BOB)
        over = attrs.evolve(full_import(), id=ImportId("import-4"), seller_id=ANN)
        self._put(database, queue, running(ONE), receiving, bobs, over)
        with database.begin() as tx:
            for no in range(3):
                queue.append(tx, ONE, no, b"x")
            assert queue.open_imports(tx, ANN) == {ONE: 3, TWO: 0}
            assert queue.open_imports(tx, SellerId("nobody")) == {}

    def test_a_lease_keeps_an_import_until_it_is_over_or_given_back(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE))
        with database.begin() as tx:
            held = queue.claim(tx, AT, LATER)
            assert queue.claim(tx, LATER, LATER) is None
            again = queue.claim(tx, LATER + timedelta(seconds=1), LATER + timedelta(seconds=2))
            assert held is not None
            assert again is not None
            assert again == attrs.evolve(held, fence=2, claims=2)
            assert queue.save(tx, again, None)
            third = queue.claim(tx, AT, LATER)
            assert third is not None
            assert third.fence == 3
            assert queue.save(tx, third, LATER)
            assert queue.claim(tx, AT, LATER) is None

    def test_only_the_newest_fence_writes(self, database: Database, queue: ImportQueue) -> None:
        self._put(database, queue, running(ONE))
        with database.begin() as tx:
            stale = queue.claim(tx, AT, AT)
            newest = queue.claim(tx, LATER, LATER)
            assert stale is not None
            assert newest is not None
            queue.append(tx, ONE, 0, b"kept")
            ended = attrs.evolve(stale, status=ImportStatus.FINISHED, progress=Progress(rows=99))
            assert not queue.save(tx, ended, None)
            assert queue.load(tx, ONE) == newest
            assert queue.chunk(tx, ONE, 0) == b"kept"
            further = attrs.evolve(
                newest, progress=full_import().progress, errors=full_import().errors
            )
            assert queue.save(tx, further, None)
            assert queue.load(tx, ONE) == attrs.evolve(further, claims=0)
            assert not queue.save(tx, running(ImportId("nothing")), None)

    def test_a_finished_import_forgets_its_bytes_and_stays_known(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE), running(TWO))
        with database.begin() as tx:
            for import_id in (ONE, TWO):
                queue.append(tx, import_id, 0, b"x")
                queue.note_skus(tx, import_id, {"A": RowSum(rows=2, size=1)})
                queue.set_aside(tx, import_id, [SetAside(sku="A", line=1, place=9, raw=b"x")])
            ended = attrs.evolve(running(ONE), status=ImportStatus.FINISHED, finished_at=LATER)
            assert queue.save(tx, ended, None)
            assert queue.load(tx, ONE) == ended
            assert (queue.chunk(tx, ONE, 0), queue.chunk(tx, TWO, 0)) == (None, b"x")
            assert [len(queue.several(tx, i, ["A"])) for i in (ONE, TWO)] == [0, 1]
            assert [len(queue.joined(tx, i, "", 9, 9)) for i in (ONE, TWO)] == [0, 1]

    def test_rows_and_bytes_of_skus_are_summed(
        self, database: Database, queue: ImportQueue
    ) -> None:
        self._put(database, queue, running(ONE), running(TWO))
        one = RowSum(rows=1, size=10)
        with database.begin() as tx:
            queue.note_skus(tx, ONE, {"B": one, "A": RowSum(rows=2, size=30)})
            queue.note_skus(tx, ONE, {"B": RowSum(rows=3, size=5), "C": one})
            queue.note_skus(tx, TWO, {"C": one})
            queue.note_skus(tx, ONE, {})
            assert queue.several(tx, ONE, ["C", "B", "A", "A", "nothing"]) == {
                "A": RowSum(rows=2, size=30),
                "B": RowSum(rows=4, size=15),
            }
            assert (queue.several(tx, TWO, ["A", "C"]), queue.several(tx, ONE, [])) == ({}, {})

    def test_rows_that_were_set_aside_come_back_by_item(
        self, database: Database, queue: ImportQueue
    ) -> None:
        def row(sku: str, line: int, size: int = 1) -> SetAside:
            return SetAside(sku=sku, line=1, place=line, raw=bytes([line]) * size)

        self._put(database, queue, running(ONE), running(TWO))
        with database.begin() as tx:
            queue.set_aside(tx, ONE, [row("B", 3), row("A", 9), row("C", 4, 50)])
            queue.set_aside(tx, ONE, [row("A", 2), row("B", 7), row("C", 5, 50)])
            queue.set_aside(tx, TWO, [row("A", 1)])
            queue.set_aside(tx, TWO, [])
            assert queue.joined(tx, ONE, "", 100, 1_000) == [
                row("A", 2),
                row("A", 9),
                row("B", 3),
                row("B", 7),
                row("C", 4, 50),
                row("C", 5, 50),
            ]
            assert queue.joined(tx, ONE, "", 5, 1_000) == [
                row("A", 2),
                row("A", 9),
                row("B", 3),
                row("B", 7),
            ]
            assert queue.joined(tx, ONE, "", 1, 1_000) == [row("A", 2), row("A", 9)]
            assert queue.joined(tx, ONE, "A", 100, 50) == [row("B", 3), row("B", 7)]
            assert queue.joined(tx, ONE, "B", 100, 1) == [row("C", 4, 50), row("C", 5, 50)]
            assert queue.joined(tx, ONE, "C", 100, 1_000) == []

    def test_an_import_that_is_given_up_while_its_bytes_come_in_is_forgotten(
        self, database: Database, queue: ImportQueue
    ) -> None:
        coming, other = (
            attrs.evolve(running(i), status=ImportStatus.RECEIVING) for i in (ONE, TWO)
        )
        whole = running(ImportId("import-3"))
        self._put(database, queue, coming, other, whole)
        with database.begin() as tx:
            for job in (coming, other, whole):
                queue.append(tx, job.id, 0, b"x")
            assert [
                queue.drop_received(tx, i) for i in (ONE, ONE, whole.id, ImportId("nothing"))
            ] == [True, False, False, False]
            assert [queue.load(tx, job.id) for job in (coming, other, whole)] == [
                None,
                other,
                whole,
            ]
            assert [queue.chunk(tx, job.id, 0) for job in (coming, other, whole)] == [
                None,
                b"x",
                b"x",
            ]

    def test_imports_whose_bytes_stopped_are_forgotten(
        self, database: Database, queue: ImportQueue
    ) -> None:
        stopped = attrs.evolve(running(ONE), status=ImportStatus.RECEIVING)
        coming = attrs.evolve(running(TWO, LATER), status=ImportStatus.RECEIVING)
        old = running(ImportId("import-3"))
        self._put(database, queue, stopped, coming, old)
        with database.begin() as tx:
            for job in (stopped, coming, old):
                queue.append(tx, job.id, 0, b"x")
            assert queue.drop_received_before(tx, LATER) == 1
            assert [queue.load(tx, job.id) for job in (stopped, coming, old)] == [None, coming, old]
            assert [queue.chunk(tx, job.id, 0) for job in (stopped, coming, old)] == [
                None,
                b"x",
                b"x",
            ]
            assert queue.drop_received_before(tx, LATER) == 0

    def test_imports_that_ended_long_ago_are_dropped_a_few_at_a_time(
        self, database: Database, queue: ImportQueue
    ) -> None:
        ended = [attrs.evolve(full_import(), id=ImportId(f"import-{n}")) for n in range(3)]
        late = attrs.evolve(
            full_import(), id=ImportId("late"), finished_at=LATER + timedelta(days=1)
        )
        at_work = running(ImportId("at-work"))
        self._put(database, queue, *ended, late, at_work)
        with database.begin() as tx:
            assert queue.drop_ended(tx, LATER, 10) == 0
            before = LATER + timedelta(microseconds=1)
            assert [queue.drop_ended(tx, before, 2) for _ in range(3)] == [2, 1, 0]
            assert [queue.load(tx, job.id) for job in ended] == [None, None, None]
            assert (queue.load(tx, late.id), queue.load(tx, at_work.id)) == (late, at_work)
