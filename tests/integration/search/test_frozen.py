"""A node that keeps its connections and answers nothing: a search waits for it no longer than its
time-out.
"""

import time

import pytest

from commerce_core.search import Query, SearchUnavailable
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_opensearch.connection import Connection
from commerce_testkit.contracts.search_documents import document
from commerce_testkit.memory.clock import SettableClock
from scripts.servers.opensearch import cluster_url
from tests.integration.search.test_outages import eventually, holder_of_the_primary
from tests.servers import OpenSearchServer, own_server

#: The time-out of a search, and what a busy machine may add.
TIMEOUT, SLACK = 3.0, 1.5


def opened(url: str, copy: str) -> OpenSearchIndex:
    """The index as a process has it that keeps to *copy*."""
    index = OpenSearchIndex(Address.parse(f"{url}/shop"), currency="USD", clock=SettableClock())
    index._connection.preference = copy
    return index


def spent(index: OpenSearchIndex, number: int) -> float:
    """How long a search that finds everything takes."""
    began = time.monotonic()
    assert index.find(Query(term=f"lamp {number}")).total == 50
    return time.monotonic() - began


def test_a_frozen_node_of_several_costs_a_search_its_time_out_and_the_others_answer(
    nodes: list[OpenSearchServer],
) -> None:
    indexes = [opened(cluster_url(nodes), copy) for copy in ("_primary_first", "_replica_first")]
    indexes[0].put([document(n, "Lamp") for n in range(50)])
    engine = Connection(Address.parse(cluster_url(nodes)))
    eventually(lambda: bool(engine.request("GET", "/_cluster/health")["status"] == "green"))
    for index in indexes:
        _warmed(index)
    frozen = nodes[holder_of_the_primary(engine, nodes)]
    frozen.pause()
    try:
        costs = [spent(index, number) for number in range(1, 9) for index in indexes]
    finally:
        frozen.resume()
    assert max(costs) < TIMEOUT + SLACK
    assert sorted(costs)[len(costs) // 2] < TIMEOUT / 2  # once it is known, hardly anybody waits
    for one in (*indexes, engine):
        one.close()


def test_where_the_only_node_is_frozen_a_search_is_unavailable_after_its_time_out() -> None:
    with own_server(OpenSearchServer) as server:
        index = opened(server.url, "_primary_first")
        index.put([document(n, "Lamp") for n in range(50)])
        _warmed(index)
        server.pause()
        began = time.monotonic()
        with pytest.raises(SearchUnavailable):
            index.find(Query(term="lamp"))
        assert time.monotonic() - began < TIMEOUT + SLACK
        server.resume()
        eventually(lambda: _finds(index))
        index.close()


def _warmed(index: OpenSearchIndex) -> None:
    """A node that has just started takes its time for the first search."""
    eventually(lambda: _finds(index))


def _finds(index: OpenSearchIndex) -> bool:
    try:
        return index.find(Query(term="lamp")).total == 50
    except SearchUnavailable:
        return False
