"""The shop over HTTP as tests meet it: a live server, and people with a token in their hands."""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import httpx

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Role
from commerce_http.main import ShopServer, create_app
from commerce_worker.main import ITEM_ROLES, ROLES, working

CARD = "4242424242424242"
PASSWORD = "correct horse battery"
ADDRESS = {
    "name": "Ada",
    "line1": "1 Main Street",
    "city": "Springfield",
    "postalCode": "12345",
    "country": "US",
}
#: Everybody here comes from one address.
UNLIMITED: Mapping[str, Any] = {
    "guessed_accounts": 100_000, "log_ins_per_minute": 100_000, "registrations_per_minute": 100_000,
    "guest_carts_per_minute": 100_000,
    # systems on this machine take webhooks
    "webhook_targets": "any",
}  # fmt: skip
#: A connection is given up before the server, who waits for five seconds, closes it: a request that
#: crosses the closing is reset.
_LIMITS: Final = httpx.Limits(max_connections=400, keepalive_expiry=2.0)
_numbers = itertools.count(1)


@attrs.frozen
class Person:
    """Somebody with (or without) a token."""

    client: httpx.Client
    token: str | None = None
    account: Mapping[str, Any] = attrs.field(factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Send a request; *body* goes as JSON."""
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            more["json"] = body
        return self.client.request(method, path, headers=headers, **more)


@attrs.frozen
class Town:
    """A shop that is served, and the people around it."""

    shop: Shop
    client: httpx.Client

    @property
    def guest(self) -> Person:
        """Somebody without an account."""
        return Person(self.client)

    def newcomer(self, role: str = "buyer", **headers: str) -> Person:
        """Somebody who has just registered and logged in."""
        email = f"person{next(_numbers)}@example.com"
        body = {
            "email": email,
            "password": PASSWORD,
            "name": "Somebody",
            "role": "seller" if role == "seller" else "buyer",
        }
        made = self.client.post("/accounts", json=body)
        assert made.status_code == 201, made.text
        if role == "operator":
            self.shop.accounts.grant(email, Role.OPERATOR)
        session = self.client.post(
            "/sessions", json={"email": email, "password": PASSWORD}, headers=headers
        )
        assert session.status_code == 201, session.text
        return Person(self.client, session.json()["token"], session.json()["account"])

    def item(self, seller: Person, **fields: Any) -> dict[str, Any]:
        """An item that *seller* has just onboarded."""
        made = seller(
            "POST",
            "/items",
            {"name": f"Thing {next(_numbers)}", "price": "15.99", "quantity": 8, **fields},
        )
        assert made.status_code == 201, made.text
        return made.json()

    def filled_cart(
        self, buyer: Person, item: Mapping[str, Any], quantity: int = 1
    ) -> dict[str, Any]:
        """The cart of *buyer* with an item in it."""
        cart = buyer("PATCH", "/cart", {"itemId": item["itemId"], "quantity": quantity})
        assert cart.status_code == 200, cart.text
        return cart.json()

    def order(
        self, buyer: Person, item: Mapping[str, Any], card: str = CARD, **headers: str
    ) -> dict[str, Any]:
        """An order of *buyer* for one piece of *item*."""
        placed = buyer(
            "POST", "/checkout", request_for(self.filled_cart(buyer, item), card), headers=headers
        )
        assert placed.status_code == 201, placed.text
        return placed.json()


def request_for(cart: Mapping[str, Any], card: str = CARD, **more: Any) -> dict[str, Any]:
    """The body of a checkout of *cart*."""
    return {
        "cartId": cart["cartId"],
        "amount": cart["total"],
        "paymentInfo": {"paymentType": "card", "cardNo": card},
        **more,
    }


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem details in *response*, which must be this one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, f"/problems/{code}"), (
        found
    )
    assert found["title"]
    assert isinstance(found["detail"], str)
    return found


def pointers(response: httpx.Response) -> list[str]:
    """Which fields are named in a 422."""
    return sorted(error["pointer"] for error in problem(response, 422, "invalid")["errors"])


def until(look: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What *look* returns as soon as it is something; nothing within *seconds* fails the test."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if found := look():
            return found
        waiting.wait(0.01)
    raise AssertionError("it did not come about in time")


@contextmanager
def serving(shop: Shop, application: Callable[[Shop], Any] = create_app) -> Iterator[str]:
    """*shop* on a free port of this machine, as its *application* shows it; its address."""
    up = threading.Event()
    server = ShopServer(application(shop), "127.0.0.1", 0, lambda _: up.set())
    thread = threading.Thread(target=server.run, name="http-under-test")
    thread.start()
    try:
        assert up.wait(60), "the server did not start"
        yield server.address
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def open_town(folder: Path, *, sagas: bool = True, **settings: Any) -> Iterator[Town]:
    """A shop with its files in *folder*, served and (but for *sagas*) worked for."""
    shop = build_shop(Settings.in_folder(folder, **{**UNLIMITED, **settings}))
    try:
        with (
            working(shop, ROLES if sagas else ITEM_ROLES),
            serving(shop) as address,
            httpx.Client(base_url=address, timeout=60, limits=_LIMITS) as client,
        ):
            yield Town(shop, client)
    finally:
        shop.close()
