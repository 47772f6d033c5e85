"""Scoring searches against the grades that people gave: pure functions over ranked ids."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

#: Grades by query id and product id: 0 irrelevant to 3 perfect.
Judgments = Mapping[str, Mapping[str, int]]


def judgments_of(rows: Iterable[Mapping[str, str]]) -> dict[str, dict[str, int]]:
    """Grades from rows with ``query_id``, ``product_id`` and ``grade``.

    Raises:
        KeyError, ValueError: a row lacks one of them, or its grade is no whole number.
    """
    grades: dict[str, dict[str, int]] = {}
    for row in rows:
        grades.setdefault(row["query_id"], {})[row["product_id"]] = int(row["grade"])
    return grades


def discounted_gain(grades: Iterable[int]) -> float:
    """Gain 2^grade - 1, divided by log2(rank + 1)."""
    return sum((2.0**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """How near the first *depth* of *ranked* come to the best order; what was not judged counts
    nothing.
    """
    ideal = discounted_gain(sorted(grades.values(), reverse=True)[:depth])
    return (
        discounted_gain(grades.get(found, 0) for found in ranked[:depth]) / ideal if ideal else 0.0
    )


def judged_only_ndcg(
    ranked: Sequence[str], grades: Mapping[str, int], depth: int = 10, pool: int = 1_000
) -> float:
    """The same, with what nobody judged left out of the first *pool*."""
    return ndcg([found for found in ranked[:pool] if found in grades], grades, depth)


def recall(ranked: Sequence[str], grades: Mapping[str, int], depth: int = 100) -> float:
    """The share of relevant products (grade 1 or more) within the first *depth*."""
    relevant = {product for product, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:depth])) / len(relevant) if relevant else 0.0


def scorable(judgments: Judgments) -> set[str]:
    """The queries for which there is something relevant to find."""
    return {
        query for query, grades in judgments.items() if any(grade > 0 for grade in grades.values())
    }


def mean(values: Iterable[float]) -> float:
    """The mean, 0 of nothing."""
    listed = list(values)
    return fmean(listed) if listed else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that *share* of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
