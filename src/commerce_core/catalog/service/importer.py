"""Takes the rows of waiting imports, resumed after anything.

A file is gone through twice. First it is noted how many rows each SKU has; then rows are taken as
they come, but those of items whose other rows stand elsewhere are set aside, and joined when all
are in. So the order of rows decides nothing, and no more than a batch is in memory. A file of one
batch is taken at once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.catalog.commands import ItemRow
from commerce_core.catalog.errors import VariantInStock
from commerce_core.catalog.model import (
    ImportPhase,
    ImportStatus,
    Item,
    ItemImport,
    Progress,
    RowError,
    RowSum,
    SetAside,
)
from commerce_core.catalog.ports import ImportQueue, ItemRepository
from commerce_core.catalog.service.batch import Batch
from commerce_core.catalog.service.documents import known_as, normalized
from commerce_core.catalog.service.files import read_again, read_rows, skim_rows
from commerce_core.catalog.service.gather import (
    ItemOnLine,
    ItemRows,
    RowsRefused,
    check_row,
    combine_rows,
)
from commerce_core.catalog.service.imports import CHUNK
from commerce_core.catalog.service.item_writer import ItemWriter
from commerce_core.catalog.service.merge import changed, created, lost
from commerce_core.catalog.service.rows import Row
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.money import exponent
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Database, Transaction

_LEASE: Final = timedelta(seconds=30)
#: A lease is renewed when this much of it is gone.
_RENEWED_AFTER: Final = _LEASE / 3
#: Bytes of a file that are read for one batch, at least a row.
_BATCH_BYTES: Final = 1 << 20
#: Rows and bytes that one item may have in a file.
_MOST_ROWS: Final = 1_000
_MOST_BYTES: Final = 4 << 20
#: Claims without progress: from the third on rows are tried one by one, after the fifth the import
#: has failed.
_TOGETHER: Final = 2
_MOST_CLAIMS: Final = 5
_LATEST: Final = 64


class _Overtaken(Exception):
    """Another process has taken over the import, or it was cancelled."""


class Importer:
    """Takes rows of waiting imports, a batch at a time, sellers in turn. Any number may work on one
    database.
    """

    def __init__(
        self,
        database: Database,
        queue: ImportQueue,
        repo: ItemRepository,
        writer: ItemWriter,
        clock: Clock,
        ids: IdFactory,
        currency: str,
        notifier: Notifier,
    ) -> None:
        self._db = database
        self._notifier = notifier
        self._queue = queue
        self._repo = repo
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._read = reader(currency).read
        self._currency = currency
        self._places = exponent(currency)

    def run_once(self, limit: int) -> int:
        """Take up to *limit* rows of an import of the next seller; how many were read, and 1 at its
        end.

        Rows and the place reached are kept in one transaction, so that dying anywhere loses and
        doubles nothing.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            job = self._queue.claim(tx, now, now + _LEASE)
            tx.commit()
        if job is None:
            return 0
        if job.claims > _MOST_CLAIMS:
            return self._fail(job)
        limit = limit if job.claims <= _TOGETHER else 1
        try:
            if job.progress.phase is ImportPhase.JOINING:
                return self._join(job, limit)
            return self._advance(job, limit)
        except _Overtaken:
            return 0

    def _fail(self, job: ItemImport) -> int:
        error = RowError(
            line=job.progress.line,
            pointer="",
            detail=f"{_MOST_CLAIMS} attempts to go on from this line failed",
        )
        failed = attrs.evolve(
            job,
            status=ImportStatus.FAILED,
            finished_at=self._clock.now(),
            errors=(*job.errors, error),
        )
        with self._db.begin() as tx:
            self._keep(tx, failed)
            tx.commit()
        return 1

    # --- reading

    def _advance(self, job: ItemImport, limit: int) -> int:
        phase = job.progress.phase
        gathering = phase is ImportPhase.GATHERING
        read = self._rows(job, limit * (4 if gathering else 1), limit)
        with self._db.begin() as tx:
            if not gathering:
                job = self._take(tx, job, read)
            elif read.ended and len(read.rows) == read.count and job.progress.offset == 0:
                job = self._take_all(tx, job, read.rows)
            else:
                self._queue.note_skus(tx, job.id, read.sums)
                further = (
                    None if read.ended or read.last is None else _behind(job.progress, read.last)
                )
                job = attrs.evolve(job, progress=further or Progress(phase=ImportPhase.TAKING))
            self._keep(tx, job)
            tx.commit()
        return read.count + (job.status.is_over or job.progress.phase is not phase)

    def _rows(self, job: ItemImport, limit: int, most_kept: int) -> "_Read":
        lease = _Lease(self._db, self._queue, self._clock, job)
        gathering = job.progress.phase is ImportPhase.GATHERING
        # The rows themselves are wanted of a file of one batch alone.
        only_skus = gathering and job.progress.offset > 0
        read = skim_rows if only_skus else read_rows
        rows: list[Row] = []
        counts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        start = reached = job.progress.offset
        count, last, ended = 0, None, True
        for row in read(job.format, job.progress, lease.fetch, job.style, self._places):
            count, last = count + 1, row
            if len(rows) < most_kept and not only_skus:
                rows.append(row)
            if gathering and row.data is not None and (sku := known_as(row.data)):
                counts[sku] += 1
                sizes[sku] += row.next_offset - reached
            reached = row.next_offset
            if row.fatal:
                break
            if count >= limit or reached - start >= _BATCH_BYTES:
                ended = False
                break
        return _Read(rows, count, _sums(counts, sizes), last, ended)

    # --- taking

    def _take_all(self, tx: Transaction, job: ItemImport, rows: Sequence[Row]) -> ItemImport:
        batch = Batch()
        self._apply(tx, job, batch, self._by_item(rows, batch))
        return self._after(job, batch, rows[-1] if rows else None, ImportPhase.TAKING, over=True)

    def _take(self, tx: Transaction, job: ItemImport, read: "_Read") -> ItemImport:
        batch = Batch()
        rows = read.rows
        skus = [known_as(row.data) or "" if row.data is not None else "" for row in rows]
        here = Counter(filter(None, skus))
        several = self._queue.several(tx, job.id, sorted(here))
        complete: list[Row] = []
        aside: list[SetAside] = []
        for sku, row in zip(skus, rows, strict=True):
            total = several.get(sku)
            if total is None or total.rows == here[sku]:
                complete.append(row)
            elif total.rows > _MOST_ROWS or total.size > _MOST_BYTES:
                batch.refuse(
                    row.line,
                    "/sku",
                    f"one of more than {_MOST_ROWS} rows or {_MOST_BYTES} bytes for one item",
                )
            else:
                aside.append(SetAside(sku=sku, line=row.line, place=row.next_offset, raw=row.raw))
        self._queue.set_aside(tx, job.id, aside)
        self._apply(tx, job, batch, self._by_item(complete, batch))
        joining = job.progress.set_aside or bool(aside)
        phase = ImportPhase.JOINING if read.ended and joining else ImportPhase.TAKING
        job = self._after(job, batch, read.last, phase, over=read.ended and not joining)
        return attrs.evolve(job, progress=attrs.evolve(job.progress, set_aside=joining))

    def _join(self, job: ItemImport, limit: int) -> int:
        with self._db.begin() as tx:
            parts = self._queue.joined(tx, job.id, job.progress.joined, limit, _BATCH_BYTES)
            batch = Batch()
            rows = [
                read_again(job.format, part.line, part.raw, job.progress, self._places)
                for part in parts
            ]
            self._apply(tx, job, batch, self._by_item(rows, batch))
            job = self._after(job, batch, None, ImportPhase.JOINING, over=not parts)
            if parts:
                job = attrs.evolve(job, progress=attrs.evolve(job.progress, joined=parts[-1].sku))
            self._keep(tx, job)
            tx.commit()
        return len(parts) + job.status.is_over

    def _by_item(self, rows: Sequence[Row], batch: Batch) -> list[ItemRows]:
        """*rows* by item, in the order of their first lines; unreadable ones are refused."""
        read: dict[str, list[ItemOnLine]] = {}
        for row in rows:
            batch.warn(row.line, row.warning)
            if (on := self._item_on(row, batch)) is not None:
                read.setdefault(on.row.sku, []).append(on)
        items: list[ItemRows] = []
        for together in read.values():
            try:
                combined, repeated = combine_rows(together)
            except RowsRefused as refused:
                batch.refuse_item(refused.problems)
                continue
            for problem in repeated:
                batch.refuse(problem.line, problem.pointer, problem.detail)
            items.append(combined)
        return items

    def _item_on(self, row: Row, batch: Batch) -> ItemOnLine | None:
        if row.data is None:
            batch.refuse(row.line, row.pointer, row.reason)
            return None
        try:
            document = normalized(row.data)
            item = self._read(document.data, ItemRow)
            check_row(item, self._currency)
        except Invalid as error:
            batch.refuse_all(row.line, error)
            return None
        return ItemOnLine(row.line, item, document.source)

    # --- writing

    def _apply(
        self, tx: Transaction, job: ItemImport, batch: Batch, items: Sequence[ItemRows]
    ) -> None:
        if not items:
            return
        known = self._repo.by_sku(tx, [(job.seller_id, rows.sku) for rows in items])
        for rows in items:
            self._decide(job, batch, rows, known.get((job.seller_id, rows.sku)))
        if job.dry_run:
            self._preview(tx, batch)
        else:
            self._write(tx, batch)

    def _decide(self, job: ItemImport, batch: Batch, rows: ItemRows, item: Item | None) -> None:
        try:
            if item is None:
                batch.created.append(created(rows, job.seller_id, self._ids, self._clock.now()))
                return
            composed = changed(item, rows, self._ids)
        except RowsRefused as refused:
            batch.refuse_item(refused.problems)
            return
        if composed.item == item:
            batch.unchanged += 1
            return
        batch.changed.append((rows, item, composed))

    def _preview(self, tx: Transaction, batch: Batch) -> None:
        """Refuse what writing would refuse, and name what would be lost."""
        try:
            self._writer.check_dropped(
                tx, [(item, composed.item) for _, item, composed in batch.changed]
            )
        except VariantInStock as error:
            batch.refuse_dropping(error.sku_ids)
        for rows, item, composed in batch.changed:
            for problem in lost(item, composed.item):
                batch.warn(rows.line, problem.detail, problem.pointer)

    def _write(self, tx: Transaction, batch: Batch) -> None:
        now = self._clock.now()
        if batch.created:
            self._writer.add(tx, batch.created, {}, now)
        after = [c.item for c in batch.created]
        while batch.changed:
            try:
                after += self._writer.change(
                    tx, [(item, composed) for _, item, composed in batch.changed], now
                )
                break
            except VariantInStock as error:  # nothing was written
                # The items whose forms cannot go are left out.
                batch.refuse_dropping(error.sku_ids)
        batch.latest = tuple(
            (view.item.id, view.document_version)
            for view in self._writer.views(tx, after[-_LATEST:])
        )

    def _after(
        self, job: ItemImport, batch: Batch, last: Row | None, phase: ImportPhase, *, over: bool
    ) -> ItemImport:
        progress = job.progress if last is None else _behind(job.progress, last)
        job = batch.added_to(attrs.evolve(job, progress=attrs.evolve(progress, phase=phase)))
        return (
            attrs.evolve(job, status=ImportStatus.FINISHED, finished_at=self._clock.now())
            if over
            else job
        )

    def _keep(self, tx: Transaction, job: ItemImport) -> None:
        if not self._queue.save(tx, job, None):
            raise _Overtaken  # another process has taken it over, with these rows
        if job.status is ImportStatus.FINISHED and not job.dry_run:
            told = (job.id, job.seller_id, job.progress.counts)
            self._notifier.notify(tx, "import-finished", *told)


@attrs.frozen
class _Read:
    """The first rows from some place on; of all that were read their number, the sums by SKU, and
    the last one.
    """

    rows: Sequence[Row]
    count: int
    sums: Mapping[str, RowSum]
    last: Row | None
    ended: bool


class _Lease:
    """Renews itself while rows are read, so that no batch is longer than it."""

    def __init__(
        self, database: Database, queue: ImportQueue, clock: Clock, job: ItemImport
    ) -> None:
        self._db = database
        self._queue = queue
        self._clock = clock
        self._job = job
        self._since = clock.now()

    def fetch(self, offset: int) -> bytes:
        """The bytes of the file from *offset* to the end of a chunk."""
        self.renew()
        with self._db.snapshot() as tx:
            chunk = self._queue.chunk(tx, self._job.id, offset // CHUNK)
        return chunk[offset % CHUNK :] if chunk else b""

    def renew(self) -> None:
        """Renew it if a good part is gone.

        Raises:
            _Overtaken: another process has taken over the import.
        """
        now = self._clock.now()
        if now - self._since <= _RENEWED_AFTER:
            return
        with self._db.begin() as tx:
            if not self._queue.renew(tx, self._job, now + _LEASE):
                raise _Overtaken
            tx.commit()
        self._since = now


def _behind(progress: Progress, row: Row) -> Progress:
    return attrs.evolve(
        progress, offset=row.next_offset, line=row.next_line, header=row.header, style=row.style
    )


def _sums(counts: Mapping[str, int], sizes: Mapping[str, int]) -> Mapping[str, RowSum]:
    return {sku: RowSum(rows=count, size=sizes[sku]) for sku, count in counts.items()}
