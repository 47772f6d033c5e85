"""Rebuilding the search index, on request and when it is incomplete."""

from commerce_core.search import SearchIndex
from commerce_core.search.service.follow import Reindexer


class IndexKeeper:
    """Keeps the index: takes it when no other process has it, then looks whether it is whole, then
    carries out jobs.
    """

    def __init__(self, index: SearchIndex, reindexer: Reindexer) -> None:
        self._index = index
        self._reindexer = reindexer
        self._checked = False

    def run_once(self, limit: int) -> int:
        """Add up to *limit* items to an index that is being built; how much was done. 0 as well
        while another process has the index.

        Raises:
            SearchUnavailable: the index cannot be written.
        """
        if not self._index.claim_writing():
            return 0
        if not self._checked:
            self._reindexer.ensure()
            self._checked = True
        return self._reindexer.run_once(limit)
