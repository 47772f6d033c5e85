"""Who gets what, in which order: pure functions, the same for a request and for its evaluation."""

from collections.abc import Mapping, Sequence

from commerce_core.kernel.ids import ItemId
from commerce_core.recommendations.model import Candidate, Learning, Neighbour, ReasonKind

#: Of the most popular items, those that a list may be made of.
MOST_POPULAR = 200


def personal(
    bought: Sequence[ItemId],
    neighbours: Mapping[ItemId, Sequence[Neighbour]],
    popular: Sequence[tuple[ItemId, float]],
    learning: Learning,
) -> list[Candidate]:
    """What suits somebody who has *bought* these, best first: the sum of what goes with each, in
    parts of the best, and a little of what is popular. Without *neighbours* what is popular.
    """
    sums: dict[ItemId, float] = {}
    strongest: dict[ItemId, tuple[float, ItemId]] = {}
    for item_id in bought:
        for near in neighbours.get(item_id, ()):
            sums[near.item_id] = sums.get(near.item_id, 0.0) + near.score
            if near.score > strongest.get(near.item_id, (0.0, item_id))[0]:
                strongest[near.item_id] = (near.score, item_id)
    best = max(sums.values(), default=1.0)
    share = learning.popular_weight if sums else 1.0
    scores = {item_id: score / best for item_id, score in sums.items()}
    for item_id, popularity in popular:
        scores[item_id] = scores.get(item_id, 0.0) + share * popularity
    return _ranked(
        [
            Candidate(item_id, score, ReasonKind.BECAUSE_YOU_BOUGHT, strongest[item_id][1])
            if item_id in strongest
            else Candidate(item_id, score, ReasonKind.POPULAR)
            for item_id, score in scores.items()
        ]
    )


def beside(item_id: ItemId, neighbours: Sequence[Neighbour]) -> list[Candidate]:
    """What is bought with an item, best first."""
    return _ranked(
        [
            Candidate(near.item_id, near.score, ReasonKind.BOUGHT_WITH, item_id)
            for near in neighbours
        ]
    )


def most_popular(popularity: Mapping[ItemId, float]) -> list[tuple[ItemId, float]]:
    """Items by how popular they are, the most popular first, then by id, the highest first."""
    return sorted(popularity.items(), key=lambda found: (found[1], found[0]), reverse=True)


def _ranked(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda found: (-found.score, found.item_id))
