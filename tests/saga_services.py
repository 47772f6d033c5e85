"""Whoever the steps in ``examples/saga_steps.py`` call: over HTTP, with books for tests."""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

EXAMPLES: Final = Path(__file__).parents[1] / "examples"


class SagaServices:
    """A fraud check and a loyalty programme. *verdicts* are by order, else ``accept``."""

    def __init__(self) -> None:
        self.verdicts: dict[str, str] = {}
        self.default = "accept"
        self.keys = Counter[tuple[str, str]]()
        self.checks: set[str] = set()
        self.closed: set[str] = set()
        self.points = Counter[str]()
        self.members = True
        self.meanwhile: Callable[[str], None] = lambda path: None
        self.url = ""
        self._turn = threading.Lock()

    def answer(self, path: str, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What is answered to a request; the same key counts once."""
        self.meanwhile(path)
        with self._turn:
            self.keys[path, key] += 1
            again = self.keys[path, key] > 1
            if path == "/checks":
                self.checks.add(body["order"])
                verdict = self.verdicts.get(body["order"], self.default)
                return 200, {"verdict": verdict, "score": 71 if verdict == "review" else 3}
            if path == "/checks/closed":
                self.closed.add(body["order"])
                return 200, {}
            if not self.members:
                return 404, {}
            self.points[body["member"]] += 0 if again else body["points"]
            return 200, {}


@contextmanager
def saga_services() -> Generator[SagaServices]:
    """Both, answering at an address of their own."""
    services = SagaServices()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = services.answer(self.path, self.headers["Idempotency-Key"], body)
            text = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except ConnectionError:
                pass  # whoever asked is gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    services.url = f"http://127.0.0.1:{server.server_port}"
    sys.path.insert(0, str(EXAMPLES))
    try:
        yield services
    finally:
        sys.path.remove(str(EXAMPLES))
        server.shutdown()
        server.server_close()
        thread.join()
