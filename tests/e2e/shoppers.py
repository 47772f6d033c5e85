"""Buyers over HTTP who note what they were promised, and hold the shop to it."""

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import attrs

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Role
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_testkit.crowd import crowd

_TIMEOUT: Final = 20.0
_NOWHERE: Final = {
    "name": "Ada",
    "line1": "Hut 1",
    "city": "McMurdo",
    "postalCode": "0",
    "country": "AQ",
}

#: What a buyer does: with which card's number or token, where it goes, whether the order is
#: cancelled; and how it may end.
Plan: TypeAlias = tuple[str, Mapping[str, str] | None, bool, frozenset[str]]
PLANS: Final[Sequence[Plan]] = (
    ("4242424242424242", None, False, frozenset({"COMPLETED"})),
    ("4000000000000002", None, False, frozenset({"CANCELLED"})),
    ("4000000000000119", None, False, frozenset({"COMPLETED"})),
    ("4242424242424242", _NOWHERE, False, frozenset({"CANCELLED"})),
    ("4242424242424242", None, True, frozenset({"COMPLETED", "CANCELLED"})),
)


@attrs.define(kw_only=True)
class Wish:
    """A checkout that somebody sends until it is answered, and cancels then if it *cancels*.
    *order_id* is what a 201 has promised; a refusal promises nothing.
    """

    token: str
    key: str
    body: dict[str, Any]
    cancels: bool
    endings: frozenset[str]
    order_id: str | None = None
    refused: bool = False

    @property
    def is_open(self) -> bool:
        """Whether no answer has come yet."""
        return self.order_id is None and not self.refused


def stocked(folder: Path, buyers: int, **settings: Any) -> tuple[list[str], list[str]]:
    """A shop in *folder* with goods for everybody: the ids of its items, and the tokens of
    buyers.
    """
    return stocked_at(Settings.in_folder(folder / "var", **settings), buyers)


def stocked_at(settings: Settings, buyers: int) -> tuple[list[str], list[str]]:
    """The same of the shop that *settings* describe, whose tables are made."""
    container = ShopContainer(settings=settings)
    shop = container.shop()
    try:
        storage = container.storage()
        people = partial(crowd, storage.database, storage.accounts, shop.clock, container.ids())
        (seller,) = people(1, role=Role.SELLER)
        items = [
            shop.items.onboard(
                SellerId(seller.account.id),
                NewItem(name=name, price=Money.parse(price, "USD"), quantity=100_000),
            ).item.id
            for name, price in (("Lamp", "10.00"), ("Kettle", "25.50"), ("Mug", "3.75"))
        ]
        return [*items], [buyer.token for buyer in people(buyers)]
    finally:
        shop.close()


class Client:
    """One connection to a shop, as one buyer."""

    def __init__(self, address: str, token: str) -> None:
        at = urlsplit(address)
        self._connection = HTTPConnection(at.hostname or "", at.port, timeout=_TIMEOUT)
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and the JSON of an answer.

        Raises:
            OSError, HTTPException: none came.
        """
        said = {
            "Authorization": f"Bearer {self._token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if body is not None:
            said["Content-Type"] = "application/json"
        self._connection.request(method, path, None if body is None else json.dumps(body), said)
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Crowd:
    """Buyers who order side by side for as long as the shop answers."""

    def __init__(
        self, items: Sequence[str], tokens: Sequence[str], plans: Sequence[Plan] = PLANS
    ) -> None:
        self._items = items
        self._tokens = tokens
        self._plans = plans
        self._made = 0
        self._turn = threading.Lock()
        self.wishes: list[Wish] = []
        self.surprises: list[str] = []

    def shop_until_it_dies(self, address: str, at_most: int) -> None:
        """Order until no answer comes any more, or each buyer has ordered *at_most* times."""
        threads = [
            threading.Thread(target=self._shop, args=(address, token, at_most))
            for token in self._tokens
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def send_again(self, address: str) -> None:
        """Send every checkout once more that was not refused, with its cancellation: it is the
        order that was promised, or is promised now.
        """
        for wish in self.wishes:
            if not wish.refused:
                client = Client(address, wish.token)
                self._send(client, wish)
                client.close()

    def endings(self, address: str) -> dict[str, tuple[str, frozenset[str]]]:
        """Each promised order: how it stands, and how it may end. A cart is one order, whichever of
        the wishes for it was first.
        """
        found: dict[str, tuple[str, frozenset[str]]] = {}
        for wish in self.wishes:
            if wish.order_id is not None:
                client = Client(address, wish.token)
                status, order = client.ask("GET", f"/orders/{wish.order_id}")
                client.close()
                found[wish.order_id] = (
                    order["status"] if status == 200 else f"gone ({status})",
                    wish.endings.union(
                        *(w.endings for w in self.wishes if w.order_id == wish.order_id)
                    ),
                )
        return found

    def _shop(self, address: str, token: str, at_most: int) -> None:
        client = Client(address, token)
        with suppress(OSError, HTTPException):
            for wish in [wish for wish in self.wishes if wish.token == token and wish.is_open]:
                self._send(client, wish)  # whoever got no answer asks again before anything else
            for _ in range(at_most):
                self._order(client, token)
        client.close()

    def _order(self, client: Client, token: str) -> None:
        with self._turn:
            self._made += 1
            number = self._made
        card, to, cancels, endings = self._plans[number % len(self._plans)]
        status, cart = client.ask(
            "PATCH",
            "/cart",
            {"itemId": self._items[number % len(self._items)], "quantity": 1 + number % 2},
        )
        if status != 200:
            self._surprise("PATCH /cart", status, cart)
            return
        body = {
            "cartId": cart["cartId"],
            "amount": cart["total"],
            "paymentInfo": {
                "paymentType": "card",
                "cardNo" if card.isdecimal() else "token": card,
            },
        }
        wish = Wish(
            token=token,
            key=f"wish-{number}",
            body=body | ({"shippingAddress": to} if to else {}),
            cancels=cancels,
            endings=endings,
        )
        with self._turn:
            self.wishes.append(wish)
        self._send(client, wish)

    def _send(self, client: Client, wish: Wish) -> None:
        status, answer = client.ask("POST", "/checkout", wish.body, Idempotency_Key=wish.key)
        if status == 201 and wish.order_id in (None, answer["orderId"]):
            wish.order_id = answer["orderId"]
            if wish.cancels:
                self._cancel(client, wish.order_id)
        elif status == 503 and answer["code"] == "payment-unavailable":
            pass  # nothing was promised: it is sent again
        elif status == 409 and wish.order_id is None and answer["code"] in _STILL_RIGHT:
            wish.refused = True
        else:
            self._surprise(f"{wish.key}, promised {wish.order_id}", status, answer)

    def _cancel(self, client: Client, order_id: str | None) -> None:
        status, answer = client.ask("POST", f"/orders/{order_id}/cancellation")
        if status not in (202, 409):
            self._surprise("cancellation", status, answer)

    def _surprise(self, what: str, status: int, answer: Any) -> None:
        with self._turn:
            self.surprises.append(f"{what}: {status} {json.dumps(answer)[:300]}")


#: Refusals of what was never promised: an undone order gave its lines back meanwhile, so that the
#: cart is another one now.
_STILL_RIGHT: Final = frozenset({"amount-mismatch", "cart-changed", "cart-merged", "cart-empty"})
