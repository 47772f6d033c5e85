"""Refusals of the search index."""

from commerce_core.kernel.errors import Unavailable


class SearchUnavailable(Unavailable):
    """The search index does not answer, or another process writes it."""

    code = "search-unavailable"
