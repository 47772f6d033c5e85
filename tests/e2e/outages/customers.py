"""Buyers who order side by side all the time, and note what they were promised and what they were
put off with.
"""

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, Self
from urllib.parse import urlsplit

import attrs

from tests.e2e.shoppers import PLANS

_PATIENCE: Final = 180.0
#: Seconds that a buyer takes between two requests: the outage is to be seen, not the machine's
#: limit.
_PACE: Final = 0.03
#: Refusals of a cart that is another one meanwhile: an order that was undone gave its lines back.
_CART_CHANGED: Final = frozenset({"amount-mismatch", "cart-changed", "cart-merged", "cart-empty"})


@attrs.frozen
class Answer:
    """What came back, and when; status 0: nothing did."""

    at: float
    status: int
    headers: Mapping[str, str]
    body: Any


class Phone:
    """A connection to a shop, as one buyer, that is made anew when it breaks. One thread only."""

    def __init__(self, address: str, token: str) -> None:
        at = urlsplit(address)
        self._connection = HTTPConnection(at.hostname or "", at.port, timeout=30)
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        """The answer to a request. It is sent once."""
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self._token}"} if self._token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            self._connection.request(
                method, path, None if body is None else json.dumps(body), headers
            )
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return Answer(time.monotonic(), 0, {}, None)
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(time.monotonic(), answer.status, received, json.loads(text) if text else None)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@attrs.frozen
class Promise:
    """An order that was answered with 201: whose it is, when it was promised, and how it may
    end.
    """

    order_id: str
    token: str
    at: float
    endings: frozenset[str]


class Customers:
    """They order as long as the block lasts. At its end each gets an answer to what it has asked
    for already.

    Args:
        addresses: of the processes of one shop; each buyer stays with one.
    """

    def __init__(
        self, addresses: Sequence[str], items: Sequence[str], tokens: Sequence[str]
    ) -> None:
        self.promises: list[Promise] = []
        #: Answers that put buyers off: 503, or none at all.
        self.put_off: list[Answer] = []
        self.surprises: list[str] = []
        self._items = items
        self._name = secrets.token_hex(
            8
        )  # no two of them may use one key: a buyer comes back in the next test
        self._home, self._noting = threading.Event(), threading.Lock()
        self._buyers = [
            threading.Thread(
                target=self._shop,
                args=(addresses[no % len(addresses)], token),
                name=f"buyer-{no}",
                daemon=True,
            )
            for no, token in enumerate(tokens)
        ]

    def __enter__(self) -> Self:
        for buyer in self._buyers:
            buyer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._home.set()
        for buyer in self._buyers:
            buyer.join(2 * _PATIENCE)
        assert not any(buyer.is_alive() for buyer in self._buyers)

    def get(self, more: int) -> None:
        """Wait until *more* orders have been promised than by now."""
        goal = len(self.promises) + more
        self._until(lambda: len(self.promises) >= goal)

    def get_put_off(self) -> None:
        """Wait until somebody was put off after now."""
        known = len(self.put_off)
        self._until(lambda: len(self.put_off) > known)

    def go_on(self, seconds: float) -> None:
        """Let them order for so long."""
        assert not self._home.wait(seconds)

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < deadline, (
                len(self.promises),
                self.put_off[-3:],
                self.surprises[:3],
            )
            self.go_on(0.02)

    def _shop(self, address: str, token: str) -> None:
        phone = Phone(address, token)
        dice = random.Random(token)
        number = 0
        while not self._home.is_set():
            self._order(phone, token, dice, number)
            number += 1
        phone.close()

    def _order(self, phone: Phone, token: str, dice: random.Random, number: int) -> None:
        card, to, cancels, endings = dice.choice(PLANS)
        cart = self._answered(
            phone,
            "PATCH",
            "/cart",
            {"itemId": dice.choice(self._items), "quantity": dice.randint(1, 3)},
        )
        if cart.status != 200:
            self._surprise("PATCH /cart", cart)
            return
        body = {
            "cartId": cart.body["cartId"],
            "amount": cart.body["total"],
            "paymentInfo": {"paymentType": "card", "cardNo": card},
            **({"shippingAddress": to} if to else {}),
        }
        answer = self._answered(phone, "POST", "/checkout", body, f"{self._name}-{number}")
        if answer.status == 201:
            with self._noting:
                self.promises.append(Promise(answer.body["orderId"], token, answer.at, endings))
            if cancels:
                self._expect(
                    self._answered(phone, "POST", f"/orders/{answer.body['orderId']}/cancellation"),
                    202,
                    409,
                )
        elif answer.status != 409 or answer.body["code"] not in _CART_CHANGED:
            self._surprise("POST /checkout", answer)

    def _answered(
        self, phone: Phone, method: str, path: str, body: Any = None, key: str = ""
    ) -> Answer:
        """The answer to a request that is sent until it is not put off."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            answer = phone.ask(method, path, body, key)
            self._home.wait(_PACE)
            if answer.status not in (0, 503) or time.monotonic() > deadline:
                return answer
            if self._home.is_set():
                threading.Event().wait(_PACE)
            with self._noting:
                self.put_off.append(answer)

    def _expect(self, answer: Answer, *statuses: int) -> None:
        if answer.status not in statuses:
            self._surprise("cancellation", answer)

    def _surprise(self, what: str, answer: Answer) -> None:
        with self._noting:
            self.surprises.append(f"{what}: {answer.status} {json.dumps(answer.body)[:300]}")
