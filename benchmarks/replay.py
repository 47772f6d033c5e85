"""``python -m benchmarks.replay``: a real shop's year, replayed whole through HTTP.

Its goods come in by an import, each of its customers is a buyer, and every order is placed for its
buyer in order of time: one request fills the cart, one checks it out. Many buyers order side by
side, each one's orders follow each other. When nothing is under way any more, every buyer must have
what the customer bought, in that order, and `commerce check` must be clean. ``--orders`` replays
the beginning of the year.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks import onlineretail
from benchmarks.onlineretail import PastOrder
from benchmarks.run import machine
from benchmarks.shopfront import HERE, Server, check_of, environment, people, running
from commerce_core.accounts import Role

CONNECTIONS: Final = 32
_NDJSON: Final = {"Content-Type": "application/x-ndjson"}
_DRAIN: Final = 600.0


@attrs.frozen(kw_only=True)
class Replayed:
    """What came of it. Seconds are from the first request of a buyer on: until the last answer, and
    until nothing was under way.
    """

    orders: int
    lines: int
    buyers: int
    import_seconds: float
    accepted_seconds: float
    whole_seconds: float
    statuses: Mapping[str, int]
    times: Mapping[str, float]
    check: Mapping[str, Any]
    memory_mb: float

    def report(self) -> dict[str, Any]:
        """As JSON, with what it is per second."""
        per_second = {
            "orders_accepted_per_second": round(self.orders / self.accepted_seconds, 1),
            "orders_per_second": round(self.orders / self.whole_seconds, 1),
            "lines_per_second": round(self.lines / self.whole_seconds, 1),
        }
        return attrs.asdict(self) | per_second


def replay(folder: Path, most: int | None = None, connections: int = CONNECTIONS) -> Replayed:
    """Replay the first *most* orders (``None``: all) in a new shop in *folder*.

    Raises:
        RuntimeError: something was not answered as it should be, or is not as it should be
            afterwards.
    """
    year = onlineretail.folder()
    past = onlineretail.orders(year, most)
    customers = list(dict.fromkeys(order.customer for order in past))
    settings = environment(folder) | {"COMMERCE_CURRENCY": onlineretail.CURRENCY}
    with running(folder, settings, "serve", "--port", "0") as server:
        (seller,) = people(folder, Role.SELLER, 1, "seller")
        buyers = dict(
            zip(customers, people(folder, Role.BUYER, len(customers), "customer"), strict=True)
        )
        began = time.monotonic()
        ids = _bring_in(
            server,
            seller,
            b"".join(json.dumps(row).encode() + b"\n" for row in onlineretail.rows(year, past)),
        )
        imported = time.monotonic() - began
        report = server.drive(
            kind="history", orders=_wanted(past, buyers, ids), connections=connections
        )
        whole = server.at_rest(_DRAIN) - report["began"]
        server.delivered(_DRAIN)
        memory = server.memory("VmHWM")
        _compare(server, past, buyers)
    if report["statuses"] != {"200": len(past), "201": len(past)}:
        raise RuntimeError(f"not every order was placed: {report}")
    found = check_of(settings)
    if not found["clean"] or found["orders"] != len(past) or found["unfinished"]:
        raise RuntimeError(f"not everything holds afterwards: {found}")
    return Replayed(
        orders=len(past),
        lines=sum(len(order.wanted) for order in past),
        buyers=len(buyers),
        import_seconds=imported,
        accepted_seconds=report["seconds"],
        whole_seconds=whole,
        statuses=report["statuses"],
        times={name: report[name] for name in ("p50_ms", "p95_ms", "p99_ms")},
        check=found,
        memory_mb=memory,
    )


def _bring_in(server: Server, seller: str, data: bytes) -> dict[str, str]:
    """Import the goods; their ids by SKU."""
    job = server.ask("/item-imports", token=seller, data=data, headers=_NDJSON)
    while (report := server.ask(f"/item-imports/{job['importId']}", token=seller))[
        "status"
    ] != "finished":
        time.sleep(0.05)
    if report["created"] != report["rows"]:
        raise RuntimeError(f"not all goods went in: {report}")
    server.delivered()
    return {
        hit["sku"]: hit["itemId"] for hit in _pages(server, "/items?size=100&sort=newest", "items")
    }


def _wanted(
    past: Sequence[PastOrder], buyers: Mapping[str, str], ids: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The orders as their buyers place them now."""
    return [
        {
            "token": buyers[o.customer],
            "lines": [{"itemId": ids[sku], "quantity": n} for sku, n in o.wanted.items()],
        }
        for o in past
    ]


def _compare(server: Server, past: Sequence[PastOrder], buyers: Mapping[str, str]) -> None:
    """Every buyer has bought what the customer did, in that order, and has it."""
    bought: dict[str, list[dict[str, int]]] = {}
    for order in past:
        bought.setdefault(order.customer, []).append(dict(order.wanted))
    for customer, wanted in bought.items():
        report = list(_pages(server, "/orders?size=100", "orders", buyers[customer]))
        found = [
            {line["sku"]: line["quantity"] for line in order["lines"]} for order in reversed(report)
        ]
        if found != wanted or {order["status"] for order in report} != {"COMPLETED"}:
            raise RuntimeError(f"customer {customer} ordered {wanted}, and has {report}"[:2000])


def _pages(server: Server, path: str, name: str, token: str = "") -> Iterator[dict[str, Any]]:
    """Everything in a list of the shop."""
    cursor: str | None = ""
    while cursor is not None:
        page = server.ask(f"{path}&cursor={cursor}", token=token)
        yield from page[name]
        cursor = page["nextCursor"]


def main() -> None:
    """Print what came of it, and keep it."""
    requests = argparse.ArgumentParser(
        prog="python -m benchmarks.replay", description="A real shop's year, replayed through HTTP."
    )
    requests.add_argument(
        "--orders", type=int, default=None, help="of the beginning of the year; all without"
    )
    most = requests.parse_args().orders
    if not os.environ.get("COMMERCE_SHARED"):
        sys.exit("COMMERCE_SHARED must name the folder with the shop's year.")
    with tempfile.TemporaryDirectory() as place:
        report = replay(Path(place), most).report()
    print(
        f"{report['orders']:,} orders of {report['buyers']:,} buyers, {report['lines']:,} lines: "
        f"{report['orders_per_second']:,.0f} orders/s and "
        f"{report['lines_per_second']:,.0f} lines/s up to COMPLETED, "
        f"{report['orders_accepted_per_second']:,.0f} orders/s accepted; requests "
        f"p50 {report['times']['p50_ms']:.1f}, p99 {report['times']['p99_ms']:.1f} ms; "
        f"{report['memory_mb']:.0f} MB; `commerce check` is clean"
    )
    at = datetime.now(UTC)
    kept = {
        "at": at.isoformat(timespec="seconds"),
        "command": "python -m benchmarks.replay",
        "machine": machine(),
        "replayed": report,
    }
    path = HERE / "results" / f"{at:%Y-%m-%d}-replay.json"
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"raw results: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
