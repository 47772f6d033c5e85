"""The promises of what a model learns from, what counts for it, and what keeps it."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from commerce_core.kernel.ids import BuyerId, ItemId, JobId, OrderId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_core.recommendations.model import (
    Basket,
    Learning,
    LearntItem,
    Model,
    Neighbour,
    Purchase,
)


class CoPurchases(Protocol):
    """Counts what is bought together. Its memory is bounded by the number of items, never by that
    of baskets. Not to be shared between threads.
    """

    @abstractmethod
    def add(self, baskets: Sequence[Basket]) -> None:
        """Count *baskets*, each as its :meth:`~Basket.pieces`: the cost of a long one grows with
        its length and not with the square of it.
        """

    @abstractmethod
    def neighbours(self, most: int) -> Iterator[tuple[ItemId, Sequence[Neighbour]]]:
        """For each item that was counted, by id, up to *most* others that are bought with it, best
        first: the cosine of both over what was counted, by weight, ties by item id. It ends what
        was begun: nothing may be added any more.
        """


#: Begins to count what is bought together.
StartCounting = Callable[[], CoPurchases]


class PurchaseHistory(Protocol):
    """What was bought, read from the orders. Changes nothing."""

    @abstractmethod
    def completed(self, tx: Transaction, after: OrderKey | None, limit: int) -> Sequence[Purchase]:
        """Up to *limit* completed orders by buyer and order id behind *after* (``None``: from the
        first). A buyer's first is the one with the lowest id.
        """

    @abstractmethod
    def bought(
        self, tx: Transaction, buyer_id: BuyerId, limit: int
    ) -> Sequence[tuple[ItemId, datetime]]:
        """Up to *limit* items of a buyer's orders, each once, those bought last first, and when.
        Orders that are cancelled, or about to be, do not count, nor do those before the newest 500.
        """

    @abstractmethod
    def newest(self, tx: Transaction) -> OrderId | None:
        """The order with the highest id; ``None``: there is none yet."""

    @abstractmethod
    def count_behind(self, tx: Transaction, after: OrderId | None, limit: int) -> int:
        """How many orders have a higher id than *after* (``None``: all), counted up to *limit*."""


class RecommendationModels(Protocol):
    """Versions of the model: one serves while the next is built."""

    @abstractmethod
    def insert(self, tx: Transaction, model: Model) -> None:
        """Write down a model that is to be built. Idempotent: a known id stays as it stands."""

    @abstractmethod
    def load(self, tx: Transaction, model_id: JobId) -> Model | None:
        """The model as it stands."""

    @abstractmethod
    def newest(self, tx: Transaction) -> Model | None:
        """The model that was requested last, however it stands; ``None``: there is none."""

    @abstractmethod
    def current(self, tx: Transaction) -> Model | None:
        """The newest model that is READY: the one that serves."""

    @abstractmethod
    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> Model | None:
        """Take the oldest model that is not READY and that nobody holds a lease on; it is RUNNING,
        and its fence is raised. A lease holds at its end too; one that no clock could have given is
        void.
        """

    @abstractmethod
    def save(self, tx: Transaction, model: Model, lease_until: datetime | None) -> bool:
        """Write how far a model has come, if its fence is still the newest; whether it was."""

    @abstractmethod
    def write(self, tx: Transaction, model_id: JobId, items: Sequence[LearntItem]) -> None:
        """Keep what a model says of *items*; of one that is known it takes the place."""

    @abstractmethod
    def drop_items(self, tx: Transaction, model_id: JobId, limit: int) -> int:
        """Forget up to *limit* items of a model; how many. Idempotent."""

    @abstractmethod
    def outdated(self, tx: Transaction) -> Sequence[JobId]:
        """Models that are READY, older than the one that serves, and still have items; a few."""

    @abstractmethod
    def learnt(
        self, tx: Transaction, model_id: JobId, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, LearntItem]:
        """What a model says of each of *item_ids*; unknown ones are missing."""

    @abstractmethod
    def popular(
        self, tx: Transaction, model_id: JobId, limit: int
    ) -> Sequence[tuple[ItemId, float]]:
        """Up to *limit* of the most popular items and how popular they are, the most popular first,
        then by id, the highest first.
        """

    @abstractmethod
    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* models that were READY before *before* and have no items any more,
        never the newest of all nor the one that serves; how many. Idempotent.
        """


@attrs.frozen(kw_only=True)
class RecommendationParts:
    """What recommendations stand on."""

    history: PurchaseHistory
    models: RecommendationModels
    count: StartCounting | None = None
    """Without it recommendations go by popularity."""
    learning: Learning = attrs.field(factory=Learning)
