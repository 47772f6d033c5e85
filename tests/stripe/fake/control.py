"""How tests steer the fake: JSON below ``/_fake``. A wrong order is 400 with a sentence.

====================================  ==========================================================
``POST faults``                       rates, match, seed, latency, late_seconds, hidden_seconds,
                                      retry_after
``POST next``                         kind, match, times: the next calls that match meet a fault
``POST outage``                       kind: refuse, hang, 503 or null
``POST calm``                         no fault any more, of calls or of webhooks
``GET faults``                        what was ordered, how often each kind came
``POST clock``                        advance: seconds; freeze: a time or null; run: true
``POST settings``                     see :class:`.world.Settings`
``POST payments/{id}/challenge``      outcome: complete or fail (as the buyer)
``POST payments/{id}/pay``            payment_method (the buyer, from the browser)
``POST refunds``                      payment_intent, amount (at Stripe's own desk)
``POST refunds/{id}/fail|succeed``    at once, whatever was planned
``POST disputes``                     payment_intent, reason, inquiry
``POST disputes/{id}/close``          won: true or false
``POST webhooks``                     url, secrets, account, livemode, events, time; GET: the log
``POST webhooks/faults``              rates, late_seconds, spread_seconds, retry_seconds, seed
``POST webhooks/resend``              event (an id) or types; to every endpoint that takes them
``POST webhooks/forge``               body, secret, age
``POST webhooks/change``              id, secrets; without secrets the endpoint is removed
``GET books``                         captures and refunds by intent: the truth
``GET calls``                         how often what was called, and the last 1000 calls
====================================  ==========================================================
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from . import disputes, payments, refunds
from .api import Api
from .books import books
from .errors import ApiError
from .tables import Row, plain
from .webhooks import Endpoint, Webhooks
from .world import Ledger, Settings

Json = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """The orders that a test can give to a running fake."""

    api: Api
    webhooks: Webhooks

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Json]:
        try:
            given = json.loads(body) if body else {}
            for known, pattern, act in _ORDERS:
                match = re.fullmatch(pattern, path)
                if known == method and match and isinstance(given, dict):
                    with self.api.world.lock:
                        self.api.world.catch_up()
                        return 200, act(self, given, *match.groups()) or {}
        except (ValueError, TypeError, KeyError, OverflowError) as wrong:
            return 400, {"wrong": f"{type(wrong).__name__}: {wrong}"}
        except ApiError as refused:
            return refused.status, refused.body
        return 404, {"wrong": f"there is no {method} /_fake/{path}"}

    def row(self, id: str) -> tuple[Ledger, Row]:
        """An object of any account, hidden or not.

        Raises:
            KeyError: there is none.
        """
        for ledger in self.api.world.accounts():
            row = ledger.find_even_hidden(id)
            if row is not None:
                return ledger, row
        raise KeyError(f"there is no {id}")

    def charge(self, intent: str) -> tuple[Ledger, Row]:
        ledger, row = self.row(intent)
        return self.row(row["latest_charge"]) if row["latest_charge"] else (ledger, row)

    # Each order takes what was given and answers what is to be told.

    def faults(self, given: Json) -> None:
        self.api.faults.order(given)

    def next(self, given: Json) -> None:
        self.api.faults.order_next(**given)

    def outage(self, given: Json) -> None:
        if given["kind"] not in {None, "refuse", "hang", "503"}:
            raise ValueError("an outage is refuse, hang, 503 or null")
        self.api.faults.outage = given["kind"]

    def calm(self, given: Json) -> None:
        self.api.faults.clear()
        self.webhooks.order({})

    def show_faults(self, given: Json) -> Json:
        faults = self.api.faults
        return {**asdict(faults.orders), "outage": faults.outage, "counts": faults.counts}

    def clock(self, given: Json) -> Json:
        clock = self.api.world.clock
        if "freeze" in given:
            clock.freeze(given["freeze"])
        clock.advance(given.get("advance", 0))
        if given.get("run"):
            clock.run()
        self.webhooks.ahead = clock.ahead()
        self.api.world.catch_up()
        return {"now": clock.time()}

    def settings(self, given: Json) -> Json:
        settings = self.api.world.settings
        unknown = set(given) - {each.name for each in fields(Settings)}
        if unknown:
            raise ValueError(f"unknown: {sorted(unknown)}")
        for name, value in given.items():
            setattr(settings, name, type(getattr(settings, name))(value))
        return asdict(settings)

    def challenge(self, given: Json, id: str) -> Json:
        ledger, intent = self.row(id)
        if not intent.get("_challenge"):
            raise ValueError("there is no challenge open")
        payments.authenticated(ledger, intent, passed=_outcome(given["outcome"]))
        return plain(intent)

    def pay(self, given: Json, id: str) -> Json:
        ledger, intent = self.row(id)
        payments.may_confirm(ledger, intent)
        if "payment_method" in given:
            method = payments.use_method(ledger, given["payment_method"])
            payments.attach(ledger, intent, method)
        payments.confirm(ledger, intent, return_url=given.get("return_url"))
        return plain(intent)

    def refund(self, given: Json) -> Json:
        ledger, charge = self.charge(given["payment_intent"])
        if not charge.get("captured"):
            raise ValueError("nothing was captured")
        return refunds.give(ledger, charge, given.get("amount"), reason="requested_by_customer")

    def fail_refund(self, given: Json, id: str) -> Json:
        ledger, refund = self.row(id)
        refunds.fail(ledger, refund, given.get("reason", "lost_or_stolen_card"))
        return refund

    def succeed_refund(self, given: Json, id: str) -> Json:
        ledger, refund = self.row(id)
        refunds.succeed(ledger, refund)
        return refund

    def dispute(self, given: Json) -> Json:
        ledger, charge = self.charge(given["payment_intent"])
        if not charge.get("captured"):
            raise ValueError("nothing was captured")
        inquiry, reason = bool(given.get("inquiry")), given.get("reason", "fraudulent")
        return disputes.open_dispute(ledger, charge, reason, inquiry=inquiry)

    def close_dispute(self, given: Json, id: str) -> Json:
        ledger, dispute = self.row(id)
        disputes.close(ledger, dispute, won=bool(given["won"]))
        return dispute

    def add_webhook(self, given: Json) -> Json:
        return {"id": self.webhooks.add(given).id}

    def change_webhook(self, given: Json) -> None:
        endpoint = self._endpoint(given["id"])
        if given.get("secrets"):
            endpoint.secrets = list(given["secrets"])
        else:
            self.webhooks.endpoints = [e for e in self.webhooks.endpoints if e is not endpoint]

    def _endpoint(self, id: str) -> Endpoint:
        for each in self.webhooks.endpoints:
            if each.id == id:
                return each
        raise KeyError(f"there is no {id}")

    def webhook_faults(self, given: Json) -> None:
        self.webhooks.order(given)

    def show_webhooks(self, given: Json) -> Json:
        return {
            "endpoints": [asdict(each) for each in self.webhooks.endpoints],
            "counts": self.webhooks.counts,
            "pending": self.webhooks.pending(),
            "log": list(self.webhooks.log),
        }

    def resend(self, given: Json) -> Json:
        """Every event that matches, again, in the order in which they happened."""
        wanted, types, sent = given.get("event"), given.get("types"), 0
        for ledger in self.api.world.accounts():
            for event in ledger.events.all():
                chosen = event["id"] == wanted if wanted else not types or event["type"] in types
                for endpoint in self.webhooks.endpoints if chosen else ():
                    if endpoint.takes(ledger, event["type"]):
                        self.webhooks.resend(endpoint, event)
                        sent += 1
        return {"sent": sent}

    def forge(self, given: Json) -> None:
        body = given["body"] if isinstance(given["body"], str) else json.dumps(given["body"])
        for endpoint in self.webhooks.endpoints:
            self.webhooks.forge(
                endpoint, body.encode(), given.get("secret"), float(given.get("age", 0))
            )

    def show_books(self, given: Json) -> Json:
        return books(self.api.world)

    def calls(self, given: Json) -> Json:
        return {"counts": self.api.counts, "last": list(self.api.calls)}


def _outcome(outcome: str) -> bool:
    if outcome not in {"complete", "fail"}:
        raise ValueError("a challenge ends with complete or fail")
    return outcome == "complete"


_Act = Callable[..., Json | None]
_ORDERS: list[tuple[str, str, _Act]] = [
    ("POST", "faults", Control.faults),
    ("GET", "faults", Control.show_faults),
    ("POST", "next", Control.next),
    ("POST", "outage", Control.outage),
    ("POST", "calm", Control.calm),
    ("POST", "clock", Control.clock),
    ("POST", "settings", Control.settings),
    ("POST", r"payments/(\w+)/challenge", Control.challenge),
    ("POST", r"payments/(\w+)/pay", Control.pay),
    ("POST", "refunds", Control.refund),
    ("POST", r"refunds/(\w+)/fail", Control.fail_refund),
    ("POST", r"refunds/(\w+)/succeed", Control.succeed_refund),
    ("POST", "disputes", Control.dispute),
    ("POST", r"disputes/(\w+)/close", Control.close_dispute),
    ("POST", "webhooks", Control.add_webhook),
    ("GET", "webhooks", Control.show_webhooks),
    ("POST", "webhooks/change", Control.change_webhook),
    ("POST", "webhooks/faults", Control.webhook_faults),
    ("POST", "webhooks/resend", Control.resend),
    ("POST", "webhooks/forge", Control.forge),
    ("GET", "books", Control.show_books),
    ("GET", "calls", Control.calls),
]
