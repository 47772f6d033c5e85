"""How well and how fast the embedded engine finds: a real catalogue with judged searches, from
``$COMMERCE_SHARED/data/icecat``.

Run: ``COMMERCE_SHARED=… PYTHONPATH=src:src/adapters python benchmarks/search_quality.py``
"""

import gzip
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from commerce_cli.tables import read_table
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.search import Document, Query, SearchIndex
from commerce_core.search.service.scoring import (
    judged_only_ndcg,
    judgments_of,
    mean,
    ndcg,
    percentile,
    recall,
    scorable,
)
from commerce_tantivy import TantivyIndex

BATCH: Final = 500
PAGE: Final = 100
#: Repetitions for the timing; each uses another page size, so that no answer comes out of a cache.
ROUNDS: Final = 5


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def document(row: Mapping[str, Any]) -> Document:
    """A product of the catalogue as the index takes it."""
    return Document(
        item_id=ItemId(row["id"]),
        seller_id=SellerId("icecat"),
        version=1,
        listed=True,
        type="simple",
        sku=f"ICE-{row['id']}",
        name=row["title"],
        brand=row["brand"],
        category=row["category"],
        description=row["description"],
        codes=tuple(row["ean"]),
        attributes={name: (str(value),) for name, value in row["attributes"].items()},
        price=Money(row["price_minor"], "USD"),
        in_stock=True,
        created_at=datetime.fromisoformat(row["released"] or "2000-01-01").replace(tzinfo=UTC),
    )


def catalogue(folder: Path) -> Iterator[Document]:
    """All products."""
    with gzip.open(folder / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield document(json.loads(line))


def fill(index: SearchIndex, folder: Path) -> tuple[int, float]:
    """Put the whole catalogue into *index*: how many, and the seconds that :meth:`put` took."""
    documents, count, spent = catalogue(folder), 0, 0.0
    while batch := list(islice(documents, BATCH)):
        began = time.perf_counter()
        index.put(batch)
        spent += time.perf_counter() - began
        count += len(batch)
    return count, spent


def ranked(index: SearchIndex, term: str, depth: int) -> list[str]:
    """The ids of the first *depth* hits."""
    found: list[str] = []
    cursor = None
    while len(found) < depth:
        page = index.find(Query(term=term, size=PAGE, cursor=cursor))
        found += [hit.item_id for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:depth]


def latencies(index: SearchIndex, terms: Sequence[str]) -> list[float]:
    """Milliseconds of each search for a page of about twenty hits."""
    spent = []
    for size in range(20, 20 + ROUNDS):
        for term in terms:
            began = time.perf_counter()
            index.find(Query(term=term, size=size))
            spent.append((time.perf_counter() - began) * 1_000)
    return spent


def report(index: SearchIndex, folder: Path) -> Iterator[str]:
    """The figures, a line each."""
    judgments = judgments_of(read_table(folder / "qrels.tsv"))
    wanted = scorable(judgments)
    queries = {
        row["query_id"]: row["query"]
        for row in read_table(folder / "queries.tsv")
        if row["query_id"] in wanted
    }
    typos = [
        (row["query_id"], row["query"])
        for row in read_table(folder / "typos.tsv")
        if row["query_id"] in wanted
    ]
    found = {q: ranked(index, term, 1_000) for q, term in queries.items()}
    scores = {q: ndcg(ids, judgments[q]) for q, ids in found.items()}
    yield f"queries             {len(queries)}"
    yield f"NDCG@10             {mean(scores.values()):.3f}"
    yield (
        "judged-only NDCG@10 "
        f"{mean(judged_only_ndcg(ids, judgments[q]) for q, ids in found.items()):.3f}"
    )
    yield f"recall@100          {mean(recall(ids, judgments[q]) for q, ids in found.items()):.3f}"
    right = mean(scores[q] for q, _ in typos)
    yield (
        f"typed right/wrong   {right:.3f} / "
        f"{mean(ndcg(ranked(index, term, 10), judgments[q]) for q, term in typos):.3f}"
    )
    spent = latencies(index, [*queries.values(), *(term for _, term in typos)])
    yield (
        f"find p50/p95/max    {percentile(spent, 0.5):.2f} / {percentile(spent, 0.95):.2f} / "
        f"{max(spent):.2f} ms"
    )
    worst = sorted(scores, key=lambda q: scores[q])[:8]
    yield "worst               " + ", ".join(f"{queries[q]} {scores[q]:.2f}" for q in worst)


def main() -> None:
    """Fill a fresh index and print the figures."""
    folder = Path(os.environ["COMMERCE_SHARED"]) / "data" / "icecat"
    with tempfile.TemporaryDirectory() as place:
        index = TantivyIndex(Path(place) / "index", currency="USD", clock=SystemClock())
        count, spent = fill(index, folder)
        print(f"indexed             {count} in {spent:.1f} s, batches of {BATCH}")
        for line in report(index, folder):
            print(line)
        index.close()


if __name__ == "__main__":
    main()
