"""``make bench``: every figure beside its comparison from the same run, and the target that is to
be reached.

The shop runs as a person starts it, ``commerce serve`` in an empty folder, on the embedded default;
the load comes from a process of its own on the same machine. ``COMMERCE_SHARED`` names the folder
with the real catalogue. Raw results go to ``benchmarks/results``.
"""

import compileall
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import attrs

from benchmarks import icecat, messages
from benchmarks.comparisons import bare_server, engine_alone, engine_filled
from benchmarks.figures import Row, at_least, at_most
from benchmarks.shopfront import HERE, Server, check, item_ids, people, serving
from commerce_cli.tables import read_table
from commerce_core.accounts import Role

CONNECTIONS: Final = 64
JOURNEYS: Final = 2_000
ORDERS: Final = 4_000
SINGLE_ORDERS: Final = 200
SECONDS: Final = 4.0
PATCHES: Final = 400
_VERSIONS: Final = ("sqlalchemy", "litestar", "uvicorn", "tantivy")


@attrs.define(kw_only=True)
class Scene:
    """A shop that is served, with its catalogue and its crowd."""

    folder: Path
    seller: str
    buyers: list[str]
    server: Server
    items: list[str] = attrs.field(factory=list)
    terms: list[str] = attrs.field(factory=list)
    new_terms: list[str] = attrs.field(factory=list)

    def crowd(self, count: int) -> list[str]:
        """Buyers who have done nothing yet."""
        taken, self.buyers = self.buyers[:count], self.buyers[count:]
        return taken

    def with_items(
        self, count: int, each: int, items: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Buyers, each with some items that they want."""
        chosen = items or self.items
        return [
            {"token": token, "items": random.sample(chosen, each)} for token in self.crowd(count)
        ]


def cold_start(folder: Path) -> Row:
    """From the start of the command to the first answer, byte-compiled as what pip installs is."""
    compileall.compile_dir(HERE.parent / "src", quiet=1)
    with serving(folder) as server:
        server.ask("/health/live")
        took = time.monotonic() - server.began
    with bare_server() as bare:
        bare.ask("/")
        other = time.monotonic() - bare.began
    return at_most(
        "cold start to the first answer", took, "s", 1.5, f"bare uvicorn {other:.2f} s", bare=other
    )


def import_catalogue(scene: Scene) -> Row:
    """The real catalogue through POST /item-imports until all of it is searchable."""
    data = b"".join(icecat.lines(icecat.rows(icecat.folder())))
    before, began = scene.server.memory(), time.monotonic()
    job = scene.server.ask(
        "/item-imports",
        token=scene.seller,
        data=data,
        headers={"Content-Type": "application/x-ndjson"},
    )
    while (report := scene.server.ask(f"/item-imports/{job['importId']}", token=scene.seller))[
        "status"
    ] != "finished":
        time.sleep(0.05)
    took = scene.server.delivered() - began
    found = scene.server.ask("/items?size=1")["total"]
    if report["created"] != report["rows"] or found["count"] != report["rows"]:
        raise RuntimeError(f"not all rows went in: {report}, found {found}")
    engine = engine_filled(icecat.folder())
    compared = (
        f"the engine alone {engine:.1f} s; memory {before:.0f} -> {scene.server.memory():.0f} MB"
    )
    return at_most(
        f"import of {report['rows']:,} real products, searchable",
        took,
        "s",
        20,
        compared,
        engine=engine,
        report=report,
    )


def searches(scene: Scene) -> list[Row]:
    """Pages of search results: for terms that nobody has asked for yet, as the index keeps pages
    that were asked for, and for popular ones.
    """
    new = [f"/items?term={quote(term)}" for term in scene.new_terms]
    popular = [f"/items?term={quote(term)}" for term in scene.terms]
    once = scene.server.drive(kind="gets", paths=new[::2], connections=1, seconds=SECONDS, warm=1.0)
    many = scene.server.drive(
        kind="gets", paths=new[1::2], connections=16, seconds=SECONDS, warm=1.0
    )
    again = scene.server.drive(
        kind="gets", paths=popular, connections=16, seconds=SECONDS / 2, warm=1.0
    )
    engine = engine_alone(
        scene.folder / "search", scene.new_terms[:: len(scene.new_terms) // 2_000]
    )
    cost = once["p50_ms"] - engine["p50_ms"]
    alone = f"the engine alone, one thread {engine['per_second']:,.0f}/s"
    return [
        at_least(
            "search pages, every term a new one",
            _rate(many),
            "/s",
            2_000,
            alone,
            http=many,
            engine=engine,
        ),
        at_least(
            "search pages, 67 popular terms", _rate(again), "/s", 2_000, "kept pages", http=again
        ),
        at_most(
            "API cost over the engine's own search, p50",
            cost,
            "ms",
            1.0,
            f"HTTP {once['p50_ms']:.2f}, engine {engine['p50_ms']:.2f} ms",
            http=once,
        ),
    ]


def pairs_of_words() -> list[str]:
    """Terms of two words each, from the names of the catalogue, every one once."""
    named = (str(row["name"]).split() for row in icecat.rows(icecat.folder()))
    return list(
        dict.fromkeys(
            " ".join(words[at : at + 2]) for words in named for at in range(min(len(words) - 1, 4))
        )
    )


def details(scene: Scene) -> Row:
    """Pages of an item."""
    paths = [f"/items/{item}" for item in scene.items]
    report = scene.server.drive(kind="gets", paths=paths, connections=16, seconds=SECONDS, warm=1.0)
    with bare_server() as bare:
        other = bare.drive(kind="gets", paths=["/"], connections=16, seconds=SECONDS / 2, warm=0.5)
    return at_least(
        "item details",
        _rate(report),
        "/s",
        4_000,
        f"bare uvicorn {_rate(other):,.0f}/s",
        http=report,
        bare=other,
    )


def long_carts(scene: Scene) -> list[Row]:
    """PATCH /cart of a cart with one line, of one with 200, and of the longest."""
    p95 = {}
    for lines in (1, 200, 1_000):
        (token,) = scene.crowd(1)
        items = scene.items[:lines]
        scene.server.drive(kind="patches", token=token, items=items, count=max(lines, 50))
        p95[lines] = scene.server.drive(kind="patches", token=token, items=items, count=PATCHES)[
            "p95_ms"
        ]
    compared = f"1 line {p95[1]:.2f} ms, 200 lines {p95[200]:.2f} ms"
    per_line = (p95[1_000] / 1_000) / (p95[200] / 200)
    longest = f"1,000 lines {p95[1_000]:.2f} ms"
    return [
        at_most(
            "PATCH /cart p95, 200 lines against 1",
            p95[200] / p95[1],
            "x",
            1.2,
            compared,
            p95_ms=p95,
        ),
        at_most(
            "PATCH /cart p95 of a line, 1,000 lines against 200",
            per_line,
            "x",
            1.5,
            longest,
            p95_ms=p95,
        ),
    ]


def journeys(scene: Scene) -> Row:
    """Two PATCH /cart and POST /checkout for each buyer, and every saga to its end."""
    report = scene.server.drive(
        kind="journeys", buyers=scene.with_items(JOURNEYS, 2), connections=CONNECTIONS
    )
    whole = JOURNEYS / (scene.server.at_rest() - report["began"])
    _expect(report, {200: 2 * JOURNEYS, 201: JOURNEYS})
    accepted = JOURNEYS / report["seconds"]
    compared = f"accepted {accepted:,.0f}/s, request p95 {report['p95_ms']:.0f} ms"
    return at_least("whole journeys up to COMPLETED", whole, "/s", 300, compared, http=report)


def orders(scene: Scene) -> list[Row]:
    """Filled carts to the cash desk: many at once, one at a time, and all for one SKU."""
    uniform = _checkouts(scene, scene.with_items(ORDERS, 2), CONNECTIONS)
    single = _checkouts(scene, scene.with_items(SINGLE_ORDERS, 2), 1)
    one_line = _checkouts(scene, scene.with_items(ORDERS // 2, 1), CONNECTIONS)
    hot = _checkouts(scene, scene.with_items(ORDERS // 2, 1, [_hot_item(scene)]), CONNECTIONS)
    ratio = uniform["accepted"] / single["accepted"]
    return [
        at_least(
            "checkouts of filled carts up to COMPLETED", uniform["whole"], "/s", 600,
            f"accepted {uniform['accepted']:,.0f}/s", raw=uniform
        ),
        at_least("checkouts accepted, grouped against one at a time", ratio, "x", 1.5,
            f"one at a time {single['accepted']:,.0f}/s", raw=single),
        at_least(
            "one hot SKU against uniform ones", hot["accepted"] / one_line["accepted"], "x", 0.8,
            f"hot {hot['accepted']:,.0f}/s, uniform {one_line['accepted']:,.0f}/s", hot=hot,
            uniform=one_line,
        ),
    ]  # fmt: skip


def _checkouts(scene: Scene, buyers: list[dict[str, Any]], connections: int) -> dict[str, Any]:
    carts = scene.server.drive(kind="fill", buyers=buyers, connections=CONNECTIONS)["carts"]
    report = scene.server.drive(kind="checkouts", carts=carts, connections=connections)
    rest = scene.server.at_rest()
    _expect(report, {201: len(buyers)})
    return report | {
        "accepted": len(buyers) / report["seconds"],
        "whole": len(buyers) / (rest - report["began"]),
    }


def _hot_item(scene: Scene) -> str:
    new = {"sku": "HOT-1", "name": "Everybody wants it", "price": "9.99", "quantity": ORDERS}
    made = scene.server.ask(
        "/items",
        token=scene.seller,
        data=json.dumps(new).encode(),
        headers={"Content-Type": "application/json"},
    )
    item_id: str = made["itemId"]
    return item_id


def _rate(report: dict[str, Any]) -> float:
    _expect(report, {200: report["requests"]})
    return float(report["requests"] / report["seconds"])


def _expect(report: dict[str, Any], statuses: dict[int, int]) -> None:
    if {int(status): count for status, count in report["statuses"].items()} != statuses:
        raise RuntimeError(f"expected {statuses}, was answered {report['statuses']}")


def delivery() -> list[Row]:
    """Events through RabbitMQ and pika alone, in turns."""
    report = messages.measure()
    return [
        at_least(
            f"{what} against pika alone",
            report[f"{ours}_ratio"],
            "x",
            0.5,
            f"ours {report[ours]:,.0f}/s, pika {report[bare]:,.0f}/s",
            raw=report,
        )
        for what, ours, bare in (
            ("relay from outbox to RabbitMQ", "relay", "bare_publisher"),
            ("consumer of RabbitMQ", "follower", "bare_consumer"),
        )
    ]


def measure(folder: Path, say: Callable[[Row], None]) -> None:
    """Every row, each told as soon as it is known."""
    say(cold_start(folder))
    (seller,) = people(folder, Role.SELLER, 1, "seller")
    buyers = people(folder, Role.BUYER, JOURNEYS + 2 * ORDERS + SINGLE_ORDERS + 3, "buyer")
    with serving(folder) as server:
        scene = Scene(folder=folder, seller=seller, buyers=buyers, server=server)
        say(import_catalogue(scene))
        scene.terms = [row["query"] for row in read_table(icecat.folder() / "queries.tsv")]
        scene.new_terms = pairs_of_words()
        scene.items = item_ids(server, [quote(term) for term in scene.terms])
        for row in searches(scene):
            say(row)
        say(details(scene))
        for row in long_carts(scene):
            say(row)
        say(journeys(scene))
        for row in orders(scene):
            say(row)
        server.delivered()
        peak = server.memory("VmHWM")
        say(
            at_most(
                "resident memory at its most, all of the above",
                peak,
                "MB",
                250,
                f"now {server.memory():.0f} MB",
            )
        )
    for row in delivery():
        say(row)
    found = check(folder)
    detail = f"{found['orders']:,} orders, {found['unfinished']} under way"
    say(
        at_most(
            "violations that `commerce check` finds afterwards",
            len(found["violations"]),
            "",
            0,
            detail,
            check=found,
        )
    )


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    versions = {name: version(name) for name in _VERSIONS}
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    } | versions


def main() -> None:
    """Print the table, and keep what is behind it."""
    if not os.environ.get("COMMERCE_SHARED"):
        sys.exit("COMMERCE_SHARED must name the folder with the real catalogue.")
    rows: list[Row] = []

    def say(row: Row) -> None:
        rows.append(row)
        print(
            (
                f"{row.what:<55} {row.figure:>9,.2f} {row.unit:<3} {row.target:>9} "
                f"{'' if row.met else 'MISSED':<7} {row.compared}"
            ),
            flush=True,
        )

    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), say)
    at = datetime.now(UTC)
    kept = {
        "at": at.isoformat(timespec="seconds"),
        "command": "make bench",
        "machine": machine(),
        "rows": [attrs.asdict(row) for row in rows],
    }
    path = HERE / "results" / f"{at:%Y-%m-%d}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"raw results: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
