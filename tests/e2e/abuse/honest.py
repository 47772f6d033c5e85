"""Four buyers who only want to buy, and a probe for life: how long each of their answers takes."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any, Final

import attrs

from tests.e2e.shoppers import Client

_CARD: Final = {"paymentType": "card", "cardNo": "4242424242424242"}
_PROBE_EVERY: Final = 0.02


@attrs.define
class Seen:
    """What honest people saw: seconds of each answer by kind, and whatever was none."""

    seconds: dict[str, list[float]] = attrs.field(factory=dict[str, list[float]])
    surprises: list[str] = attrs.field(factory=list[str])

    def p99(self, kind: str) -> float:
        """Milliseconds within which 99 of 100 answers of *kind* came."""
        ordered = sorted(self.seconds.get(kind, [float("inf")]))
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


class Honest:
    """Buyers and a probe, from :meth:`begin` to :meth:`end`."""

    def __init__(self, address: str, items: Sequence[str], tokens: Sequence[str]) -> None:
        self.seen = Seen()
        self._address = address
        self._items = items
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._buy, token)) for token in tokens
        ]
        self._threads.append(threading.Thread(target=self._guarded, args=(self._probe, "")))

    def __enter__(self) -> Seen:
        for thread in self._threads:
            thread.start()
        return self.seen

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, live: Callable[[Client, int], None], token: str) -> None:
        client = Client(self._address, token)
        turn = 0
        while not self._over.is_set():
            try:
                live(client, turn)
            except (OSError, HTTPException, KeyError, ValueError) as error:
                self.seen.surprises.append(f"{type(error).__name__}: {error}")
                client.close()
            turn += 1
        client.close()

    def _buy(self, client: Client, turn: int) -> None:
        item = self._items[turn % len(self._items)]
        self._ask(
            "search", client, 200, "GET", f"/items?term={('lamp', 'kettle', 'mug')[turn % 3]}"
        )
        self._ask("details", client, 200, "GET", f"/items/{item}")
        cart = self._ask("cart", client, 200, "PATCH", "/cart", {"itemId": item, "quantity": 1})
        body = {"cartId": cart["cartId"], "amount": cart["total"], "paymentInfo": _CARD}
        order = self._ask("checkout", client, 201, "POST", "/checkout", body)
        self._ask("order", client, 200, "GET", f"/orders/{order['orderId']}")
        self._over.wait(0.05)

    def _probe(self, client: Client, turn: int) -> None:
        self._ask("live", client, 200, "GET", "/health/live")
        if turn % 25 == 0:
            self._ask("ready", client, 200, "GET", "/health/ready")
        self._over.wait(_PROBE_EVERY)

    def _ask(
        self, kind: str, client: Client, expected: int, method: str, path: str, body: Any = None
    ) -> Any:
        began = time.perf_counter()
        status, answer = client.ask(method, path, body)
        self.seen.seconds.setdefault(kind, []).append(time.perf_counter() - began)
        if status != expected:
            raise ValueError(f"{method} {path}: {status} {json.dumps(answer)[:200]}")
        return answer
