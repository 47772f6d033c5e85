"""A worker's liveness, readiness and metrics over HTTP: for what starts and
watches it.
"""

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from commerce_bootstrap.metrics import Checks

_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_LONGEST_REQUEST: Final = 10.0


@contextmanager
def telling(host: str, port: int, checks: Checks, registry: CollectorRegistry) -> Generator[str]:
    """Answer ``/health/live``, ``/health/ready`` and ``/metrics`` as the shop does, while the block
    lasts; the address.

    Raises:
        OSError: *host* and *port* cannot be listened on.
    """

    class Handler(_Handler):
        """Knows this worker's parts."""

    Handler.checks, Handler.registry = checks, registry
    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(
        target=server.serve_forever,
        kwargs={"poll_interval": 0.1},
        name="worker-health",
        daemon=True,
    )
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class WaitingWorker:
    """Answers for a worker that waits for a part, while its block lasts: it lives, and is not
    ready.
    """

    def __init__(self, host: str, port: int) -> None:
        self._checks: dict[str, Callable[[], str | None]] = {}
        self._telling = telling(host, port, self._checks, CollectorRegistry())

    def report(self, part: str) -> None:
        """From now on readiness answers that *part* is down."""
        self._checks[part] = lambda: "it is waited for"

    def __enter__(self) -> Self:
        self._telling.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._telling.__exit__(None, None, None)


class _Handler(BaseHTTPRequestHandler):
    checks: Checks
    registry: CollectorRegistry
    timeout = _LONGEST_REQUEST

    def do_GET(self) -> None:
        match self.path:
            case "/health/live":
                self._answer(200, _JSON, {"status": "live"})
            case "/health/ready":
                down = [{"part": part} for part, check in self.checks.items() if check()]
                if down:
                    parts = ", ".join(d["part"] for d in down)
                    problem = {
                        "type": "about:blank",
                        "title": "Not ready",
                        "status": 503,
                        "code": "not-ready",
                        "detail": f"down: {parts}",
                    }
                    self._answer(503, _PROBLEM, problem | {"down": down})
                else:
                    self._answer(200, _JSON, {"status": "ready"})
            case "/metrics":
                self._send(200, CONTENT_TYPE_LATEST, generate_latest(self.registry))
            case _:
                self._answer(
                    404, _PROBLEM, {"type": "about:blank", "title": "Not found", "status": 404}
                )

    def _answer(self, status: int, media: str, data: Mapping[str, Any]) -> None:
        self._send(status, media, json.dumps(data).encode())

    def _send(self, status: int, media: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds: they are not logged."""
