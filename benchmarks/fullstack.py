"""``make bench-full``: three processes that answer requests, three workers, and a crowd, on
PostgreSQL, RabbitMQ and OpenSearch.

Many orders on 500 items, of which 20 are hot; afterwards ``commerce check`` must find nothing.
Beside it pgbench does the SQL of one order, as the database's own log has it, one order at a time.
Servers, shop, crowd and pgbench share this machine's cores.

``python -m benchmarks.fullstack --orders 2000`` takes fewer. Raw results go to
``benchmarks/results``.
"""

import argparse
import json
import os
import random
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks import order_sql
from benchmarks.run import machine
from benchmarks.shopfront import HERE, Server, check_of, people_of, running
from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.settings import load_settings
from commerce_core.accounts import Role
from commerce_core.accounts.service import digest_of
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from scripts.servers.opensearch import OpenSearchServer
from scripts.servers.places import ROOT, reachable
from scripts.servers.postgres import PostgresServer
from scripts.servers.rabbitmq import RabbitServer

ORDERS: Final = 20_000
ITEMS: Final = 500
HOT: Final = 20
PROCESSES: Final = 3
CONNECTIONS: Final = 32
PGBENCH_SECONDS: Final = 15
_PATIENCE: Final = 1_800.0


@attrs.frozen(kw_only=True)
class Stack:
    """Servers that run, and the settings of a shop on them."""

    folder: Path
    postgres: PostgresServer
    settings: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """Of a `commerce` process."""
        return {
            name: value for name, value in os.environ.items() if not name.startswith("COMMERCE_")
        } | self.settings


@contextmanager
def servers() -> Generator[Stack]:
    """Three servers of the benchmark's own while the block lasts, PostgreSQL with a log that can be
    read by machines.
    """
    folder = reachable(ROOT / "var" / "bench") / secrets.token_hex(4)
    log = ("logging_collector=on", "log_destination=jsonlog", "log_directory=log")
    with ExitStack() as closing, tempfile.TemporaryDirectory() as place:
        closing.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres, *others = (
            PostgresServer(folder / "postgres", log),
            RabbitServer(folder / "rabbitmq"),
            OpenSearchServer(folder / "search"),
        )
        for server in (postgres, *others):
            closing.callback(server.stop)
            server.start()
        settings = {
            "COMMERCE_DATABASE_URL": postgres.url,
            "COMMERCE_BROKER_URL": others[0].url,
            "COMMERCE_SEARCH_URL": f"{others[1].url}/shop",
            "COMMERCE_PAYMENT_URLS": f"sandbox:///{place}/payments.db",
            "COMMERCE_CARRIER_URL": f"sandbox:///{place}/carrier.db",
        }
        yield Stack(folder=Path(place), postgres=postgres, settings=settings)


def stocked(stack: Stack, orders: int) -> list[str]:
    """The shop's items, with enough of each, straight into the books."""
    settings = load_settings(stack.settings)
    migrate_database(settings)
    (token,) = people_of(settings, Role.SELLER, 1, "seller")
    shop = build_shop(settings)
    try:
        seller = SellerId(shop.accounts.authenticate(token).id)
        goods = (
            NewItem(name=f"Thing {no}", price=Money(995 + no, "USD"), quantity=2 * orders)
            for no in range(ITEMS)
        )
        return [shop.items.onboard(seller, item).item.id for item in goods]
    finally:
        shop.close()


def baskets(items: Sequence[str], tokens: Sequence[str]) -> list[dict[str, Any]]:
    """Buyers with what they want: one of the hot items, and one of the others."""
    return [
        {"token": token, "items": [random.choice(items[:HOT]), random.choice(items[HOT:])]}
        for token in tokens
    ]


def drive(
    shops: Sequence[Server], kind: str, name: str, work: Sequence[Any]
) -> list[dict[str, Any]]:
    """One load client for each process, with its part of the *work*; what each of them saw."""
    with ThreadPoolExecutor(len(shops)) as pool:
        parts = [
            pool.submit(
                shop.drive, kind=kind, connections=CONNECTIONS, **{name: work[no :: len(shops)]}
            )
            for no, shop in enumerate(shops)
        ]
    return [part.result() for part in parts]


def measure(stack: Stack, orders: int) -> dict[str, Any]:
    """The crowd's orders, and how they were found afterwards."""
    items = stocked(stack, orders)
    tokens = people_of(load_settings(stack.settings), Role.BUYER, orders, "buyer")
    with ExitStack() as closing:
        start = [
            closing.enter_context(running(stack.folder, stack.environment, "serve", "--port", "0"))
            for _ in range(PROCESSES)
        ]
        for _ in range(PROCESSES):
            closing.enter_context(running(stack.folder, stack.environment, "worker"))
        filled = drive(start, "fill", "buyers", baskets(items, tokens))
        carts = [cart for part in filled for cart in part.pop("carts")]
        print(
            (
                f"{len(carts):,} carts filled, "
                f"{len(carts) * 2 / max(part['seconds'] for part in filled):,.0f} requests/s"
            ),
            flush=True,
        )
        report = drive(start, "checkouts", "carts", carts)
        began = min(part["began"] for part in report)
        accepted = max(part["ended"] for part in report) - began
        whole = start[0].at_rest(_PATIENCE) - began
        delivered = start[0].delivered(_PATIENCE) - began
    found = check_of(stack.environment)
    statuses = sum((Counter(part["statuses"]) for part in report), Counter[str]())
    return {
        "orders": orders,
        "accepted_per_second": orders / accepted,
        "completed_per_second": orders / whole,
        "delivered_after": delivered,
        "statuses": statuses,
        "p95_ms": max(part["p95_ms"] for part in report),
        "fill": filled,
        "checkouts": report,
        "check": found,
    }


def one_order(stack: Stack) -> order_sql.Recorded:
    """One order from its filled cart to its end, with everything that the database was asked for
    it.
    """
    items = stocked(stack, ITEMS)
    (token,) = people_of(load_settings(stack.settings), Role.BUYER, 1, "alone")
    noisy = stack.environment | {"PGOPTIONS": "-c log_statement=all"}
    with (
        running(stack.folder, noisy, "serve", "--port", "0") as shop,
        running(stack.folder, noisy, "worker"),
    ):
        cart = shop.drive(
            kind="fill", buyers=[{"token": token, "items": [items[0], items[-1]]}], connections=1
        )["carts"][0]
        shop.delivered()
        before = order_sql.cart_row(stack.postgres.url, cart["cartId"])
        shop.drive(kind="checkouts", carts=[cart], connections=1)
        shop.at_rest()
        shop.delivered()
    return order_sql.recorded(stack.postgres, cart["cartId"], before, digest_of(token))


def main() -> None:
    """Print the figures, and keep what is behind them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=ORDERS)
    orders: int = parser.parse_args().orders
    load = os.getloadavg()
    with servers() as stack:
        alone = order_sql.timed(stack.postgres, one_order(stack), PGBENCH_SECONDS)
        print(
            (
                f"pgbench, the SQL of one order at a time: {alone['per_second']:,.0f} orders/s "
                f"({alone['statements']} statements)"
            ),
            flush=True,
        )
    with servers() as stack:
        crowd = measure(stack, orders)
    found = crowd["check"]
    print(
        (
            f"{orders:,} orders on {ITEMS} items, {HOT} of them hot, {PROCESSES} + {PROCESSES} "
            "processes: "
        ),
        end="",
    )
    print(
        f"accepted {crowd['accepted_per_second']:,.0f}/s, completed "
        f"{crowd['completed_per_second']:,.0f}/s; answers {dict(crowd['statuses'])}"
    )
    print(
        f"{len(found['violations'])} violations, {len(found['deadLetters'])} dead letters in "
        f"{found['orders']:,} orders"
    )
    at = datetime.now(UTC)
    kept = {
        "at": at.isoformat(timespec="seconds"),
        "command": f"python -m benchmarks.fullstack --orders {orders}",
        "machine": machine(),
        "load_before_and_after": (load, os.getloadavg()),
        "pgbench": alone,
        "crowd": crowd,
    }
    path = HERE / "results" / f"{at:%Y-%m-%d}-fullstack.json"
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"raw results: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
