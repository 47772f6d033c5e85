"""Building the next version of the model beside the one that serves."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

import attrs

from commerce_core.accounts import AccountRepository
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.ids import AccountId, IdFactory, JobId, derived_id, is_id
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import OrderKey
from commerce_core.recommendations.model import (
    LearntItem,
    Model,
    ModelStatus,
    Purchase,
)
from commerce_core.recommendations.ports import RecommendationParts
from commerce_core.recommendations.service.learn import Learner

T = TypeVar("T")

_LEASE: Final = timedelta(seconds=60)
#: Building may take a part of the time alone: the pause behind a model is so many times as long as
#: it took, within bounds.
_SHARE: Final = 20
_SHORTEST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)
#: Items that are written or dropped in one transaction.
_ITEMS: Final = 200


class ModelBuilder:
    """Builds models in any process, one at a time. Killed, it begins anew when its lease is over;
    meanwhile the model before serves.
    """

    def __init__(
        self,
        database: Database,
        parts: RecommendationParts,
        accounts: AccountRepository,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._db = database
        self._parts = parts
        self._history = parts.history
        self._models = parts.models
        self._accounts = accounts
        self._clock = clock
        self._ids = ids
        self._steps: Iterator[int] | None = None

    def request(self) -> Model:
        """Request a new model; a worker builds it."""
        return self._enqueue(JobId(self._ids.new()))

    def find(self, model_id: str) -> Model | None:
        """How far a model has come."""
        if not is_id(model_id):
            return None
        with self._db.snapshot() as tx:
            return self._models.load(tx, JobId(model_id))

    def freshness(self, most: int) -> tuple[Model | None, int]:
        """The model that serves, and how many orders were placed since it was begun, counted up to
        *most*.
        """
        with self._db.snapshot() as tx:
            model = self._models.current(tx)
            last = model.newest_order if model else None
            return model, self._history.count_behind(tx, last, most)

    def run_once(self, limit: int) -> int:
        """Go on with the model that is being built, by up to *limit* orders; how much was done. 0:
        there is nothing to build. To be called by one thread at a time.
        """
        if self._steps is None:
            self._ensure()
            self._steps = self._claimed(limit) or self._tidied()
        try:
            done = next(self._steps, 0)
        except BaseException:
            self._steps = None
            raise
        if not done:
            self._steps = None
        return done

    def _ensure(self) -> None:
        """Request a model if an order is new and the last model is old enough. However many
        processes look at the same moment, one is requested: it is named after the one before.
        """
        now = self._clock.now()
        with self._db.snapshot() as tx:
            newest = self._models.newest(tx)
            if newest is not None and not _is_over(newest, now):
                return
            if not self._history.count_behind(tx, newest.newest_order if newest else None, 1):
                return
        self._enqueue(JobId(derived_id("recommendations", newest.id if newest else "")))

    def _enqueue(self, model_id: JobId) -> Model:
        now = self._clock.now()
        with self._db.begin() as tx:
            newest = self._models.newest(tx)
            # Whatever this clock says, it is the newest then: else the one before would go on
            # serving.
            at = now if newest is None else max(now, newest.created_at + _TICK)
            self._models.insert(tx, Model(id=model_id, created_at=at))
            found = self._models.load(tx, model_id)
            tx.commit()
        assert found is not None
        return found

    def _claimed(self, limit: int) -> Iterator[int] | None:
        now = self._clock.now()
        with self._db.begin() as tx:
            model = self._models.claim(tx, now, now + _LEASE)
            tx.commit()
        return self._built(model, limit) if model is not None else None

    def _built(self, model: Model, limit: int) -> Iterator[int]:
        """Build *model*, a bounded part at a time."""
        yield from self._dropped(model.id)  # what a process that was killed has left
        with self._db.snapshot() as tx:
            model = attrs.evolve(model, newest_order=self._history.newest(tx), orders=0, items=0)
        learner = Learner(self._clock.now(), self._parts.learning, self._parts.count)
        for purchases in self._read(limit):
            learner.add(purchases)
            model = attrs.evolve(model, orders=learner.orders)
            self._keep(model)
            yield max(1, len(purchases))
        learnt = learner.learnt()
        while items := list(islice(learnt, _ITEMS)):
            model = attrs.evolve(model, items=model.items + len(items))
            self._keep(model, items)
            yield len(items)
        now = self._clock.now()
        self._keep(attrs.evolve(model, status=ModelStatus.READY, finished_at=now))
        yield 1

    def _read(self, limit: int) -> Iterator[Sequence[Purchase]]:
        """All completed orders by key, but for those of people who want to be left out."""
        after: OrderKey | None = None
        while True:
            with self._db.snapshot() as tx:
                page = self._history.completed(tx, after, limit)
                left_out = self._left_out(tx, page)
            if not page:
                return
            yield [purchase for purchase in page if purchase.buyer_id not in left_out]
            after = OrderKey(page[-1].buyer_id, page[-1].order_id)

    def _left_out(self, tx: Transaction, purchases: Sequence[Purchase]) -> set[str]:
        buyers = sorted({AccountId(purchase.buyer_id) for purchase in purchases})
        found = self._accounts.load(tx, buyers)
        return {account.id for account in found.values() if not account.personalised}

    def _keep(self, model: Model, items: Sequence[LearntItem] = ()) -> None:
        """Write how far *model* has come, and hold its lease for longer.

        Raises:
            TransactionLost: another process builds it by now.
        """
        over = model.status is ModelStatus.READY
        with self._db.begin() as tx:
            until = None if over else self._clock.now() + _LEASE
            if not self._models.save(tx, model, until):
                raise TransactionLost("another process builds the model by now")
            self._models.write(tx, model.id, items)
            tx.commit()

    def _tidied(self) -> Iterator[int]:
        """Forget the items of models that served before."""
        with self._db.snapshot() as tx:
            outdated = self._models.outdated(tx)
        for model_id in outdated:
            yield from self._dropped(model_id)

    def _dropped(self, model_id: JobId) -> Iterator[int]:
        while True:
            with self._db.begin() as tx:
                count = self._models.drop_items(tx, model_id, _ITEMS)
                tx.commit()
            if not count:
                return
            yield count


def _is_over(model: Model, now: datetime) -> bool:
    """Whether *model* is READY, and the pause behind it over."""
    if model.status is not ModelStatus.READY or model.finished_at is None:
        return False
    pause = _SHARE * (model.finished_at - model.created_at)
    return now - model.finished_at >= min(max(pause, _SHORTEST_PAUSE), _LONGEST_PAUSE)
