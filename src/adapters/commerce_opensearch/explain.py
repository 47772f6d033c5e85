"""Where a score comes from."""

from collections.abc import Iterator, Mapping
from typing import Any

from commerce_core.search import Explanation
from commerce_opensearch.searching import Found
from commerce_searchtext.shown import explanation


def explanations(found: Found) -> tuple[Explanation, ...]:
    """The hits that were *found*, each with the parts of its score."""
    return tuple(_explained(hit) for hit in found.hits)


def _explained(hit: Mapping[str, Any]) -> Explanation:
    return explanation(hit["_source"]["shown"], list(_parts(hit.get("matched_queries", {}))))


def _parts(named: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for label, points in named.items():
        yield label, float(points)
