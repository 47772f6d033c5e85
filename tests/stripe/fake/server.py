"""The program around the fake: HTTP/1.1 on 127.0.0.1, one thread for each connection."""

import json
import socket
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from . import challenge
from .api import Api, Lost, Reply, Request
from .control import Control
from .faults import Faults
from .webhooks import Webhooks
from .world import World

_BODY = 1024 * 1024
_CONNECTIONS = 512


class Server(ThreadingHTTPServer):
    """A fake that listens. Seeds make ids, faults and webhooks repeatable."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, keys: Iterable[tuple[str, str]], seed: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.webhooks = Webhooks(seed)
        self.world = World(self.webhooks, seed, self.address)
        for key, account in keys:
            self.world.open(key, account)
        self.api = Api(self.world, Faults(seed))
        self.control = Control(self.api, self.webhooks)
        self._places = threading.BoundedSemaphore(_CONNECTIONS)

    def run(self) -> None:
        """Serve until the program ends."""
        self.webhooks.start()
        threading.Thread(target=self._keep_time, daemon=True).start()
        self.serve_forever()

    def _keep_time(self) -> None:
        """Let happen what is due although nobody calls."""
        pause = threading.Event()
        while not pause.wait(0.1):
            with self.world.lock:
                self.world.catch_up()

    def process_request(self, request: Any, client_address: Any) -> None:
        # With every place taken new connections wait in the backlog.
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 60
    wbufsize = -1
    disable_nagle_algorithm = True

    def _any(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > _BODY:
            self.close_connection = True
            self._write(Reply(413, b"", type="text/plain"))
            return
        body = self.rfile.read(int(length))
        try:
            self._write(self._reply(body))
        except Lost:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_DELETE = _any  # noqa: N815 (the library's names)

    def _reply(self, body: bytes) -> Reply:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if path.startswith("/_fake/3ds/"):
            page = path.removeprefix("/_fake/3ds/")
            return challenge.visit(
                self.server.world, self.command, page, parts.query, body.decode("latin-1")
            )
        if path.startswith("/_fake/"):
            control = self.server.control
            status, told = control.answer(self.command, path.removeprefix("/_fake/"), body)
            return Reply(status, json.dumps(told).encode())
        text = body.decode(errors="replace")
        return self.server.api.answer(Request(self.command, path, parts.query, text, self.headers))

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            # Callers that give up are what faults are for.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: ``GET /_fake/calls`` tells what was called."""
