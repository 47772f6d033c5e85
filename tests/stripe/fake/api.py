"""A call from its headers to its answer: key, fault, idempotency, endpoint, answer."""

import base64
import binascii
import hashlib
import json
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from . import endpoints as e
from . import params as p
from . import reading as r
from .errors import (
    ApiError,
    key_in_use,
    lock_timeout,
    rate_limited,
    server_error,
    unauthorized,
    unavailable,
)
from .expanding import expanded
from .faults import Faults
from .forms import decode
from .idempotency import Kept, Keys
from .tables import plain
from .world import API_VERSION, Ledger, Origin, World


class Lost(Exception):
    """No answer: the connection is to be closed."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    body: str
    headers: Any


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json"


_ROUTES = [
    (method, re.compile(path.replace("{id}", r"([A-Za-z0-9_]{1,100})") + r"\Z"), endpoint)
    for method, path, endpoint in [
        ("POST", "/v1/payment_intents", e.create_intent),
        ("GET", "/v1/payment_intents", r.listed("payment_intents", "customer")),
        ("GET", "/v1/payment_intents/search", r.search_intents),
        ("GET", "/v1/payment_intents/{id}", r.one("payment_intents", "intent")),
        ("POST", "/v1/payment_intents/{id}/confirm", e.confirm_intent),
        ("POST", "/v1/payment_intents/{id}/cancel", e.cancel_intent),
        ("POST", "/v1/payment_intents/{id}/capture", e.capture_intent),
        ("GET", "/v1/charges", r.listed("charges", "payment_intent", "customer")),
        ("GET", "/v1/charges/{id}", r.one("charges", "charge")),
        ("POST", "/v1/refunds", e.create_refund),
        ("GET", "/v1/refunds", r.listed("refunds", "payment_intent", "charge")),
        ("GET", "/v1/refunds/{id}", r.one("refunds", "id")),
        ("GET", "/v1/disputes", r.listed("disputes", "payment_intent", "charge")),
        ("GET", "/v1/disputes/{id}", r.one("disputes", "dispute")),
        ("POST", "/v1/disputes/{id}", e.update_dispute),
        ("POST", "/v1/disputes/{id}/close", e.close_dispute),
        (
            "GET",
            "/v1/balance_transactions",
            r.listed("balance_transactions", "source", "type", "currency"),
        ),
        ("GET", "/v1/balance_transactions/{id}", r.one("balance_transactions", "id")),
        ("POST", "/v1/payment_methods", e.create_method),
        ("GET", "/v1/payment_methods/{id}", e.method),
        ("GET", "/v1/events", r.events),
        ("GET", "/v1/events/{id}", r.event),
        ("GET", "/v1/account", r.account),
        ("GET", "/v1/balance", r.balance),
    ]
]


class Api:
    """The API of a world, with its faults and idempotency keys."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.keys = Keys()
        self.calls: deque[dict[str, Any]] = deque(maxlen=1000)
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Reply:
        """Answer a call.

        Raises:
            Lost: it is to get no answer.
        """
        with self.world.lock:
            number = self.world.id("req")
        headers = {"Request-Id": number, "Stripe-Version": _version(request)}
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key:
            headers["Idempotency-Key"] = key
        status = 0
        try:
            reply = self._answer(request, Origin(number, key))
            status = reply.status
        except ApiError as error:
            status = error.status
            reply = Reply(status, _json(error.body), error.headers)
        finally:
            self._note(request, number, key, status)
        return Reply(reply.status, reply.body, {**headers, **reply.headers})

    def _note(self, request: Request, number: str, key: str | None, status: int) -> None:
        called = (
            f"{request.method} {re.sub(r'/(pi|ch|re|du|pm|txn|evt)_[^/]+', '/{id}', request.path)}"
        )
        with self.world.lock:
            self.counts[f"{called} {status or 'lost'}"] += 1
            self.calls.append(
                {"method": request.method, "path": request.path, "request": number, "key": key,
                 "status": status}
            )  # fmt: skip

    def _answer(self, request: Request, origin: Origin) -> Reply:
        self._outage()
        ledger = self._ledger(request.headers.get("Authorization") or "")
        endpoint, of = _route(request)
        fault = self.faults.draw(request.method, request.path)
        self._before(fault, origin)
        text = request.body if request.method == "POST" else request.query
        call = e.Call(ledger, decode(text), origin, of)
        if origin.key is None:
            reply, _ = self._execute(endpoint, call, fault)
        else:
            fingerprint = hashlib.sha256(json.dumps(call.params, sort_keys=True).encode())
            kept = self.keys.begin(
                ledger, origin.key, origin.request or "", request.path, fingerprint.hexdigest()
            )
            reply = _replayed(kept) if kept else self._first(endpoint, call, fault)
        if fault == "lost_after":
            raise Lost
        if fault == "late":
            time.sleep(self.faults.orders.late_seconds)
        return reply

    def _first(self, endpoint: Any, call: e.Call, fault: str | None) -> Reply:
        """Execute under a new key, and keep what is answered."""
        key = call.origin.key or ""
        stored = False
        try:
            reply, stored = self._execute(endpoint, call, fault)
            if stored:
                self.keys.finish(call.ledger, key, reply.status, reply.body)
        finally:
            if not stored:
                self.keys.forget(call.ledger, key)
        return reply

    def _execute(self, endpoint: Any, call: e.Call, fault: str | None) -> tuple[Reply, bool]:
        """The answer of the endpoint, and whether a key keeps it."""
        orders = self.faults.orders
        time.sleep(orders.latency + (orders.late_seconds if fault == "late_effect" else 0))
        with self.world.lock:
            self.world.catch_up()
            stored = True
            try:
                if fault == "error_before":
                    raise server_error()
                paths = p.strings(call.params, "expand")
                found = endpoint(call)
                reply = Reply(200, _json(expanded(call.ledger, plain(found), paths)))
                if fault == "not_found" and call.origin.request and _created(endpoint):
                    call.ledger.hide(found["id"], self.faults.orders.hidden_seconds)
            except ApiError as error:
                reply, stored = Reply(error.status, _json(error.body), error.headers), error.stored
            if fault == "error_after" and stored:
                reply = Reply(500, _json(server_error().body))
        return reply, stored

    def _outage(self) -> None:
        outage = self.faults.outage
        if outage == "503":
            raise unavailable()
        if outage == "hang":
            time.sleep(self.faults.orders.late_seconds)
        if outage:
            raise Lost

    def _before(self, fault: str | None, origin: Origin) -> None:
        """The faults that come before the layer of idempotency."""
        if fault == "rate_limited":
            raise rate_limited(self.faults.orders.retry_after)
        if fault in {"lock_timeout", "lock_timeout_409"}:
            raise lock_timeout(409 if fault.endswith("409") else 429)
        if fault == "conflict":
            raise key_in_use(origin.key) if origin.key else lock_timeout(409)
        if fault == "unavailable":
            raise unavailable()
        if fault == "lost_before":
            raise Lost

    def _ledger(self, authorization: str) -> Ledger:
        scheme, _, given = authorization.partition(" ")
        key = given.strip()
        if scheme.lower() == "basic":
            try:
                key = base64.b64decode(key, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                key = ""
        if not key:
            raise unauthorized(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY')."
            )
        ledger = self.world.ledgers.get(key)
        if ledger is None:
            raise unauthorized(f"Invalid API Key provided: {key[:8]}****{key[-4:]}")
        return ledger


def _created(endpoint: Any) -> bool:
    return endpoint in {e.create_intent, e.create_refund}


def _route(request: Request) -> tuple[Any, str]:
    for method, path, endpoint in _ROUTES:
        match = path.match(request.path) if method == request.method else None
        if match:
            return endpoint, match[1] if match.groups() else ""
    raise ApiError(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({request.method}: {request.path[:200]}). Please see "
        "https://stripe.com/docs or we can help at https://support.stripe.com/.",
        stored=False,
    )


def _version(request: Request) -> str:
    return request.headers.get("Stripe-Version") or API_VERSION


def _replayed(kept: Kept) -> Reply:
    headers = {"Idempotent-Replayed": "true", "Original-Request": kept.request}
    return Reply(kept.status, kept.body or b"", headers)


def _json(body: Any) -> bytes:
    return json.dumps(body, indent=2).encode()
