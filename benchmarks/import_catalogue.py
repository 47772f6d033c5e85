"""An import of any length, and the memory that it takes: the real catalogue again and again, each
time under SKUs of its own.

Run: ``COMMERCE_SHARED=… python benchmarks/import_catalogue.py --rows 100000``. It prints one JSON
document.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a script, it lies beside what it imports
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import icecat
from benchmarks.shopfront import Server, people, serving
from commerce_core.accounts import Role


def measured(server: Server, seller: str, data: bytes) -> dict[str, Any]:
    """Import *data*; what became of it, and the resident megabytes of the shop at every tenth of
    its rows.
    """
    began = time.monotonic()
    whole, memory = data.count(b"\n"), [server.memory()]
    job = server.ask(
        "/item-imports", token=seller, data=data, headers={"Content-Type": "application/x-ndjson"}
    )
    while (report := server.ask(f"/item-imports/{job['importId']}", token=seller))[
        "status"
    ] != "finished":
        if report["rows"] * 10 >= whole * len(memory):
            memory.append(server.memory())
        time.sleep(0.02)
    seconds = server.delivered() - began
    memory.append(server.memory())
    return {
        "seconds": round(seconds, 2),
        "memory_mb": [round(x) for x in memory],
        "searchable": found(server),
        "report": report,
    }


def found(server: Server) -> int:
    """How many items a search finds in all."""
    return int(server.ask("/items?size=1")["total"]["count"])


def main() -> None:
    """Import as many rows as asked for into a shop of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    data = b"".join(icecat.lines(icecat.many(icecat.folder(), rows)))
    with tempfile.TemporaryDirectory() as place:
        (seller,) = people(Path(place), Role.SELLER, 1, "seller")
        with serving(Path(place)) as server:
            json.dump(
                {"rows": rows, "bytes": len(data)} | measured(server, seller, data),
                sys.stdout,
                indent=1,
            )
            print()


if __name__ == "__main__":
    main()
