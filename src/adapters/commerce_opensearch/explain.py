"""Where a score comes from."""

from collections.abc import Iterator, Mapping
from typing import Any

from commerce_core.kernel.ids import ItemId
from commerce_core.search import Explanation
from commerce_opensearch.searching import Found


def explanations(found: Found) -> tuple[Explanation, ...]:
    """The hits that were *found*, each with the parts of its score."""
    return tuple(_explained(hit) for hit in found.hits)


def _explained(hit: Mapping[str, Any]) -> Explanation:
    shown = hit["_source"]["shown"]
    parts = tuple(_parts(hit.get("matched_queries", {})))
    return Explanation(item_id=ItemId(shown[0]), name=shown[2], score=sum(points for _, points in parts), parts=parts)


def _parts(named: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for label, points in named.items():
        yield label, float(points)
