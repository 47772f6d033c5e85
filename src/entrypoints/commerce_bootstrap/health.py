"""Whether a process lives and can work, and what it counts: what is said of it, and a small server
that says so where there is no HTTP application, in a worker and in a shop that is not open yet.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final, Self

import attrs
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from commerce_bootstrap.metrics import Checks
from commerce_core.kernel.errors import Unavailable

LIVE: Final = "/health/live"
READY: Final = "/health/ready"
METRICS: Final = "/metrics"

_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
#: Connections that are answered at the same time, and seconds that each may last.
_MOST: Final = 64
_LONGEST: Final = 10.0
#: What is read of a body, so that a client hears the answer instead of a reset.
_LONGEST_BODY: Final = 1 << 20
_POLL: Final = 0.1


class NotReady(Unavailable):
    """A part that requests need is down."""

    code = "not-ready"


def not_ready(down: Sequence[str], needed: Sequence[str] | None = None) -> NotReady:
    """That the parts *needed*, all that are *down* if not said, keep a process from its work. Why
    is for the log: it may name hosts and users.
    """
    named = down if needed is None else needed
    verb = "is" if len(named) == 1 else "are"
    return NotReady(f"{', '.join(named)} {verb} down", down=[{"part": part} for part in down])


@attrs.frozen
class Answer:
    """What is answered."""

    status: int
    media: str
    body: bytes
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


def _json(code: int, media: str, headers: Mapping[str, str], /, **members: Any) -> Answer:
    return Answer(code, media, json.dumps(members).encode(), headers)


def _problem(error: Unavailable) -> Answer:
    headers = {"Retry-After": str(error.retry_after)}
    return _json(
        503, _PROBLEM, headers, type=f"/problems/{error.code}", title="Not ready", status=503,
        detail=error.detail, code=error.code, **error.facts,
    )  # fmt: skip


class HealthServer:
    """Answers at *host* and *port* as the shop does, on threads of its own: 64 connections at the
    same time, each for 10 seconds at most.

    A context manager. It answers that the process is alive, and not ready, until the parts of the
    process are known.

    Raises:
        OSError: *host* and *port* cannot be listened on.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = _Server((host, port), self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="health", daemon=True
        )
        self._away = "shop"
        self._open: tuple[Checks, CollectorRegistry] | None = None
        at = self._server.server_address
        self.address: Final = f"http://{f'[{host}]' if ':' in host else host}:{at[1]}"

    def report(self, part: str) -> None:
        """From now on readiness answers that *part* is down."""
        self._away = part

    def open(self, checks: Checks, registry: CollectorRegistry) -> None:
        """From now on answer with the results of *checks* and the metrics of *registry*."""
        self._open = checks, registry

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, path: str) -> Answer:
        if path == LIVE:
            return _json(200, _JSON, {}, status="live")
        if self._open is None:
            return _problem(not_ready([self._away]))
        checks, registry = self._open
        if path == METRICS:
            return Answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
        if path != READY:
            return _json(404, _PROBLEM, {}, type="about:blank", title="Not found", status=404)
        down = [part for part, check in checks.items() if check()]
        return _problem(not_ready(down)) if down else _json(200, _JSON, {}, status="ready")


class _Server(ThreadingHTTPServer):
    """Knows its connections: there are not too many, and none lasts too long."""

    def __init__(self, at: tuple[str, int], answer: Callable[[str], Answer]) -> None:
        self.address_family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        self.answer = answer
        self._ends: dict[Any, float] = {}
        super().__init__(at, _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's would look the host's name up

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return len(self._ends) < _MOST

    def process_request(self, request: Any, client_address: Any) -> None:
        self._ends[request] = time.monotonic() + _LONGEST
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._ends.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        now = time.monotonic()
        for request, end in list(self._ends.items()):
            if end < now:
                self._ends.pop(request, None)
                self._end(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnects is no error."""

    @staticmethod
    def _end(request: socket.socket) -> None:
        try:
            request.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended already


class _Handler(BaseHTTPRequestHandler):
    timeout = _LONGEST

    def _take(self) -> None:
        length = self.headers.get("Content-Length", "")
        if length.isdecimal():
            self.rfile.read(min(int(length), _LONGEST_BODY))
        assert isinstance(self.server, _Server)
        self._send(self.server.answer(self.path))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _take  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        content = {"Content-Type": answer.media, "Content-Length": str(len(answer.body))}
        fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        for name, value in (content | fixed | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What cannot be read is refused without repeating it."""
        title = self.responses.get(code, ("Refused",))[0]
        self._send(_json(code, _PROBLEM, {}, type="about:blank", title=title, status=code))

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds: they are not logged."""
