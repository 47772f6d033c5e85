"""One trace follows an order from the request through relay, worker and consumer; and logs name it
without any collector.
"""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.shoppers import Client, stocked
from tests.live import COMMERCE, LiveShop

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
_PATIENCE: Final = 180.0


class Collector:
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        """Each with the process that it is from."""

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Its address, within the block."""
        spans = self.spans

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                given = ExportTraceServiceRequest.FromString(
                    gzip.decompress(body)
                    if self.headers.get("Content-Encoding") == "gzip"
                    else body
                )
                for part in given.resource_spans:
                    about = {a.key: a.value.string_value for a in part.resource.attributes}
                    spans.extend(
                        (about["service.instance.id"], span)
                        for scope in part.scope_spans
                        for span in scope.spans
                    )
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def of_trace(self) -> dict[str, str]:
        """The process of each span in the client's trace, by the span's name."""
        return {span.name: process for process, span in self.spans if span.trace_id.hex() == TRACE}


def until(holds: Callable[[], object], state: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.05)


def order(client: Client, item_id: str, card: str, **headers: str) -> str:
    """The id of a new order."""
    status, _ = client.ask("PATCH", "/cart", {"itemId": item_id, "quantity": 1})
    assert status == 200
    _, cart = client.ask("GET", "/cart")
    status, placed = client.ask(
        "POST",
        "/checkout",
        {
            "cartId": cart["cartId"],
            "amount": cart["total"],
            "paymentInfo": {"paymentType": "card", "cardNo": card},
        },
        **headers,
    )
    assert status == 201, placed
    return str(placed["orderId"])


@pytest.fixture
def collector() -> Collector:
    return Collector()


def test_one_trace_follows_an_order_through_serve_and_worker_and_the_log_names_it(
    tmp_path: Path, rabbitmq_url: str, collector: Collector
) -> None:
    (item_id, *_), (token, *_) = stocked(tmp_path, 1)
    with collector.listening() as address, ExitStack() as stack:
        settings = {
            "COMMERCE_BROKER_URL": rabbitmq_url, "COMMERCE_OTLP_URL": address,
            "OTEL_BSP_SCHEDULE_DELAY": "100", "COMMERCE_RETRY": "0.1",
        }  # fmt: skip
        shop, worker = (
            LiveShop(tmp_path, settings, (COMMERCE, *words))
            for words in (("serve", "--port", "0"), ("worker",))
        )
        for process in (shop, worker):
            stack.callback(process.stop)
        client = Client(shop.address, token)
        stack.callback(client.close)
        order_id = order(
            client, item_id, "4000000000000119", traceparent=f"00-{TRACE}-b7ad6b7169203331-01"
        )
        expected = {
            "POST /checkout", "place orders", "saga confirm", "saga book",
            "publish orders.order_created.v1", "consume seller-orders",
            "publish orders.order_completed.v1",
        }  # fmt: skip
        until(
            lambda: expected <= collector.of_trace().keys(),
            lambda: (collector.of_trace(), shop.log.read_text()[-3000:]),
        )
    found = collector.of_trace()
    serve_process, worker_process = found["POST /checkout"], found["saga confirm"]
    assert serve_process != worker_process
    assert found["place orders"] == serve_process
    assert {found[name] for name in expected - {"POST /checkout", "place orders"}} == {
        worker_process
    }
    lines = [json.loads(line) for line in shop.log.read_text().splitlines() if line.startswith("{")]
    (unknown, *_) = [
        line for line in lines if "what became of confirm is not known" in line["event"]
    ]
    assert (unknown["order_id"], unknown["trace_id"]) == (order_id, TRACE)
    (request,) = [line for line in lines if line.get("route") == "/checkout"]
    assert (request["order_id"], request["trace_id"]) == (order_id, TRACE)
