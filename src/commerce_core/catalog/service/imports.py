"""Files of items taken in, whatever their length: kept until an importer has taken their rows."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.catalog.errors import ImportNotFound, TooManyImports
from commerce_core.catalog.model import (
    ImportFormat,
    ImportLimits,
    ImportStatus,
    ItemImport,
    TableStyle,
)
from commerce_core.catalog.ports import ImportQueue
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import IdFactory, ImportId, SellerId, check_user_id, is_id
from commerce_core.kernel.paging import BadCursor, Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database

#: Bytes of one kept chunk of a file.
CHUNK: Final = 1 << 18
_OWN: Final = "own-imports"
_ANY: Final = TableStyle()
_LIMITS: Final = ImportLimits()


class Imports:
    """Receives files, and reports their progress."""

    def __init__(
        self,
        database: Database,
        queue: ImportQueue,
        clock: Clock,
        ids: IdFactory,
        limits: ImportLimits = _LIMITS,
    ) -> None:
        self._db = database
        self._queue = queue
        self._clock = clock
        self._ids = ids
        self._limits = limits

    def begin(
        self,
        seller_id: SellerId,
        format: ImportFormat,
        *,
        dry_run: bool = False,
        style: TableStyle = _ANY,
    ) -> "Upload":
        """A new import, whose bytes are to come. With *dry_run* nothing is written, only checked.

        Raises:
            TooManyImports: the seller has as many that are not over as one may have.
            UnusableId: *seller_id* cannot be the id of a seller.
        """
        check_user_id(seller_id)
        job = ItemImport(
            id=ImportId(self._ids.new()),
            seller_id=seller_id,
            format=format,
            dry_run=dry_run,
            status=ImportStatus.RECEIVING,
            style=style,
            created_at=self._clock.now(),
        )
        with self._db.begin() as tx:
            self._queue.drop_received_before(tx, job.created_at - timedelta(days=1))
            if len(self._queue.open_imports(tx, seller_id)) >= self._limits.open_imports:
                raise TooManyImports(
                    f"at most {self._limits.open_imports} imports of one seller may be open"
                )
            self._queue.insert(tx, job)
            tx.commit()
        return Upload(job, self._db, self._queue, self._limits)

    def take(
        self,
        seller_id: SellerId,
        format: ImportFormat,
        data: Iterable[bytes],
        *,
        dry_run: bool = False,
        style: TableStyle = _ANY,
    ) -> ItemImport:
        """Keep a whole file, given in pieces of any size.

        Raises:
            Invalid, TooManyImports: as :meth:`begin` and :meth:`Upload.store`; nothing is kept.
        """
        upload = self.begin(seller_id, format, dry_run=dry_run, style=style)
        try:
            for piece in data:
                if upload.add(piece):
                    upload.store()
            return upload.finish()
        except BaseException:
            upload.give_up()
            raise

    def cancel(self, seller_id: SellerId, import_id: str) -> None:
        """Take no further row of the seller's own import and forget its bytes; what is taken stays.
        Idempotent.

        Raises:
            ImportNotFound: no such import, or another seller's.
        """
        job = self.details(seller_id, import_id)
        with self._db.begin() as tx:
            self._queue.cancel(tx, job.id, self._clock.now())
            tx.commit()

    def details(self, seller_id: SellerId, import_id: str) -> ItemImport:
        """How far the seller's own import has come.

        Raises:
            ImportNotFound: no such import, or another seller's.
        """
        job = self.find(import_id)
        if job is None or job.seller_id != seller_id:
            raise ImportNotFound("there is no such import")
        return job

    def own(self, seller_id: SellerId, cursor: str | None, size: int) -> Page[ItemImport]:
        """A page of the seller's own imports, the newest first.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before: ImportId | None = None
        if cursor is not None:
            (position,) = decode_cursor(_OWN, cursor, str)
            if not is_id(position):
                raise BadCursor("not a cursor of this list")
            before = ImportId(position)
        with self._db.snapshot() as tx:
            found = self._queue.latest(tx, seller_id, before, size + 1)
        return cut_page(_OWN, found, size, lambda one: (one.id,))

    def find(self, import_id: str) -> ItemImport | None:
        """An import of any seller."""
        if not is_id(import_id):
            return None
        with self._db.snapshot() as tx:
            return self._queue.load(tx, ImportId(import_id))


class Upload:
    """The bytes of an import as they arrive, in pieces of any size; they are stored in chunks of
    one size, on which importers count. For one caller at a time.

    :meth:`add` never waits, the others do. Whoever does not come to :meth:`finish` has to
    :meth:`give_up`.
    """

    def __init__(
        self, job: ItemImport, database: Database, queue: ImportQueue, limits: ImportLimits
    ) -> None:
        self.job: Final = job
        self._db = database
        self._queue = queue
        self._most = limits.stored_bytes
        self._held = bytearray()
        self._stored = 0

    def add(self, piece: bytes) -> bool:
        """Take *piece*; whether it is time to :meth:`store`."""
        self._held += piece
        return len(self._held) >= CHUNK

    def store(self) -> None:
        """Store the whole chunks that are here.

        Raises:
            Invalid: one of them is blank, which no file of items is.
            TooManyImports: the bytes kept of the seller's imports are as many as one may have.
        """
        while len(self._held) >= CHUNK:
            if not (chunk := bytes(self._held[:CHUNK])).strip():
                raise Invalid.at("", f"the file has more than {CHUNK} blanks one after another")
            self._append(chunk)
            del self._held[:CHUNK]

    def finish(self) -> ItemImport:
        """All bytes are in: an importer may begin.

        Raises:
            Invalid, TooManyImports: as :meth:`store`.
        """
        self.store()
        if self._held:
            self._append(bytes(self._held))
        running = attrs.evolve(self.job, status=ImportStatus.RUNNING)
        with self._db.begin() as tx:
            self._queue.save(tx, running, None)
            tx.commit()
        return running

    def give_up(self) -> None:
        """Forget an import whose bytes broke off. Idempotent; one that is finished goes on."""
        with self._db.begin() as tx:
            self._queue.drop_received(tx, self.job.id)
            tx.commit()

    def _append(self, chunk: bytes) -> None:
        with self._db.begin() as tx:
            chunks_kept = sum(self._queue.open_imports(tx, self.job.seller_id).values())
            if (chunks_kept + 1) * CHUNK > self._most:
                raise TooManyImports(f"at most {self._most} bytes of one seller's imports are kept")
            self._queue.append(tx, self.job.id, self._stored, chunk)
            tx.commit()
        self._stored += 1
