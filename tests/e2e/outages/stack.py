"""A shop on servers of its own, as several processes: whatever of it is stopped, killed or frozen,
the rest goes on.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import psycopg

from commerce_bootstrap.settings import load_settings
from tests.e2e.outages.customers import Answer, Customers, Phone, Promise
from tests.e2e.shoppers import stocked_at
from tests.live import COMMERCE, LiveShop
from tests.servers import OpenSearchServer, PostgresServer, RabbitServer, own_server

#: How long an outage lasts: moments in the gate, a minute when somebody asks for it.
SECONDS: Final = float(os.environ.get("TEST_OUTAGE_SECONDS", "5"))
LEASE: Final = 2.0
_PATIENCE: Final = 240.0
_BUYERS: Final = 6
#: Orders whose end their seller was not told of: an event has not arrived yet.
UNTOLD: Final = """
    SELECT count(*) FROM orders WHERE NOT EXISTS (
        SELECT 1 FROM seller_order
        WHERE order_id = orders.id AND status IN ('COMPLETED', 'CANCELLED'))
"""


def until(holds: Callable[[], bool], state: Callable[[], object]) -> None:
    """Wait until *holds* does; not for ever: then *state* says how it stands."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.1)


class Stack:
    """One shop in *folder* with its settings, its processes and its people."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self.shops: list[LiveShop] = []
        self.workers: list[LiveShop] = []
        self.promises: list[Promise] = []
        self.items: Sequence[str] = ()
        self._tokens: Sequence[str] = ()

    def found(self) -> None:
        """Make its tables, and stock it."""
        self.command("migrate")
        self.items, self._tokens = stocked_at(load_settings(self.settings), _BUYERS)

    def serve(self) -> LiveShop:
        """One more process that answers requests."""
        self.shops.append(
            LiveShop(self.folder, self._environment, (COMMERCE, "serve", "--port", "0"))
        )
        return self.shops[-1]

    def work(self) -> LiveShop:
        """One more worker."""
        self.workers.append(LiveShop(self.folder, self._environment, (COMMERCE, "worker")))
        return self.workers[-1]

    def stop(self) -> None:
        """End every process in good order."""
        with ExitStack() as ending:  # one that does not end keeps nobody from ending the others
            for process in (*self.shops, *self.workers):
                ending.callback(process.stop)

    def onboard(self, name: str) -> None:
        """Offer an item, as its seller."""
        item = {"sku": name.upper().replace(" ", "-"), "name": name, "price": "9.99", "quantity": 5}
        answer = self.ask("POST", "/items", item, self._seller_token)
        assert answer.status == 201, answer

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Answer:
        """The answer to a request on a connection of its own."""
        phone = Phone(self.address, token)
        answer = phone.ask(method, path, body)
        phone.close()
        return answer

    @cached_property
    def _seller_token(self) -> str:
        person = {"email": "sol@shop.example", "password": "correct horse battery"}
        assert (
            self.ask("POST", "/accounts", {**person, "name": "Sol", "role": "seller"}).status == 201
        )
        token: str = self.ask("POST", "/sessions", person).body["token"]
        return token

    @property
    def address(self) -> str:
        """Where the shop is asked."""
        return self.shops[0].address

    @contextmanager
    def customers(self) -> Generator[Customers]:
        """People who order while the block lasts."""
        people = Customers([shop.address for shop in self.shops], self.items, self._tokens)
        with people:
            yield people
        self.promises += people.promises
        assert people.surprises == [], people.surprises[:3]

    def comes_to_rest(self) -> None:
        """Every order that was ever promised is there and ends as it may, every event has arrived,
        and nothing is wrong.
        """
        until(lambda: not self.unfinished(), self.unfinished)
        until(self.nothing_waits, self.last_words)
        until(lambda: self.query(UNTOLD) == 0, lambda: (self.query(UNTOLD), self.last_words()))
        report: dict[str, Any] = {}

        def clean() -> bool:
            """The index may be a moment behind."""
            report.update(self.check())
            return bool(report["clean"] and report["atRest"])

        until(clean, lambda: report)
        promised = {promise.order_id for promise in self.promises}
        assert len(promised) == len(self.promises) == report["orders"], (
            "an order that nobody was promised, or none that was"
        )

    def unfinished(self) -> list[tuple[str, Any]]:
        """The promised orders that are not there, or have not ended, or not as they may."""
        found: list[tuple[str, Any]] = []
        for token in {promise.token for promise in self.promises}:
            phone = Phone(self.address, token)
            for promise in [promise for promise in self.promises if promise.token == token]:
                answer = phone.ask("GET", f"/orders/{promise.order_id}")
                if answer.status != 200 or answer.body["status"] not in promise.endings:
                    found.append((promise.order_id, answer.body and answer.body.get("status")))
            phone.close()
        return found

    def query(self, sql: str) -> Any:
        """One value, straight from the database."""
        with psycopg.connect(self.settings["COMMERCE_DATABASE_URL"]) as connection:
            row = connection.execute(sql).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        with urlopen(f"{self.address}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith((f"{name} ", f"{name}{{"))
        )

    def check(self) -> Any:
        """What `commerce check` says."""
        return json.loads(self.command("check", "--json", may_fail=True))

    def command(self, *arguments: str, may_fail: bool = False) -> str:
        """What a `commerce` command prints."""
        done = subprocess.run(
            [COMMERCE, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0 or (may_fail and done.returncode == 1 and done.stdout), (
            done.stderr[-2000:]
        )
        return done.stdout

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.settings}

    def nothing_waits(self) -> bool:
        return self.metric("commerce_outbox_messages") == 0 and self.metric("commerce_sagas") == 0

    def last_words(self) -> str:
        return (self.folder / "shop.log").read_text()[-3000:]


class Servers:
    """The three servers of a stack, as children of this process."""

    def __init__(self, stack: ExitStack) -> None:
        self.postgres = stack.enter_context(own_server(PostgresServer))
        self.rabbit = stack.enter_context(own_server(RabbitServer))
        self.search = stack.enter_context(own_server(OpenSearchServer))

    def start(self) -> None:
        """Have all of them run again. Nothing happens to those that do."""
        for server in (self.postgres, self.rabbit, self.search):
            server.resume()
            server.start()

    def settings(self, folder: Path) -> dict[str, str]:
        """Of a shop on them whose other files lie in *folder*."""
        return settings_of(folder, self.postgres.url, self.rabbit.url, f"{self.search.url}/shop")


def settings_of(folder: Path, database: str, broker: str, search: str) -> dict[str, str]:
    """Of a shop on servers at these addresses, with gateway and carrier in *folder*."""
    return {
        "COMMERCE_DATABASE_URL": database,
        "COMMERCE_BROKER_URL": broker,
        "COMMERCE_SEARCH_URL": search,
        "COMMERCE_PAYMENT_URLS": f"sandbox:///{folder}/payments.db",
        "COMMERCE_CARRIER_URL": f"sandbox:///{folder}/carrier.db",
        "COMMERCE_LEASE": f"{LEASE:g}",
        "COMMERCE_CALL_TIMEOUT": "0.5",
        "COMMERCE_RETRY": "0.1",
        "COMMERCE_LONGEST_RETRY": "1",
        "COMMERCE_LOG_FORMAT": "plain",
    }
