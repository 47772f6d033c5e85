"""Learning a model of purchases, in memory that the number of items bounds."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from commerce_core.kernel.ids import ItemId
from commerce_core.recommendations.model import (
    MOST_NEIGHBOURS,
    Basket,
    Learning,
    LearntItem,
    Neighbour,
    Purchase,
)
from commerce_core.recommendations.ports import StartCounting

_DAY: Final = timedelta(days=1)


class Learner:
    """Learns from purchases as of a moment, in any order; then says what it has learnt. Without
    counting what is bought together, it is what is popular alone.
    """

    def __init__(self, as_of: datetime, learning: Learning, count: StartCounting | None) -> None:
        self._as_of = as_of
        self._learning = learning
        self._pairs = count() if count is not None else None
        self._popular: dict[ItemId, float] = {}
        self.orders = 0

    def add(self, purchases: Sequence[Purchase]) -> None:
        """Learn from *purchases*."""
        self.orders += len(purchases)
        for purchase in purchases:
            weight = self._weight(purchase, self._learning.popular_days)
            weight *= 1 + self._learning.first_order * purchase.is_first
            for item_id in purchase.items:
                self._popular[item_id] = self._popular.get(item_id, 0.0) + weight
        if self._pairs is not None:
            half_life = self._learning.half_life_days
            self._pairs.add([Basket(p.items, self._weight(p, half_life)) for p in purchases])

    def learnt(self) -> Iterator[LearntItem]:
        """Each item that was bought, with what was learnt of it. Ends the learning."""
        popularity = self._popularity()
        if self._pairs is None:
            nobody: tuple[Neighbour, ...] = ()
            for item_id in sorted(popularity):
                yield LearntItem(item_id=item_id, popularity=popularity[item_id], neighbours=nobody)
            return
        for item_id, near in self._pairs.neighbours(MOST_NEIGHBOURS):
            yield LearntItem(
                item_id=item_id, popularity=popularity[item_id], neighbours=tuple(near)
            )

    def _popularity(self) -> dict[ItemId, float]:
        """How popular each item is, in parts of the most popular."""
        best = max(self._popular.values(), default=0.0) or 1.0
        return {item_id: sum_ / best for item_id, sum_ in self._popular.items()}

    def _weight(self, purchase: Purchase, half_life_days: float) -> float:
        age = max(0.0, (self._as_of - purchase.at) / _DAY)
        return float(0.5 ** (age / half_life_days))
