"""The small server that answers for a worker, and for a shop that is not open yet."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from commerce_bootstrap import health
from commerce_bootstrap.health import HealthServer, not_ready
from commerce_http.web.errors import problem_of


@pytest.fixture
def server() -> Iterator[HealthServer]:
    with HealthServer("127.0.0.1", 0) as started:
        yield started


def connected(server: HealthServer) -> socket.socket:
    """A connection on which nothing was said yet."""
    at = urlsplit(server.address)
    return socket.create_connection((at.hostname, at.port), timeout=10)


def test_until_a_process_is_open_every_request_but_the_one_for_life_hears_what_is_away(
    server: HealthServer,
) -> None:
    server.report("database")
    with httpx.Client(base_url=server.address) as client:
        assert client.get("/health/live").json() == {"status": "live"}
        for method in ("GET", "POST", "PATCH", "DELETE", "HEAD"):
            answer = client.request(method, "/checkout", content=b"x" * 100_000)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
        answer = client.post("/checkout", json={})
    assert answer.json()["down"] == [{"part": "database"}]


def test_who_is_not_ready_says_so_in_the_words_of_the_shop(server: HealthServer) -> None:
    checks = {"database": lambda: "refused", "search": lambda: None, "broker": lambda: "away"}
    server.open(checks, CollectorRegistry())
    answer = httpx.get(f"{server.address}/health/ready")
    shops = problem_of(not_ready(["database", "broker"]))
    assert answer.json() == json.loads(bytes(shops.body))
    assert answer.json()["detail"] == "database, broker are down"
    assert answer.headers["content-type"] == "application/problem+json"


def test_once_it_is_open_it_tells_what_it_counts(server: HealthServer) -> None:
    registry = CollectorRegistry()
    Counter("cups", "Cups of tea.", registry=registry).inc(3)
    assert httpx.get(f"{server.address}/metrics").status_code == 503
    server.open({}, registry)
    assert "cups_total 3.0" in httpx.get(f"{server.address}/metrics").text
    assert httpx.get(f"{server.address}/items").status_code == 404


def test_what_cannot_be_read_is_refused_and_not_repeated(server: HealthServer) -> None:
    with connected(server) as client:
        client.sendall(b"4242424242424242 is no request\r\n\r\n")
        told = client.makefile("rb").read()
    assert b"400" in told.splitlines()[0]
    assert b"4242" not in told
    assert b"Python" not in told


def test_who_dawdles_is_let_go_however_often_something_comes(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_LONGEST", 0.3)
    began = time.monotonic()
    with connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        ended = threading.Event()

        def dawdle() -> None:
            while not ended.wait(0.05):
                try:
                    client.sendall(b"X: y\r\n")
                except OSError:
                    return

        slow = threading.Thread(target=dawdle)
        slow.start()
        try:
            while client.recv(1000):
                pass
        except ConnectionResetError:
            pass
        finally:
            ended.set()
            slow.join()
    assert time.monotonic() - began < 5


def test_connections_beyond_the_bound_are_closed_and_those_within_it_answered(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_MOST", 2)
    with ExitStack() as stack:
        first, _ = (stack.enter_context(connected(server)) for _ in range(2))
        third = stack.enter_context(connected(server))
        assert third.recv(1) == b""
        first.sendall(b"GET /health/live HTTP/1.1\r\n\r\n")
        assert b"200" in first.makefile("rb").readline()
