"""Judging recommendations by what people bought next."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import attrs

from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.recommendations.model import (
    MOST_BOUGHT,
    Learning,
    Neighbour,
    Purchase,
)
from commerce_core.recommendations.ports import StartCounting
from commerce_core.recommendations.service.learn import Learner
from commerce_core.recommendations.service.ranking import MOST_POPULAR, most_popular, personal

#: Items of a list that are looked at.
DEPTH: Final = 20
_RECENT: Final = timedelta(days=28)
_PAGE: Final = 1_000


@attrs.frozen(kw_only=True)
class Score:
    """How well lists did, on average over *buyers*: the share that had a hit, the share of what was
    bought that was listed, and how far in front.
    """

    hit_rate: float
    recall: float
    ndcg: float
    buyers: int


@attrs.frozen(kw_only=True)
class Evaluation:
    """The model and both baselines for buyers who were known, and the model for new ones."""

    model: Score
    popular: Score
    recent: Score
    new_buyers: Score


def evaluate(
    source: Callable[[], Iterable[Purchase]],
    until: datetime,
    count: StartCounting | None,
    learning: Learning,
) -> Evaluation:
    """Learn from the purchases of *source* before *until*, and judge by those from then on.

    It counts what a buyer had not bought before, of what was sold before. The source is gone
    through twice; kept are the buyers who are judged.
    """
    newly = _newly(source(), until)
    learner = Learner(until, learning, count)
    past = _Past(until, newly)
    before = (purchase for purchase in source() if purchase.at < until)
    for purchases in _pages(before):
        learner.add(purchases)
        past.add(purchases)
    known = {buyer: past.bought[buyer] for buyer in newly if buyer in past.bought}
    starts = {buyer: _latest(bought) for buyer, bought in known.items()}
    wanted = {item_id for start in starts.values() for item_id in start}
    neighbours: dict[ItemId, Sequence[Neighbour]] = {}
    popularity: dict[ItemId, float] = {}
    for item in learner.learnt():
        popularity[item.item_id] = item.popularity
        if item.item_id in wanted:
            neighbours[item.item_id] = item.neighbours
    popular = most_popular(popularity)[:MOST_POPULAR]

    def listed(buyer: BuyerId) -> Iterable[ItemId]:
        start = starts.get(buyer, ())
        return (found.item_id for found in personal(start, neighbours, popular, learning))

    def judged(buyers: Iterable[BuyerId], lists: Callable[[BuyerId], Iterable[ItemId]]) -> Score:
        sold = popularity.keys()
        return _score((newly[buyer] & sold, known.get(buyer, {}), lists(buyer)) for buyer in buyers)

    ever, lately = ([found for found, _ in most_popular(c)] for c in (past.ever, past.lately))
    return Evaluation(
        model=judged(known, listed),
        popular=judged(known, lambda _: ever),
        recent=judged(known, lambda _: lately),
        new_buyers=judged([buyer for buyer in newly if buyer not in known], listed),
    )


class _Past:
    """What judged buyers had bought, and how often each item was, ever and in the last weeks."""

    def __init__(self, until: datetime, judged: Mapping[BuyerId, object]) -> None:
        self._recent = until - _RECENT
        self._judged = judged
        self.bought: dict[BuyerId, dict[ItemId, datetime]] = {}
        self.ever: dict[ItemId, float] = {}
        self.lately: dict[ItemId, float] = {}

    def add(self, purchases: Sequence[Purchase]) -> None:
        for purchase in purchases:
            counts = [self.ever] + ([self.lately] if purchase.at >= self._recent else [])
            for item_id in purchase.items:
                for count in counts:
                    count[item_id] = count.get(item_id, 0) + 1
            if purchase.buyer_id in self._judged:
                bought = self.bought.setdefault(purchase.buyer_id, {})
                for item_id in purchase.items:
                    bought[item_id] = max(bought.get(item_id, purchase.at), purchase.at)


def _newly(purchases: Iterable[Purchase], until: datetime) -> dict[BuyerId, set[ItemId]]:
    """What each buyer bought from *until* on."""
    found: dict[BuyerId, set[ItemId]] = {}
    for purchase in purchases:
        if purchase.at >= until:
            found.setdefault(purchase.buyer_id, set()).update(purchase.items)
    return found


def _latest(bought: Mapping[ItemId, datetime]) -> list[ItemId]:
    latest = sorted(bought, key=lambda item_id: (bought[item_id], item_id), reverse=True)
    return latest[:MOST_BOUGHT]


def _pages(purchases: Iterator[Purchase]) -> Iterator[list[Purchase]]:
    while page := list(islice(purchases, _PAGE)):
        yield page


def _score(
    judged: Iterable[tuple[set[ItemId], Mapping[ItemId, object], Iterable[ItemId]]],
) -> Score:
    """The mean over (newly bought, bought before, list)."""
    buyers, sums = 0, [0.0, 0.0, 0.0]
    for newly, before, listed in judged:
        relevant = newly - before.keys()
        if not relevant:
            continue
        buyers += 1
        shown = islice((item_id for item_id in listed if item_id not in before), DEPTH)
        ranks = [rank for rank, item_id in enumerate(shown) if item_id in relevant]
        most = min(DEPTH, len(relevant))
        best = sum(_gain(rank) for rank in range(most))
        sums[0] += bool(ranks)
        sums[1] += len(ranks) / most
        sums[2] += sum(map(_gain, ranks)) / best
    hit_rate, recall, ndcg = (value / buyers if buyers else 0.0 for value in sums)
    return Score(hit_rate=hit_rate, recall=recall, ndcg=ndcg, buyers=buyers)


def _gain(rank: int) -> float:
    return 1 / math.log2(rank + 2)
