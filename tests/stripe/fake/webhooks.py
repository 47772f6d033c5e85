"""Signed webhooks, delivered by a queue of their own: late, doubled, reordered, lost, forged."""

import hashlib
import heapq
import hmac
import http.client
import json
import random
import re
import secrets
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from .tables import Row
from .world import Ledger

_QUEUE, _ENDPOINTS, _WORKERS = 200_000, 20, 4
#: What may befall an event on its way. The last four add a delivery that must not be believed.
KINDS = ("lost", "late", "doubled", "reordered", "other_account", "other_mode", "wrong_secret",
         "stale")  # fmt: skip


@dataclass
class Endpoint:
    """Where events of an account go. With several *secrets* each signs, as during rotation."""

    url: str
    secrets: list[str]
    account: str
    livemode: bool = False
    events: list[str] = field(default_factory=lambda: ["*"])
    #: "wall": the signature carries the real time; "fake": that of the fake's clock.
    time: str = "wall"
    id: str = ""

    def takes(self, ledger: Ledger, type_: str) -> bool:
        return (self.account, self.livemode) == (ledger.account, ledger.livemode) and any(
            each in {"*", type_} for each in self.events
        )


@dataclass
class Orders:
    """Rates are shares of events, each drawn by itself; seconds are real ones."""

    rates: dict[str, float] = field(default_factory=dict)
    late_seconds: float = 2.0
    spread_seconds: float = 1.0
    retry_seconds: list[float] = field(default_factory=lambda: [0.2, 1, 5, 30, 120])


@dataclass
class Delivery:
    endpoint: Endpoint
    event: str
    body: bytes
    secrets: list[str]
    age: float = 0.0
    attempt: int = 0
    forged: str | None = None


class Webhooks:
    """The queue and the threads that empty it."""

    def __init__(self, seed: int = 0) -> None:
        self._ready = threading.Condition()
        self._heap: list[tuple[float, int, Delivery]] = []
        self._numbers = 0
        self._busy = 0
        self._random = random.Random(seed)
        self.orders = Orders()
        self.endpoints: list[Endpoint] = []
        self.counts: Counter[str] = Counter()
        self.log: deque[dict[str, Any]] = deque(maxlen=2000)
        self.ahead = 0.0

    def start(self) -> None:
        for _ in range(_WORKERS):
            threading.Thread(target=self._work, daemon=True).start()

    def add(self, given: dict[str, Any]) -> Endpoint:
        """Raises: ValueError: not an address, no secret, or too many endpoints."""
        endpoint = Endpoint(**given, id=f"we_{secrets.token_hex(8)}")
        parts = urlsplit(endpoint.url)
        if parts.scheme != "http" or parts.hostname != "127.0.0.1" or not endpoint.secrets:
            raise ValueError("an endpoint has an address on 127.0.0.1 and a secret")
        if len(self.endpoints) >= _ENDPOINTS:
            raise ValueError("too many endpoints")
        self.endpoints = [*self.endpoints, endpoint]
        return endpoint

    def order(self, given: dict[str, Any]) -> None:
        """Raises: ValueError: an unknown kind or name."""
        seed = given.pop("seed", None)
        names = {each.name for each in fields(Orders)}
        if set(given) - names or set(given.get("rates", {})) - set(KINDS):
            raise ValueError(f"known: {sorted(names)} with rates of {KINDS}")
        with self._ready:
            self.orders = Orders(**given)
            if seed is not None:
                self._random.seed(seed)

    def put(self, ledger: Ledger, event: Row) -> None:
        """Plan the deliveries of a new event."""
        for endpoint in self.endpoints:
            if endpoint.takes(ledger, event["type"]):
                self._plan(endpoint, event)

    def resend(self, endpoint: Endpoint, event: Row) -> None:
        """Deliver once more, whatever befell it before."""
        body = event["json"].encode()
        self._push(Delivery(endpoint, event["id"], body, endpoint.secrets), 0)

    def forge(self, endpoint: Endpoint, body: bytes, secret: str | None, age: float) -> None:
        """Deliver any body, signed by any secret, as old as wanted."""
        signers = [secret] if secret else endpoint.secrets
        self._push(Delivery(endpoint, "forged", body, signers, age, forged="forge"), 0)

    def _plan(self, endpoint: Endpoint, event: Row) -> None:
        with self._ready:
            rates = self.orders.rates
            met = {each for each in KINDS if self._random.random() < rates.get(each, 0)}
            spread = [self._random.random() * self.orders.spread_seconds for _ in range(2)]
        self.counts.update(met)
        genuine = Delivery(endpoint, event["id"], event["json"].encode(), endpoint.secrets)
        for kind in ("other_account", "other_mode", "wrong_secret", "stale"):
            if kind in met:
                self._push(_untrue(genuine, kind), 0)
        if "lost" in met:
            return
        delay = self.orders.late_seconds if "late" in met else 0.0
        self._push(genuine, delay + (spread[0] if "reordered" in met else 0.0))
        if "doubled" in met:
            again = Delivery(endpoint, event["id"], genuine.body, endpoint.secrets)
            self._push(again, delay + spread[1])

    def _push(self, delivery: Delivery, seconds: float) -> None:
        with self._ready:
            if len(self._heap) >= _QUEUE:
                self.counts["overflow"] += 1
                return
            self._numbers += 1
            heapq.heappush(self._heap, (time.monotonic() + seconds, self._numbers, delivery))
            self._ready.notify()

    def pending(self) -> int:
        """Deliveries that are still to be made, or being made."""
        with self._ready:
            return len(self._heap) + self._busy

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    due = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._ready.wait(due)
                delivery = heapq.heappop(self._heap)[2]
                self._busy += 1
            try:
                self._deliver(delivery)
            finally:
                with self._ready:
                    self._busy -= 1

    def _deliver(self, delivery: Delivery) -> None:
        status = self._post(delivery)
        self.counts["delivered" if 200 <= status < 300 else "refused"] += 1
        self.log.append(
            {"event": delivery.event, "url": delivery.endpoint.url, "status": status,
             "attempt": delivery.attempt, "forged": delivery.forged}
        )  # fmt: skip
        waits = self.orders.retry_seconds
        if not 200 <= status < 300 and delivery.forged is None and delivery.attempt < len(waits):
            delivery.attempt += 1
            self._push(delivery, waits[delivery.attempt - 1])

    def _post(self, delivery: Delivery) -> int:
        """The status of the answer; 0 without one."""
        parts = urlsplit(delivery.endpoint.url)
        ahead = self.ahead if delivery.endpoint.time == "fake" else 0.0
        at = int(time.time() + ahead - delivery.age)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(delivery.body, delivery.secrets, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path or "/", delivery.body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def signature(body: bytes, signers: list[str], at: int) -> str:
    """The header: ``t=…,v1=…`` with one v1 for each secret, and the meaningless v0 of tests."""
    signed = str(at).encode() + b"." + body
    each = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in signers]
    fake = hashlib.sha256(signed).hexdigest()
    return ",".join([f"t={at}", *(f"v1={one}" for one in each), f"v0={fake}"])


def _untrue(genuine: Delivery, kind: str) -> Delivery:
    """A delivery like the genuine one that must not be believed or must be set aside."""
    body, signers, age = genuine.body, genuine.secrets, 0.0
    if kind == "other_account":
        event = json.loads(body)
        event.update(id=_other(event["id"]), account="acct_3SomebodyElse")
        body = _renamed(json.dumps(event)).encode()
    elif kind == "other_mode":
        event = json.loads(body)
        event.update(id=_other(event["id"]), livemode=not event["livemode"])
        body = _renamed(json.dumps(event)).encode()
    elif kind == "wrong_secret":
        signers = ["whsec_of_nobody"]
    else:
        age = 3600.0
    return Delivery(genuine.endpoint, genuine.event, body, signers, age, forged=kind)


def _other(id: str) -> str:
    return f"{id}x"


def _renamed(text: str) -> str:
    """Other objects: those of the event belong to this account."""
    return re.sub(r'"((?:pi|ch|re|du|txn)_\w+)"', r'"\1x"', text)
