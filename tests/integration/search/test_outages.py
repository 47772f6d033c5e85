"""Search while the cluster is away, or a part of it: everything else goes on, and nothing is
forgotten.
"""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from commerce_core.kernel.paging import CursorExpired
from commerce_core.search import Query, SearchUnavailable
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_opensearch.connection import Connection
from commerce_testkit.contracts.search_documents import document, item_id
from commerce_testkit.memory.clock import SettableClock
from scripts.servers.opensearch import cluster_url
from tests.live import LiveShop, live_shop
from tests.servers import OpenSearchServer, own_server

_PATIENCE: Final = 60.0
_PASSWORD: Final = "correct horse battery"


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until *holds* does; not for ever."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


class Seller:
    """Somebody who talks to a shop over HTTP."""

    def __init__(self, shop: LiveShop) -> None:
        self._address = urlsplit(shop.address)
        self.token = ""
        account = {
            "email": "sol@shop.example",
            "password": _PASSWORD,
            "name": "Sol",
            "role": "seller",
        }
        assert self.request("POST", "/accounts", account)[0] == 201
        self.token = self.request(
            "POST", "/sessions", {"email": account["email"], "password": _PASSWORD}
        )[2]["token"]

    def request(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body of the answer."""
        connection = HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=_PATIENCE
        )
        try:
            given = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
                **headers,
            }
            connection.request(method, path, json.dumps(body) if body is not None else None, given)
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                json.loads(answer.read() or b"null"),
            )
        finally:
            connection.close()

    def offers(self, name: str) -> str:
        """A new item; what names the write."""
        item = {"sku": name.upper().replace(" ", "-"), "name": name, "price": "9.99", "quantity": 5}
        status, headers, content = self.request("POST", "/items", item)
        assert status == 201, content
        return headers["x-search-token"]

    def found(self, term: str) -> int:
        """How many items are found; -1: none can be searched for."""
        status, headers, content = self.request("GET", f"/items?term={term}")
        if status == 503:
            assert int(headers["retry-after"]) >= 1
            assert content["code"] == "search-unavailable"
            return -1
        assert status == 200, content
        return int(content["total"]["count"])


def test_a_shop_opens_and_sells_while_search_is_away_and_catches_up(tmp_path: Path) -> None:
    with own_server(OpenSearchServer) as server:
        server.stop()
        with live_shop(tmp_path, {"COMMERCE_SEARCH_URL": f"{server.url}/shop"}) as shop:
            seller = Seller(shop)
            seller.offers("Early lamp")
            assert seller.found("lamp") == -1
            status, _, content = seller.request("GET", "/health/ready")
            assert (status, [part["part"] for part in content["down"]]) == (200, ["search"])
            server.start()
            eventually(lambda: seller.found("lamp") == 1)
            server.kill()
            for name in ("Late lamp", "Later lamp"):
                seller.offers(name)
            assert seller.found("lamp") == -1
            server.start()
            eventually(lambda: seller.found("lamp") == 3)
            token = seller.offers("Last lamp")
            assert (
                seller.request("GET", "/items?term=last", **{"X-Search-Token": token})[2]["total"][
                    "count"
                ]
                == 1
            )


def test_losing_one_node_of_three_loses_no_search_and_no_write(
    nodes: list[OpenSearchServer],
) -> None:
    address = Address.parse(f"{cluster_url(nodes)}/shop")
    opened: list[OpenSearchIndex] = []

    def open_one() -> OpenSearchIndex:
        opened.append(OpenSearchIndex(address, currency="USD", clock=SettableClock()))
        return opened[-1]

    index = open_one()
    index.put([document(n, f"Lamp {n % 7}") for n in range(200)])
    engine = Connection(address)
    eventually(lambda: bool(engine.request("GET", "/_cluster/health")["status"] == "green"))
    query = Query(term="lamp", size=150)
    cursors = [open_one().find(query).next_cursor for _ in range(6)]
    lost, ended, failures = threading.Event(), threading.Event(), list[str]()

    def search(number: int) -> int:
        mine, count = open_one(), 0
        while not ended.is_set():
            try:
                if (total := mine.find(Query(term=f"lamp {(number + count) % 7}")).total) < 200:
                    failures.append(f"{total} found")
                mine.suggest("la", 5)
            except SearchUnavailable as error:
                failures.append(repr(error))
            count += 1
        return count

    def write() -> int:
        mine = open_one()
        for n in range(200, 260):
            eventually(lambda number=n: _put(mine, number))  # type: ignore[misc]
            if n == 210:
                lost.set()
        return 60

    with ThreadPoolExecutor(5) as pool:
        searches, writes = [pool.submit(search, n) for n in range(4)], pool.submit(write)
        try:
            assert lost.wait(_PATIENCE)
            nodes[holder_of_the_primary(engine, nodes)].kill()
            writes.result(_PATIENCE)
        finally:
            ended.set()
        counts = [s.result(_PATIENCE) for s in searches]
    assert failures == []
    assert min(counts) > 10
    assert len(index.versions([item_id(n) for n in range(260)])) == 260
    # A state that was kept on the lost node is gone with it; the other node's are there.
    assert {_pages(index, attrs.evolve(query, cursor=cursor)) for cursor in cursors} <= {50, None}
    engine.close()
    for one in opened:
        one.close()


def _put(index: OpenSearchIndex, number: int) -> bool:
    """Whether the index took it: a message that it did not take comes again."""
    try:
        index.put([document(number, "Lamp 0")])
    except SearchUnavailable:
        return False
    return True


def _pages(index: OpenSearchIndex, query: Query) -> int | None:
    """How many hits the next page has; ``None``: its state is kept no more."""
    try:
        return len(index.find(query).hits)
    except CursorExpired:
        return None


def holder_of_the_primary(engine: Connection, nodes: list[OpenSearchServer]) -> int:
    """The node that keeps the primary copy of the index."""
    (primary,) = [
        s
        for s in engine.request("GET", "/_cat/shards/shop-*", None, {"format": "json"})
        if s["prirep"] == "p"
    ]
    return [node.folder.name for node in nodes].index(primary["node"])
