"""Traces: a span arrives at a collector that speaks OTLP over HTTP."""

import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer

from commerce_bootstrap.otel import open_tracer

_PATIENCE = 90

arrived = threading.Event()


class Collector(BaseHTTPRequestHandler):
    """Takes whatever comes."""

    def do_POST(self) -> None:
        """A batch of spans."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        arrived.set()


collector = HTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=collector.serve_forever, daemon=True).start()
with ExitStack() as closing:
    tracer = open_tracer(f"http://127.0.0.1:{collector.server_port}", "test", closing)
    tracer.start_span("checkout").end()
assert arrived.wait(_PATIENCE)
