"""OpenSearch behind the shop: pages and costs, beside the bare driver with one plain query, in the
same run.

Run: ``eval "$(scripts/services env)"`` and ``COMMERCE_SHARED=…
PYTHONPATH=.:src:src/adapters:src/entrypoints python benchmarks/search_cluster.py``
"""

import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from opensearchpy import OpenSearch
from opensearchpy.helpers import bulk

from benchmarks.run import pairs_of_words
from benchmarks.search_quality import BATCH, SystemClock, catalogue
from benchmarks.shopfront import COMMERCE, Server, environment
from commerce_core.search import Query
from commerce_core.search.service.scoring import percentile
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address

_TERMS: Final = 1_000
_SECONDS: Final = 5.0


def main() -> None:
    """Fill an index, ask it in three ways, print the figures and remove it."""
    parts = urlsplit(os.environ["COMMERCE_SEARCH_URL"])
    prefix = f"bench-{secrets.token_hex(4)}"
    url = parts._replace(path=f"/{prefix}", query="").geturl()
    client = OpenSearch(hosts=[f"http://{host}" for host in parts.netloc.split(",")])
    try:
        for line in figures(url, f"{prefix}-bare", client):
            print(line)
    finally:
        client.indices.delete(index=f"{prefix}-*")
        client.indices.delete_index_template(name=f"{prefix}-*")
        client.close()


def figures(url: str, bare: str, client: OpenSearch) -> Iterator[str]:
    """The figures, a line each."""
    folder = Path(os.environ["COMMERCE_SHARED"]) / "data" / "icecat"
    index = OpenSearchIndex(Address.parse(url), currency="USD", clock=SystemClock())
    count, ours = fill(index, folder)
    yield (
        f"indexed            {count / ours:8.0f} documents/s; bare bulk "
        f"{count / fill_bare(client, bare, folder):.0f}/s"
    )
    terms = list(islice(pairs_of_words(), 0, None, 20))[: 2 * _TERMS]
    alone = times(terms[:_TERMS], lambda term: client.search(index=bare, body=plain(term)))
    engine = times(terms[:_TERMS], lambda term: index.find(Query(term=term)))
    index.close()
    one, many = over_http(url, terms[_TERMS:])
    yield (
        f"bare driver        {1 / sum(alone) * len(alone):8.0f} pages/s, p50 {middle(alone):.2f} "
        "ms (one query, two facets, one thread)"
    )
    yield (
        f"the port           {1 / sum(engine) * len(engine):8.0f} pages/s, p50 "
        f"{middle(engine):.2f} ms (one thread)"
    )
    yield (
        f"over HTTP          {many['requests'] / many['seconds']:8.0f} pages/s on 16 "
        f"connections, p50 {many['p50_ms']:.2f} ms"
    )
    yield (
        f"API cost           {one['p50_ms'] - middle(engine):8.2f} ms over the port, p50, on one "
        "connection"
    )


def fill(index: OpenSearchIndex, folder: Path) -> tuple[int, float]:
    """Build the catalogue's index as a reindex does, and switch to it: how many documents, in how
    many seconds.
    """
    documents, count = sorted(catalogue(folder), key=lambda d: d.item_id), 0
    began = time.perf_counter()
    index.begin_rebuild()
    for at in range(0, len(documents), BATCH):
        index.rebuild(documents[at : at + BATCH])
        count += len(documents[at : at + BATCH])
    index.finish_rebuild()
    return count, time.perf_counter() - began


def fill_bare(client: OpenSearch, name: str, folder: Path) -> float:
    """The seconds in which the driver alone takes the same texts."""
    keyword = {"type": "keyword"}
    mapping = {
        "properties": {
            "name": {"type": "text"},
            "description": {"type": "text"},
            "brand": keyword,
            "category": keyword,
        }
    }
    client.indices.create(
        index=name, body={"settings": {"number_of_replicas": 0}, "mappings": mapping}
    )
    rows = [
        {"name": d.name, "description": d.description, "brand": d.brand, "category": d.category}
        for d in catalogue(folder)
    ]
    began = time.perf_counter()
    bulk(
        client,
        ({"_index": name, "_source": row} for row in rows),
        chunk_size=BATCH,
        refresh="wait_for",
    )
    return time.perf_counter() - began


def plain(term: str) -> dict[str, Any]:
    """The least that is a page of results: a match over two fields, two facets."""
    facets = {name: {"terms": {"field": name, "size": 100}} for name in ("brand", "category")}
    query = {"multi_match": {"query": term, "fields": ["name^2", "description"]}}
    return {"query": query, "size": 20, "aggs": facets, "track_total_hits": True}


def times(terms: Sequence[str], ask: Callable[[str], object]) -> list[float]:
    """The seconds that each of *terms* took, but for the first tenth."""
    spent = []
    for term in terms:
        began = time.perf_counter()
        ask(term)
        spent.append(time.perf_counter() - began)
    return spent[len(spent) // 10 :]


def middle(spent: Sequence[float]) -> float:
    """The median in milliseconds."""
    return percentile(spent, 0.5) * 1e3


def over_http(url: str, terms: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pages of a shop with this index, on one connection and on 16."""
    paths = [f"/items?term={quote(term)}" for term in terms]
    with tempfile.TemporaryDirectory() as place:
        settings = environment(Path(place)) | {"COMMERCE_SEARCH_URL": url}
        process = subprocess.Popen(
            [*COMMERCE, "serve", "--port", "0"],
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            address = next(
                line[line.index("http://") :].split()[0]
                for line in process.stdout
                if "http://" in line
            )
            server = Server(process=process, address=address, began=time.monotonic())
            one, many = (
                server.drive(kind="gets", paths=paths, connections=n, seconds=_SECONDS, warm=1.0)
                for n in (1, 16)
            )
        finally:
            process.terminate()
            process.wait(60)
    for report in (one, many):
        assert report["statuses"].keys() == {"200"}, json.dumps(report["statuses"])
    return one, many


if __name__ == "__main__":
    main()
