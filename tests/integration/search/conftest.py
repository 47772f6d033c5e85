"""Indexes on a real cluster, each with a prefix of its own."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_opensearch.connection import Connection
from commerce_opensearch.refusals import Missing
from commerce_testkit.memory.clock import SettableClock
from scripts.servers.opensearch import QUICK
from tests.servers import OpenSearchServer, opensearch_url, own_cluster, shared_servers

__all__ = ["address", "clock", "index", "open_index", "opensearch_url", "shared_servers"]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def address(opensearch_url: str, tmp_path: Path) -> Iterator[str]:
    """An address under which nothing is kept yet; what a test leaves there is removed."""
    parts = urlsplit(opensearch_url)
    prefix = f"{parts.path.strip('/')}-{secrets.token_hex(4)}"
    synonyms = tmp_path / "synonyms.txt"
    synonyms.write_text("# furniture\nsofa, couch\n")
    yield urlunsplit(parts._replace(path=f"/{prefix}", query=f"refresh=5&synonyms={synonyms}"))
    connection = Connection(Address.parse(opensearch_url))
    connection.request("DELETE", f"/{prefix}-*", patient=True)
    with suppress(Missing):
        connection.request("DELETE", f"/_index_template/{prefix}-*", patient=True)
    connection.close()


@pytest.fixture
def open_index(address: str, clock: SettableClock) -> Iterator[Callable[[], OpenSearchIndex]]:
    """Opens the index of this test, as one process more would."""
    opened: list[OpenSearchIndex] = []

    def open_one() -> OpenSearchIndex:
        opened.append(OpenSearchIndex(Address.parse(address), currency="USD", clock=clock))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index: Callable[[], OpenSearchIndex]) -> OpenSearchIndex:
    """The index of this test, empty."""
    return open_index()


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[OpenSearchServer]]:
    """A cluster of three."""
    monkeypatch.setenv("OPENSEARCH_JAVA_OPTS", f"{QUICK} -Xms256m -Xmx256m")
    with own_cluster(3) as members:
        yield members
