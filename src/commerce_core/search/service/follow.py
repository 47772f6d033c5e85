"""Keeping the index in step with the catalogue: event by event, or rebuilt from the beginning."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.catalog import ItemChanged, ItemRepository
from commerce_core.inventory import AvailabilityChanged, StockLedger
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import decode_event
from commerce_core.kernel.ids import IdFactory, ItemId, JobId, derived_id, is_id
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.kernel.transaction import Database
from commerce_core.search.model import Reindex, ReindexStatus
from commerce_core.search.ports import ReindexQueue, SearchIndex
from commerce_core.search.service.documents import documents_of, load_documents

_LEASE: Final = timedelta(seconds=30)
_TICK: Final = timedelta(microseconds=1)
_AUDIT_PAGE: Final = 500


class SearchIndexer(Consumer):
    """Follows the catalogue. An event only wakes it: what it writes is read from the catalogue, and
    guarded by its version.
    """

    def __init__(
        self,
        database: Database,
        items: ItemRepository,
        stock: StockLedger,
        index: SearchIndex,
        clock: Clock,
        note_lag: Callable[[timedelta], None],
    ) -> None:
        """*note_lag* is called with, for each change, the time between its commit and its being
        visible.
        """
        self._db = database
        self._items = items
        self._stock = stock
        self._index = index
        self._clock = clock
        self._note_lag = note_lag

    @property
    def name(self) -> str:
        return "search-indexer"

    @property
    def follows(self) -> Sequence[str]:
        return (ItemChanged.name, AvailabilityChanged.name)

    def handle(self, messages: Sequence[Message]) -> None:
        events = [decode_event(m.name, m.payload) for m in messages]
        item_ids = {e.item_id for e in events if isinstance(e, ItemChanged)}
        sku_ids = sorted({e.sku_id for e in events if isinstance(e, AvailabilityChanged)})
        with self._db.snapshot() as tx:
            if sku_ids:
                item_ids.update(self._items.owners_of(tx, sku_ids))
            documents = load_documents(tx, self._items, self._stock, sorted(item_ids))
        self._index.put(documents)
        now = self._clock.now()
        for message in messages:
            self._note_lag(now - message.occurred_at)


class Reindexer:
    """Builds a new index beside the one in use, from the catalogue, while writes go on; goes on
    where it was stopped.
    """

    def __init__(
        self,
        database: Database,
        items: ItemRepository,
        stock: StockLedger,
        index: SearchIndex,
        queue: ReindexQueue,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._db = database
        self._items = items
        self._stock = stock
        self._index = index
        self._queue = queue
        self._clock = clock
        self._ids = ids

    def request(self) -> Reindex:
        """Request a new index; a worker takes the job."""
        return self._enqueue(Reindex(id=JobId(self._ids.new()), created_at=self._clock.now()))

    def ensure(self) -> None:
        """Request a new index if the one in use is incomplete and none has been requested
        yet.

        However many processes check at the same moment, one is requested: the request is named
        after the last job that they saw before they read the index.
        """
        with self._db.snapshot() as tx:
            newest = self._queue.newest(tx)
        if newest is not None and newest.status is not ReindexStatus.FINISHED:
            return
        if self._index.needs_rebuild:
            now = self._clock.now()
            # Whatever this clock says, it is the newest then: else the one before would stay so,
            # and nothing be requested again.
            at = now if newest is None else max(now, newest.created_at + _TICK)
            self._enqueue(
                Reindex(
                    id=JobId(derived_id("reindex", newest.id if newest is not None else "")),
                    created_at=at,
                )
            )

    def _enqueue(self, job: Reindex) -> Reindex:
        with self._db.begin() as tx:
            self._queue.insert(tx, job)
            tx.commit()
        return job

    def find(self, job_id: str) -> Reindex | None:
        """How far a job has come."""
        if not is_id(job_id):
            return None
        with self._db.snapshot() as tx:
            return self._queue.load(tx, JobId(job_id))

    def run_once(self, limit: int) -> int:
        """Add up to *limit* items to the new index of the oldest job; how many, and 1 for the
        switch. 0: no job waits.

        Raises:
            SearchUnavailable: another process writes the index; the job waits for it.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            job = self._queue.claim(tx, now, now + _LEASE)
            tx.commit()
        if job is None:
            return 0
        last = self._index.begin_rebuild()
        with self._db.snapshot() as tx:
            items = self._items.page(tx, None, last, limit)
            documents = documents_of(tx, self._stock, items)
        self._index.rebuild(documents)
        finished = len(items) < limit
        if finished:
            self._index.finish_rebuild()
            job = attrs.evolve(job, status=ReindexStatus.FINISHED, finished_at=self._clock.now())
        with self._db.begin() as tx:
            self._queue.save(tx, attrs.evolve(job, indexed=job.indexed + len(items)), None)
            tx.commit()
        return len(items) + finished


class IndexAudit:
    """Compares the index with the catalogue (invariant L7)."""

    def __init__(
        self, database: Database, items: ItemRepository, stock: StockLedger, index: SearchIndex
    ) -> None:
        self._db = database
        self._items = items
        self._stock = stock
        self._index = index

    def stale(self) -> list[tuple[ItemId, int, int | None]]:
        """Items whose document has another version than the catalogue, seen twice with the same:
        *(item, expected, found)*.

        A difference that is on its way to being made good shows only once.
        """
        first = {row[0]: row for row in self._differences()}
        return [row for row in self._differences() if first.get(row[0]) == row] if first else []

    def _differences(self) -> list[tuple[ItemId, int, int | None]]:
        found: list[tuple[ItemId, int, int | None]] = []
        after: ItemId | None = None
        while True:
            with self._db.snapshot() as tx:
                items = self._items.page(tx, None, after, _AUDIT_PAGE)
                documents = documents_of(tx, self._stock, items)
            known = self._index.versions([d.item_id for d in documents])
            found += [
                (d.item_id, d.version, known.get(d.item_id))
                for d in documents
                if known.get(d.item_id) != d.version
            ]
            if len(items) < _AUDIT_PAGE:
                return found
            after = items[-1].id
