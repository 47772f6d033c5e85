"""A shop in a process of its own, with goods, honest buyers, and what attackers need to know of
it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Role
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_testkit.crowd import crowd
from tests.e2e.abuse.honest import Honest
from tests.e2e.shoppers import Client
from tests.live import LiveShop, live_shop

_BUYERS: Final = 4
_WORDS: Final = tuple(
    f"{first}{last}"
    for first in ("candle", "garden", "silver", "marble", "winter", "copper")
    for last in ("stand", "house", "plate", "light")
)
_AWAY: Final = {
    "name": "Ada",
    "line1": "1 Main Street",
    "city": "Springfield",
    "postalCode": "12345",
    "country": "US",
}


@attrs.define
class AbusedShop:
    """A running shop. *tokens* are the honest buyers'; *plan* is what attackers are told; *warm* is
    what it held when it had warmed up.
    """

    name: str
    live: LiveShop
    items: list[str]
    tokens: list[str]
    plan: dict[str, Any]
    warm: float = 0.0

    @property
    def address(self) -> str:
        """Where it is."""
        return self.live.address

    def pestered_by(self, kind: str, seconds: float) -> dict[str, int]:
        """Have sixty connections of *kind* pester it; how often they were answered what."""
        at = urlsplit(self.address)
        command = (
            sys.executable,
            "-m",
            "tests.e2e.abuse.attackers",
            kind,
            at.hostname or "",
            str(at.port),
            str(seconds),
        )
        done = subprocess.run(
            command,
            input=json.dumps(self.plan),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
        answers: dict[str, int] = json.loads(done.stdout)
        return answers

    def memory(self) -> float:
        """Megabytes that its process holds."""
        status = Path(f"/proc/{self.live.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def memory_within(self, most: float, seconds: float) -> float:
        """The same once it is *most*, or after *seconds*."""
        until = time.monotonic() + seconds
        while (held := self.memory()) > most and time.monotonic() < until:
            time.sleep(0.1)
        return held


@contextmanager
def abused_shop(folder: Path, database_url: str | None = None) -> Iterator[AbusedShop]:
    """A shop in *folder*, on SQLite or on the server at *database_url*, that has warmed up."""
    more: dict[str, Any] = {"database_url": database_url} if database_url else {}
    items, tokens, seller = _stocked(Settings.in_folder(folder / "var", **more))
    settings = {"COMMERCE_DATABASE_URL": database_url} if database_url else {}
    with live_shop(folder, settings) as live:
        shop = AbusedShop(
            "postgresql" if database_url else "embedded", live, items, tokens[:_BUYERS], {}
        )
        shop.plan.update(_plan(live.address, items, tokens[_BUYERS], seller))
        with Honest(
            live.address, items, shop.tokens
        ):  # what a shop that is used holds in memory is what is compared
            with ThreadPoolExecutor(4) as people:
                list(people.map(partial(_mistype, live.address), range(8)))
            time.sleep(2)
            shop.warm = shop.memory()
        yield shop


def _mistype(address: str, number: int) -> None:
    """Log in with a wrong password: each thread that hashes keeps what it hashed in."""
    client = Client(address, "")
    client.ask(
        "POST", "/sessions", {"email": f"somebody{number}@shop.example", "password": "mistyped"}
    )
    client.close()


def _stocked(settings: Settings) -> tuple[list[str], list[str], str]:
    container = ShopContainer(settings=settings)
    shop = container.shop()
    try:
        storage = container.storage()
        people = partial(crowd, storage.database, storage.accounts, shop.clock, container.ids())
        (seller,) = people(1, role=Role.SELLER)
        goods = [
            ("Lamp", "10.00"),
            ("Kettle", "25.50"),
            ("Mug", "3.75"),
            *((f"{word} {word[::-1]}", "7.00") for word in _WORDS),
        ]
        onboard = partial(shop.items.onboard, SellerId(seller.account.id))
        made = [
            onboard(NewItem(name=name, price=Money.parse(price, "USD"), quantity=100_000)).item.id
            for name, price in goods
        ]
        return [*made[:3]], [buyer.token for buyer in people(_BUYERS + 1)], seller.token
    finally:
        shop.close()


def _plan(address: str, items: list[str], token: str, seller: str) -> dict[str, Any]:
    """An attacker who is a buyer has an order that goes on for long: its payment is answered
    late.
    """
    client = Client(address, token)
    _, cart = client.ask("PATCH", "/cart", {"itemId": items[0], "quantity": 1})
    checkout = {
        "cartId": cart["cartId"],
        "amount": cart["total"],
        "paymentInfo": {"paymentType": "card", "cardNo": "4000000000000259"},
    }
    _, order = client.ask("POST", "/checkout", checkout)
    client.close()
    return {
        "victim": "victim@shop.example",
        "item": items[0],
        "words": list(_WORDS),
        "token": token,
        "seller": seller,
        "order": order["orderId"],
        "checkout": checkout,
    }
