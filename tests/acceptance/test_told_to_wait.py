"""The features are told to a shop that has no room at the moment: its client comes back when it is
asked to.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from commerce_testkit.http_connection import HttpConnection
from commerce_testkit.shop import Refused


class Busy(BaseHTTPRequestHandler):
    """Has no room for the first two requests to a path; `/never` is refused for another reason."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        status, code = (429, "too-many-attempts") if self.path == "/never" else (503, "overloaded")
        body = json.dumps(
            {"code": code} if self.seen.count(self.path) < 3 else {"room": True}
        ).encode()
        self.send_response(status if self.seen.count(self.path) < 3 else 200)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    Busy.seen = []
    server = HTTPServer(("127.0.0.1", 0), Busy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_was_not_processed_is_sent_again_and_what_was_refused_is_not(address: str) -> None:
    with HttpConnection(address) as shop:
        assert shop.request("GET", "/room").body == {"room": True}
    assert Busy.seen == ["/room"] * 3
    with HttpConnection(address) as shop, pytest.raises(Refused, match="too-many-attempts"):
        shop.request("GET", "/never")
