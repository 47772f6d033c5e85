"""How the cluster is spoken to: what no real one can be made to say on demand, a small server says
here.
"""

import base64
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from commerce_core.search import Query, SearchUnavailable
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_opensearch.connection import Connection
from commerce_opensearch.refusals import Failed, Missing, Refused
from commerce_testkit.memory.clock import SettableClock

Answer = tuple[int, Any]
Script = Callable[[str, str], Answer]


class Scripted(ThreadingHTTPServer):
    """Answers as *script* says for method and path; keeps what it was asked."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[tuple[str, str, bytes, str | None]] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Scripted
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(
            (self.command, self.path, body, self.headers.get("Authorization"))
        )
        status, reply = self.server.script(self.command, self.path)
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):  # who asked has given up meanwhile
            self.wfile.write(content)

    do_GET = do_POST = _any  # noqa: N815 (the library's names)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def scripted(script: Script, context: ssl.SSLContext | None = None) -> Generator[Scripted]:
    server = Scripted(script)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def connected(url: str) -> Generator[Connection]:
    connection = Connection(Address.parse(url))
    try:
        yield connection
    finally:
        connection.close()


def action(number: int, size: int = 1) -> dict[str, Any]:
    return {"_op_type": "index", "_index": "x", "_id": str(number), "_source": {"text": "x" * size}}


def test_what_an_overloaded_cluster_refuses_is_sent_again_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    taken = [
        {"index": {"status": 201}},
        {"index": {"status": 429, "error": "too busy"}},
        {"index": {"status": 409, "error": "older"}},
    ]
    answers = iter(
        [(200, {"items": taken}), (429, {}), (200, {"items": [{"index": {"status": 201}}]})]
    )
    with (
        scripted(lambda *_: next(answers)) as server,
        connected(f"opensearch://{server.host}") as connection,
    ):
        assert connection.write([action(n) for n in range(3)]) == [(409, "older")]
        sent = [
            [json.loads(line)["index"]["_id"] for line in body.splitlines()[::2]]
            for _, _, body, _ in server.requests
        ]
    assert sent == [["0", "1", "2"], ["1"], ["1"]]
    assert pauses == [1, 2]


def test_a_cluster_that_stays_overloaded_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    with (
        scripted(lambda *_: (429, {})) as server,
        connected(f"opensearch://{server.host}") as connection,
        pytest.raises(SearchUnavailable),
    ):
        connection.write([action(1)])
    assert pauses == [1, 2, 4]


def test_a_batch_is_cut_by_its_bytes() -> None:
    def take(_method: str, _path: str) -> Answer:
        count = server.requests[-1][2].count(b"\n") // 2
        return 200, {"items": [{"index": {"status": 201}}] * count}

    with scripted(take) as server, connected(f"opensearch://{server.host}") as connection:
        assert connection.write([action(n, size=2_000_000) for n in range(5)]) == []
        assert [len(body) < 5_000_001 for _, _, body, _ in server.requests] == [True, True, True]


@pytest.mark.parametrize(
    ("status", "family"),
    [
        (404, Missing),
        (400, Refused),
        (401, SearchUnavailable),
        (500, Failed),
        (429, SearchUnavailable),
    ],
)
def test_every_answer_but_a_good_one_has_a_family(status: int, family: type[Exception]) -> None:
    with (
        scripted(lambda *_: (status, {})) as server,
        connected(f"opensearch://{server.host}") as connection,
    ):
        with pytest.raises(SearchUnavailable) as reply:
            connection.request("GET", "/")
        assert type(reply.value) is family


def test_another_host_answers_where_one_is_away_or_ill() -> None:
    with ExitStack() as stack:
        ill = stack.enter_context(scripted(lambda *_: (503, {})))
        well = stack.enter_context(scripted(lambda *_: (200, {"well": True})))
        connection = stack.enter_context(
            connected(f"opensearch://127.0.0.1:9,{ill.host},{well.host}")
        )
        assert [connection.request("GET", "/") for _ in range(6)] == [{"well": True}] * 6


def test_nobody_waits_for_a_host_that_never_answers() -> None:
    never = threading.Event()

    def hang(*_: str) -> Answer:
        never.wait(20)
        return 200, {}

    with scripted(hang) as server:
        index = OpenSearchIndex(
            Address.parse(f"opensearch://{server.host}/t"), currency="USD", clock=SettableClock()
        )
        began = time.monotonic()
        with pytest.raises(SearchUnavailable):
            index.versions([])
        assert time.monotonic() - began < 5
        never.set()
        index.close()


def test_only_one_waits_for_a_cluster_that_never_answers_until_it_does() -> None:
    back = threading.Event()

    def hang(*_: str) -> Answer:
        back.wait(20)
        return 200, {"well": True}

    with (
        scripted(hang) as server,
        connected(f"opensearch://{server.host}") as connection,
        ThreadPoolExecutor(8) as pool,
    ):

        def waits(_number: int) -> float:
            began = time.monotonic()
            with pytest.raises(SearchUnavailable):
                connection.request("GET", "/")
            return time.monotonic() - began

        assert min(pool.map(waits, range(4))) > 2  # nobody knows yet
        waited = sorted(pool.map(waits, range(8)))
        assert waited[-2] < 0.5 < 2 < waited[-1]
        back.set()
        assert [connection.request("GET", "/") for _ in range(3)] == [{"well": True}] * 3


def test_an_absent_cluster_is_unavailable_to_everything() -> None:
    index = OpenSearchIndex(
        Address.parse("opensearch://127.0.0.1:9/t"), currency="USD", clock=SettableClock()
    )
    assert index.claim_writing()
    for call in (
        lambda: index.find(Query(term="lamp")),
        lambda: index.suggest("la", 5),
        lambda: index.explain("lamp", 5),
        lambda: index.versions([]),
        lambda: index.put([]),
        lambda: index.needs_rebuild,
        index.begin_rebuild,
    ):
        with pytest.raises(SearchUnavailable):
            call()
    index.close()


def test_tls_and_a_log_in_come_with_the_address(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            *subject,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with scripted(lambda *_: (200, {"well": True}), context) as server:
        with connected(f"opensearchs://shop:p%40ss@{server.host}?ca={certificate}") as connection:
            assert connection.request("GET", "/") == {"well": True}
        assert server.requests[0][3] == "Basic " + base64.b64encode(b"shop:p@ss").decode()
        with (
            connected(f"opensearchs://{server.host}") as stranger,
            pytest.raises(SearchUnavailable),
        ):
            stranger.request("GET", "/")
