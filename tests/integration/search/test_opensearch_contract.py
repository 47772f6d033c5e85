"""OpenSearch keeps the promise of a search index."""

import pytest

from commerce_opensearch import OpenSearchIndex
from commerce_testkit.contracts.search import SearchIndexContract
from commerce_testkit.memory.clock import SettableClock


class TestOpenSearchIndex(SearchIndexContract):
    @pytest.fixture
    def clock(self, clock: SettableClock) -> SettableClock:
        return clock

    @pytest.fixture
    def index(self, index: OpenSearchIndex) -> OpenSearchIndex:
        return index
