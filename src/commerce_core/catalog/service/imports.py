"""Imports: files of items of any length, taken row by row, resumed after anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final

import attrs

from commerce_core.catalog.commands import NewItem
from commerce_core.catalog.errors import ImportNotFound, VariantInStock
from commerce_core.catalog.model import ImportFormat, ImportStatus, Item, ItemImport, Progress, RowError
from commerce_core.catalog.ports import ImportQueue, ItemBook
from commerce_core.catalog.service.compose import Composed, check, compose, replaced
from commerce_core.catalog.service.documents import normalized
from commerce_core.catalog.service.rows import Row, read_rows
from commerce_core.catalog.service.shelve import Shelf
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import legible, reader
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import IdFactory, ImportId, SellerId, is_id
from commerce_core.kernel.transaction import Database, Transaction

#: Bytes of one kept chunk of a file.
CHUNK: Final = 1 << 18
#: Errors that an import reports; later ones are only counted.
MOST_ERRORS: Final = 1_000
_LEASE: Final = timedelta(seconds=30)
_LATEST: Final = 64


class Imports:
    """Takes files in, and tells how far they have come."""

    def __init__(self, database: Database, queue: ImportQueue, clock: Clock, ids: IdFactory) -> None:
        self._db = database
        self._queue = queue
        self._clock = clock
        self._ids = ids

    def begin(self, seller_id: SellerId, format: ImportFormat, *, dry_run: bool = False) -> ItemImport:
        """A new import without bytes. With *dry_run* nothing is written, only looked at."""
        job = ItemImport(
            id=ImportId(self._ids.new()),
            seller_id=seller_id,
            format=format,
            dry_run=dry_run,
            status=ImportStatus.RECEIVING,
            created_at=self._clock.now(),
        )
        with self._db.begin() as tx:
            self._queue.drop_received_before(tx, job.created_at - timedelta(days=1))
            self._queue.insert(tx, job)
            tx.commit()
        return job

    def append(self, import_id: ImportId, no: int, data: bytes) -> None:
        """Keep chunk *no*: every one but the last has :data:`CHUNK` bytes."""
        with self._db.begin() as tx:
            self._queue.append(tx, import_id, no, data)
            tx.commit()

    def give_up(self, import_id: ImportId) -> None:
        """Forget an import whose bytes broke off. Idempotent; one whose bytes are all in goes on."""
        with self._db.begin() as tx:
            self._queue.drop_received(tx, import_id)
            tx.commit()

    def received(self, job: ItemImport) -> ItemImport:
        """All bytes are in: an importer may begin."""
        running = attrs.evolve(job, status=ImportStatus.RUNNING)
        with self._db.begin() as tx:
            self._queue.save(tx, running, None)
            tx.commit()
        return running

    def take(self, seller_id: SellerId, format: ImportFormat, data: Iterable[bytes], *, dry_run: bool = False) -> ItemImport:
        """Keep a whole file, given in pieces of any size."""
        job = self.begin(seller_id, format, dry_run=dry_run)
        try:
            for no, chunk in enumerate(chunks(data)):
                self.append(job.id, no, chunk)
        except BaseException:
            self.give_up(job.id)
            raise
        return self.received(job)

    def details(self, seller_id: SellerId, import_id: str) -> ItemImport:
        """How far the seller's own import has come.

        Raises:
            ImportNotFound: no such import, or somebody else's.
        """
        job = self.find(import_id)
        if job is None or job.seller_id != seller_id:
            raise ImportNotFound("there is no such import")
        return job

    def find(self, import_id: str) -> ItemImport | None:
        """An import, whoever's it is."""
        if not is_id(import_id):
            return None
        with self._db.snapshot() as tx:
            return self._queue.load(tx, ImportId(import_id))


class Importer:
    """Takes rows of waiting imports, a batch at a time. Any number may work on one database."""

    def __init__(
        self, database: Database, queue: ImportQueue, book: ItemBook, shelf: Shelf, clock: Clock, ids: IdFactory, currency: str
    ) -> None:
        self._db = database
        self._queue = queue
        self._book = book
        self._shelf = shelf
        self._clock = clock
        self._ids = ids
        self._read = reader(currency).read
        self._currency = currency

    def run_once(self, limit: int) -> int:
        """Take up to *limit* rows of the oldest waiting import; how many were taken, and 1 for its end.

        Rows and the place reached are kept in one transaction, so that dying anywhere loses and doubles nothing.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            job = self._queue.claim(tx, now, now + _LEASE)
            tx.commit()
        if job is None:
            return 0
        import_id = job.id
        rows = list(islice(read_rows(job.format, job.progress, lambda offset: self._fetch(import_id, offset)), limit))
        with self._db.begin() as tx:
            job = self._take(tx, job, rows)
            if len(rows) < limit:
                job = attrs.evolve(job, status=ImportStatus.FINISHED, finished_at=self._clock.now())
            if self._queue.save(tx, job, None):  # else somebody else has taken it over, and these very rows
                tx.commit()
        return len(rows) + (job.status is ImportStatus.FINISHED)

    def _fetch(self, import_id: ImportId, offset: int) -> bytes:
        with self._db.snapshot() as tx:
            chunk = self._queue.chunk(tx, import_id, offset // CHUNK)
        return chunk[offset % CHUNK :] if chunk else b""

    def _take(self, tx: Transaction, job: ItemImport, rows: Sequence[Row]) -> ItemImport:
        if not rows:
            return job
        batch = _Batch(rows)
        for row in rows:
            self._read_row(row, batch)
        self._refuse_repeated(tx, job, batch)
        known = self._book.by_sku(tx, [(job.seller_id, sku) for sku in batch.items])
        self._compose(job, batch, {sku: item for (_, sku), item in known.items()})
        if not job.dry_run:
            self._write(tx, batch)
        errors = (*job.errors, *batch.errors)
        truncated = job.progress.errors_truncated or len(errors) > MOST_ERRORS
        progress = attrs.evolve(batch.after(job.progress), errors_truncated=truncated)
        return attrs.evolve(job, progress=progress, errors=errors[:MOST_ERRORS])

    def _read_row(self, row: Row, batch: "_Batch") -> None:
        if row.data is None:
            batch.refuse(row.line, "", row.trouble)
            return
        document = normalized(row.data)
        try:
            new = self._read(document.data, NewItem)
            check(new, self._currency)
            if new.sku is None:
                raise Invalid.at("/sku", "is required in an import: it is what a row is known by")
        except Invalid as error:
            batch.refuse_all(row.line, error)
            return
        if new.sku in batch.items:
            batch.refuse(row.line, "/sku", f"stands on line {batch.items[new.sku].line} already")
        else:
            batch.items[new.sku] = _Wanted(row.line, new, document.source)

    def _refuse_repeated(self, tx: Transaction, job: ItemImport, batch: "_Batch") -> None:
        lines = {sku: wanted.line for sku, wanted in batch.items.items()}
        for sku, line in self._queue.note_skus(tx, job.id, lines).items():
            batch.refuse(batch.items.pop(sku).line, "/sku", f"stands on line {line} already")

    def _compose(self, job: ItemImport, batch: "_Batch", known: Mapping[str, Item]) -> None:
        now = self._clock.now()
        for sku, wanted in batch.items.items():
            item = known.get(sku)
            if item is None:
                batch.created.append(compose(wanted.new, job.seller_id, self._ids, now, wanted.source))
                continue
            try:
                composed = replaced(item, wanted.new, self._ids)
            except Invalid as error:
                batch.refuse_all(wanted.line, error)
                continue
            if composed.item == item:
                batch.unchanged += 1
            else:
                batch.changed.append((wanted.line, item, composed))

    def _write(self, tx: Transaction, batch: "_Batch") -> None:
        now = self._clock.now()
        self._shelf.add(tx, batch.created, {}, now)
        after = [c.item for c in batch.created]
        while batch.changed:
            try:
                after += self._shelf.change(tx, [(item, composed) for _, item, composed in batch.changed], now)
                break
            except VariantInStock as error:  # nothing was written: the forms that cannot go are looked for first
                batch.refuse_dropping(set(error.facts["variantIds"]))
        batch.latest = tuple((view.item.id, view.document_version) for view in self._shelf.views(tx, after[-_LATEST:]))


@attrs.frozen
class _Wanted:
    line: int
    new: NewItem
    source: Mapping[str, Any]


class _Batch:
    """What becomes of some rows."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.items: dict[str, _Wanted] = {}
        self.errors: list[RowError] = []
        self.created: list[Composed] = []
        self.changed: list[tuple[int, Item, Composed]] = []
        self.unchanged = 0
        self.latest: tuple[tuple[str, int], ...] = ()
        self._failed = 0

    def refuse(self, line: int, pointer: str, detail: str) -> None:
        """The row on *line* is not taken."""
        self.refuse_all(line, Invalid.at(pointer, detail))

    def refuse_all(self, line: int, error: Invalid) -> None:
        """The row on *line* is not taken, for every reason in *error*."""
        self.errors += [RowError(line=line, pointer=legible(p.pointer), detail=legible(p.detail)) for p in error.problems]
        self._failed += 1

    def refuse_dropping(self, variant_ids: set[str]) -> None:
        """The rows that would drop one of *variant_ids* are not taken."""
        for change in list(self.changed):
            line, before, composed = change
            kept = {v.sku_id for v in composed.item.variants}
            if any(v.variant_id in variant_ids for v in before.variants if v.sku_id not in kept):
                self.changed.remove(change)
                self.refuse(line, "/variants", "a variant that is in stock or held for orders is missing")

    def after(self, before: Progress) -> Progress:
        """The place reached, and the counts with this batch in them."""
        last = self._rows[-1]
        return attrs.evolve(
            before,
            offset=last.next_offset,
            line=last.next_line,
            header=last.header,
            rows=before.rows + len(self._rows),
            created=before.created + len(self.created),
            changed=before.changed + len(self.changed),
            unchanged=before.unchanged + self.unchanged,
            failed=before.failed + self._failed,
            latest=self.latest or before.latest,
        )


def chunks(data: Iterable[bytes]) -> Iterator[bytes]:
    """*data* cut anew into pieces of :data:`CHUNK` bytes, the last one shorter."""
    held = bytearray()
    for piece in data:
        held += piece
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)
