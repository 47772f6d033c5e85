"""A buyer cannot tell which engine answers: a real catalogue with judged searches, on both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from benchmarks.search_quality import SystemClock, fill, ranked
from commerce_cli.tables import read_table
from commerce_core.search import Query, SearchIndex
from commerce_core.search.service.scoring import (
    judged_only_ndcg,
    judgments_of,
    mean,
    ndcg,
    scorable,
)
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_tantivy import TantivyIndex

pytestmark = pytest.mark.shared

Engines = Mapping[str, SearchIndex]


@pytest.fixture(scope="module")
def icecat(shared: Path) -> Path:
    return shared / "data" / "icecat"


@pytest.fixture(scope="module")
def engines(
    icecat: Path, opensearch_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engines]:
    """Both engines with the whole catalogue."""
    tantivy = TantivyIndex(
        tmp_path_factory.mktemp("tantivy") / "index", currency="USD", clock=SystemClock()
    )
    opensearch = OpenSearchIndex(
        attrs.evolve(Address.parse(opensearch_url), refresh_ms=10),
        currency="USD",
        clock=SystemClock(),
    )
    for index in (tantivy, opensearch):
        assert fill(index, icecat)[0] == 19_406
    yield {"tantivy": tantivy, "opensearch": opensearch}
    for index in (tantivy, opensearch):
        index.close()


@pytest.fixture(scope="module")
def queries(icecat: Path) -> Mapping[str, str]:
    """Those of the 67 for which there is something relevant."""
    wanted = scorable(judgments_of(read_table(icecat / "qrels.tsv")))
    return {
        row["query_id"]: row["query"]
        for row in read_table(icecat / "queries.tsv")
        if row["query_id"] in wanted
    }


def scores(engines: Engines, score: Callable[[SearchIndex], float]) -> dict[str, float]:
    return {name: round(score(index), 3) for name, index in engines.items()}


def test_both_engines_find_alike_by_what_people_judged(
    engines: Engines,
    queries: Mapping[str, str],
    icecat: Path,
    record_testsuite_property: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    judgments = judgments_of(read_table(icecat / "qrels.tsv"))
    found = scores(
        engines,
        lambda index: mean(
            judged_only_ndcg(ranked(index, t, 1_000), judgments[q]) for q, t in queries.items()
        ),
    )
    record_testsuite_property("judged-only NDCG@10 by engine", found)
    with capsys.disabled():
        print(f"\njudged-only NDCG@10 over {len(queries)} queries: {found}")
    assert len(queries) == 58
    assert min(found.values()) >= 0.84
    assert abs(found["tantivy"] - found["opensearch"]) <= 0.03


def test_both_engines_forgive_typing_errors_alike(
    engines: Engines, queries: Mapping[str, str], icecat: Path
) -> None:
    judgments = judgments_of(read_table(icecat / "qrels.tsv"))
    typed = [
        (row["query_id"], row["query"])
        for row in read_table(icecat / "typos.tsv")
        if row["query_id"] in queries
    ]
    found = scores(
        engines,
        lambda index: mean(ndcg(ranked(index, term, 10), judgments[q]) for q, term in typed),
    )
    assert min(found.values()) >= 0.75, found
    assert abs(found["tantivy"] - found["opensearch"]) <= 0.06, found


def test_both_engines_count_and_mark_alike(engines: Engines, queries: Mapping[str, str]) -> None:
    terms: Sequence[str] = [*list(queries.values())[:20], "lapotp", "keybord", "headpho"]
    for term in terms:
        first, second = (index.find(Query(term=term, size=100)) for index in engines.values())
        assert second.did_you_mean == first.did_you_mean, term
        assert abs(second.total - first.total) <= 0.02 * first.total, (
            term,
            first.total,
            second.total,
        )
        marked = {hit.item_id: hit.highlights.get("name") for hit in first.hits}
        shared_hits = [hit for hit in second.hits if hit.item_id in marked]
        assert [hit.highlights.get("name") for hit in shared_hits] == [
            marked[hit.item_id] for hit in shared_hits
        ], term
