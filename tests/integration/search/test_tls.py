"""TLS by the address: a cluster is believed by its certificate, and by nothing else.

The local distribution has no security plug-in, so TLS ends at a proxy before it, as it may in
production too.
"""

import ssl
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from commerce_core.search import SearchUnavailable
from commerce_opensearch.address import Address
from commerce_opensearch.connection import Connection
from tests.certificates import certified


@pytest.fixture(scope="module")
def spoken(
    opensearch_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The address of a cluster by TLS, and the folder with its certificate and a stranger's."""
    keys = tmp_path_factory.mktemp("keys")
    for name in ("known", "stranger"):
        certified(keys, name)
    behind, prefix = urlsplit(opensearch_url).netloc, urlsplit(opensearch_url).path

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            cluster = HTTPConnection(behind, timeout=10)
            cluster.request("GET", self.path)
            answer = cluster.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            cluster.close()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "known.crt", keys / "known.key")
    server = Quiet(("127.0.0.1", 0), Proxy)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"opensearchs://127.0.0.1:{server.server_address[1]}{prefix}", keys
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(ThreadingHTTPServer):
    """A client that does not believe it hangs up: that is what is tested."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing."""


def request(url: str) -> object:
    connection = Connection(Address.parse(url))
    try:
        return connection.request("GET", "/")
    finally:
        connection.close()


def test_a_cluster_whose_certificate_is_known_is_spoken_to_in_secret(
    spoken: tuple[str, Path],
) -> None:
    url, keys = spoken
    assert "cluster_name" in str(request(f"{url}?ca={keys / 'known.crt'}"))


@pytest.mark.parametrize("options", ["?ca={keys}/stranger.crt", ""])
def test_a_cluster_that_shows_another_certificate_is_not_spoken_to(
    spoken: tuple[str, Path], options: str
) -> None:
    url, keys = spoken
    with pytest.raises(SearchUnavailable) as lost:
        request(url + options.format(keys=keys))
    assert "certificate verify failed" in str(lost.value.__cause__)


def test_a_certificate_for_another_host_does_not_count(spoken: tuple[str, Path]) -> None:
    url, keys = spoken
    with pytest.raises(SearchUnavailable) as lost:
        request(f"{url.replace('127.0.0.1', 'localhost')}?ca={keys / 'known.crt'}")
    assert "ostname mismatch" in str(lost.value.__cause__)
