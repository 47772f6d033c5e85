"""What the shop is compared with in the same run: a bare server, and the search engine alone."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.search_quality import SystemClock, fill
from benchmarks.shopfront import Server
from commerce_core.search import Query
from commerce_core.search.service.scoring import percentile
from commerce_tantivy import TantivyIndex

_HELLO = b'{"hello":"world"}'
_SERVE_HELLO = "from benchmarks.comparisons import serve_hello; serve_hello()"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI application can do."""
    if scope["type"] != "http":
        return
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_HELLO)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _HELLO})


def serve_hello() -> None:
    """Serve :func:`hello` as the shop is served, and print the address."""
    import socket

    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        hello,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
    )
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def bare_server() -> Iterator[Server]:
    """A bare ASGI application on uvicorn while the block lasts."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE_HELLO], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Server(process=process, address=process.stdout.readline().strip(), began=began)
    finally:
        process.terminate()
        process.wait(30)


def engine_alone(index: Path, terms: Sequence[str]) -> dict[str, float]:
    """The engine's own searches for *terms*, each once and one after the other, in the index that
    the shop serves.
    """
    engine = TantivyIndex(index, currency="USD", clock=SystemClock())
    spent = []
    try:
        for term in terms:
            began = time.perf_counter()
            engine.find(Query(term=term))
            spent.append(time.perf_counter() - began)
    finally:
        engine.close()
    counted = spent[len(terms) // 10 :]
    return {"per_second": len(counted) / sum(counted), "p50_ms": percentile(counted, 0.5) * 1e3}


def engine_filled(folder: Path) -> float:
    """The seconds in which the engine alone takes the whole catalogue."""
    with tempfile.TemporaryDirectory() as place:
        engine = TantivyIndex(Path(place) / "index", currency="USD", clock=SystemClock())
        _, spent = fill(engine, folder)
        engine.close()
    return spent
