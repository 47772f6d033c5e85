"""The search indexes keep their promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_tantivy import TantivyIndex
from commerce_testkit.contracts.search import SearchIndexContract
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.search import MemorySearchIndex


class TestMemorySearchIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, clock: SettableClock) -> MemorySearchIndex:
        return MemorySearchIndex(currency="USD", clock=clock, synonyms={"couch": ("sofa",)})


class TestTantivyIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, clock: SettableClock, tmp_path: Path) -> Iterator[TantivyIndex]:
        synonyms = tmp_path / "synonyms.txt"
        synonyms.write_text("# furniture\nsofa, couch\n")
        index = TantivyIndex(tmp_path / "index", currency="USD", clock=clock, synonyms=synonyms)
        yield index
        index.close()
