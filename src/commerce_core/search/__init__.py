"""Search: what buyers find, and the promise of an index."""

from commerce_core.search.errors import SearchUnavailable
from commerce_core.search.model import (
    Document,
    Explanation,
    Facets,
    FacetValue,
    Form,
    Hit,
    PriceBucket,
    Query,
    Reindex,
    ReindexStatus,
    ResultPage,
    Sort,
    Suggestion,
)
from commerce_core.search.ports import ReindexQueue, SearchIndex

__all__ = [
    "Document",
    "Explanation",
    "FacetValue",
    "Facets",
    "Form",
    "Hit",
    "PriceBucket",
    "Query",
    "Reindex",
    "ReindexQueue",
    "ReindexStatus",
    "ResultPage",
    "SearchIndex",
    "SearchUnavailable",
    "Sort",
    "Suggestion",
]
