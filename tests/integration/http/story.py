"""A day of a shop, from which the examples of the document are taken: every operation, and the
refusals that carry something to act on.

``python -m tests.integration.http.story`` records them anew.
"""

import json
import re
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import attrs
import httpx

from commerce_core.kernel.codec import camel
from commerce_http.main import OPERATIONS
from commerce_http.web.openapi import public_path
from tests.integration.http.people import Person, Town, open_town, request_for, until

FILE: Final = Path(str(resources.files("commerce_http") / "examples.json"))
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
#: What differs from one day to the next, by its key.
_FIXED: Final = {
    "token": "c2Vzc2lvbi1vZi1hZGE.example",
    "requestId": "0af7651916cd43dd8448eb211c80319c",
}
_PARCEL: Final = re.compile(r"SBX-[0-9A-F]{12}")
_ID: Final = "01912d4e-7b1a-7c3e-9f00-{:012}"


@attrs.define
class Story:
    """What was answered, as it happened."""

    answers: dict[str, Any] = attrs.field(factory=dict)
    problems: dict[str, Any] = attrs.field(factory=dict)
    names: dict[str, str] = attrs.field(factory=dict)

    def name(self, found: str, no: int) -> str:
        """From now on *found* is told as the example's id number *no*."""
        self.names[found] = _ID.format(no)
        return found

    def ask(
        self, who: Person, method: str, path: str, body: Any = None, word: str = "", **more: Any
    ) -> Any:
        """Send a request to a *path* with its names filled in from *more*, and keep the answer."""
        at = more.pop("at", {})
        answer = who(method, path.format(**at), body, **more)
        operation = next(o for o in OPERATIONS if (o.method, public_path(o)) == (method, path))
        kept = kept_of(answer)
        if answer.status_code >= 400:
            self.problems.setdefault(kept["code"], kept)
        elif kept is not None:
            by_status = self.answers.setdefault(camel(operation.name), {})
            words = by_status.setdefault(str(answer.status_code), {})
            words[word or "done"] = kept
        return kept

    def recorded(self) -> dict[str, Any]:
        """All of it, without what differs from day to day."""
        problems = dict(sorted(self.problems.items()))
        return self._fixed({"answers": self.answers, "problems": problems})

    def _fixed(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._fixed(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._fixed(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if key in _FIXED:
            return _FIXED[key]
        known = _UUID.sub(lambda found: self._named(found[0]), value)
        known = _PARCEL.sub("SBX-B45969A5B6FD", known)
        return _MOMENT.sub("2026-11-26T21:50:29.314159Z", known)

    def _named(self, found: str) -> str:
        return self.names.setdefault(found, _ID.format(len(self.names) + 20))


def kept_of(answer: httpx.Response) -> Any:
    """The body of *answer*; ``None`` if there is none."""
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers["content-type"] else answer.text


def body_of(name: str) -> Any:
    """The body that the document shows for the operation *name*."""
    return next(o for o in OPERATIONS if o.name == name).example


def recorded_from(town: Town) -> dict[str, Any]:
    """The story, from the first account to the last refusal."""
    story = Story()
    ask = story.ask
    ada, seller = _people(town, story)
    item = ask(seller, "POST", "/items", body_of("onboard_item"), "simple")
    story.name(item["itemId"], 1)
    shirts = ask(seller, "POST", "/items", _SHIRTS, "with variants")
    _found(town, story, item)
    order = _bought(story, ada, seller, item)
    _changed(story, seller, item)
    _imported(story, seller)
    _health_and_problems(town, story)
    _refused(town, story, ada, seller, shirts, order)
    ask(ada, "DELETE", "/sessions/current")
    ask(ada, "GET", "/orders")
    return story.recorded()


_SHIRTS: Final = {
    "sku": "TSHIRT-001",
    "name": "Basic Cotton T-Shirt",
    "brand": "Plain",
    "category": "clothing",
    "variants": [
        {
            "variantId": f"TSHIRT-001-RD-{size}",
            "options": {"color": "red", "size": size},
            "price": 15.99,
            "stock": 20,
        }
        for size in ("M", "L")
    ],
}


def _people(town: Town, story: Story) -> tuple[Person, Person]:
    guest = town.guest
    story.ask(guest, "POST", "/accounts", body_of("register"), "buyer")
    session = story.ask(guest, "POST", "/sessions", body_of("log_in"))
    ada = Person(town.client, session["token"], session["account"])
    story.ask(ada, "PATCH", "/accounts/me", body_of("change_account"))
    story.ask(ada, "GET", "/accounts/me")
    sue = {"email": "sue@example.com", "password": "correct horse", "name": "Sue"}
    story.ask(guest, "POST", "/accounts", sue | {"role": "seller"}, "seller")
    session = guest("POST", "/sessions", {k: sue[k] for k in ("email", "password")}).json()
    return ada, Person(town.client, session["token"], session["account"])


def _found(town: Town, story: Story, item: Mapping[str, Any]) -> None:
    def found() -> bool:
        return bool(town.guest("GET", "/items", params={"term": "cotton shirt"}).json()["items"])

    until(found)
    story.ask(town.guest, "GET", "/items", word="found", params={"term": "smart tv"})
    story.ask(town.guest, "GET", "/suggestions", params={"prefix": "sma"})
    story.ask(town.guest, "GET", "/items/{itemId}", word="simple", at=item)


def _bought(
    story: Story, ada: Person, seller: Person, item: Mapping[str, Any]
) -> Mapping[str, Any]:
    ask = story.ask
    cart = ask(ada, "PATCH", "/cart", body_of("set_quantity") | {"itemId": item["itemId"]})
    story.name(cart["cartId"], 2)
    ask(ada, "GET", "/cart")
    body = body_of("place_order") | {"cartId": cart["cartId"]}
    order = ask(ada, "POST", "/checkout", body, "placed", headers={"Idempotency-Key": "ada-1"})
    story.name(order["orderId"], 3)
    until(lambda: ada("GET", f"/orders/{order['orderId']}").json()["status"] == "COMPLETED")
    until(lambda: seller("GET", f"/orders/{order['orderId']}").json().get("status") == "COMPLETED")
    for who, word in ((ada, "of a buyer"), (seller, "of a seller")):
        ask(who, "GET", "/orders", word=word)
        ask(who, "GET", "/orders/{orderId}", word=word, at=order)
    ask(ada, "GET", "/orders/{orderId}/events", at=order)
    ada("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})
    slow = ada("POST", "/checkout", request_for(ada("GET", "/cart").json(), "4000000000000259"))
    ask(ada, "POST", "/orders/{orderId}/cancellation", at=slow.json())
    over = f"/orders/{slow.json()['orderId']}"
    until(lambda: ada("GET", over).json()["status"] == "CANCELLED")
    ask(ada, "GET", "/orders/{orderId}", word="cancelled", at=slow.json())
    ada("DELETE", "/cart")
    return order


def _changed(story: Story, seller: Person, item: Mapping[str, Any]) -> None:
    ask = story.ask
    body, stale = body_of("change_item"), {"If-Match": '"99"'}
    ask(seller, "PATCH", "/items/{itemId}", body, at=item)
    ask(seller, "PATCH", "/items/{itemId}", body, at=item, headers=stale)
    ask(seller, "PATCH", "/items/{itemId}", body, at=item, headers={"If-Match": "*"})
    ask(seller, "DELETE", "/items/{itemId}/publication", at=item)
    ask(seller, "POST", "/items/{itemId}/publication", at=item)
    counted = body_of("receive_stock")
    ask(seller, "POST", "/items/{itemId}/stock-receipts", counted, at=item)
    for wrong in ({**counted, "quantity": 11}, {"quantity": -1_000, "reference": "shrinkage"}):
        ask(seller, "POST", "/items/{itemId}/stock-receipts", wrong, at=item)


def _imported(story: Story, seller: Person) -> None:
    operation = next(o for o in OPERATIONS if o.name == "import_items")
    for media, body in (operation.stream or {}).items():
        raw = body.example if isinstance(body.example, str) else json.dumps(body.example)
        begun = story.ask(
            seller, "POST", "/item-imports", content=raw, headers={"Content-Type": media}
        )
        over = f"/item-imports/{begun['importId']}"
        until(lambda over=over: seller("GET", over).json()["status"] != "running")
        done = seller("GET", over).json()
        assert (done["status"], done["failed"]) == ("finished", 0), done
    rows = b'{"sku": "MUG-3", "name": "Small mug", "price": 12, "quantity": 9}\n{"sku": "MUG-4"}\n'
    lines = {"Content-Type": "application/x-ndjson"}
    begun = seller("POST", "/item-imports", content=rows, headers=lines)
    over = f"/item-imports/{begun.json()['importId']}"
    until(lambda: seller("GET", over).json()["status"] == "finished")
    story.ask(seller, "GET", "/item-imports/{importId}", at=begun.json())


def _health_and_problems(town: Town, story: Story) -> None:
    for path in ("/health/live", "/health/ready"):
        story.ask(town.guest, "GET", path)
    story.ask(town.guest, "GET", "/problems/{code}", at={"code": "out-of-stock"})
    story.ask(town.guest, "GET", "/problems")
    listed = story.answers["problemTypes"]["200"]["done"]["problems"]
    shown = [recorded for recorded in listed if recorded["code"] in ("cart-empty", "out-of-stock")]
    story.answers["problemTypes"]["200"]["done"] = {"problems": shown}
    story.ask(town.guest, "GET", "/metrics")
    lines = story.answers["metrics"]["200"]["done"].splitlines()
    named = [line for line in lines if line.startswith("#") and " http_requests_total " in line]
    story.answers["metrics"]["200"]["done"] = "\n".join(named) + "\n"


def _refused(
    town: Town, story: Story, ada: Person, seller: Person, shirts: Mapping[str, Any],
    order: Mapping[str, Any],
) -> None:  # fmt: skip
    ask, guest = story.ask, town.guest
    text = {"Content-Type": "text/plain"}
    as_json = {"Content-Type": "application/json"}
    ask(guest, "GET", "/orders")
    ask(Person(town.client, "nobody-has-this-token-0"), "GET", "/orders")
    ask(seller, "GET", "/cart")
    ask(guest, "POST", "/accounts", body_of("register"))
    ask(guest, "POST", "/sessions", body_of("log_in") | {"password": "wrong horse"})
    ask(guest, "POST", "/sessions", content=b"{", headers=as_json)
    ask(guest, "POST", "/sessions", content=b"{}", headers=text)
    ask(guest, "POST", "/sessions", content=b" " * 300_000, headers=as_json)
    ask(seller, "POST", "/items", {"name": "", "price": "ten", "colour": "red"})
    ask(seller, "POST", "/items", body_of("onboard_item"))
    kept = {"If-Match": "*"}
    ask(seller, "PATCH", "/items/{itemId}", {"variants": [{"variantId": "TSHIRT-001-RD-L"}]},
        at=shirts, headers=kept)  # fmt: skip
    nothing = {"itemId": "none", "orderId": "none", "importId": "none", "code": "no-such"}
    for path in ("/items/{itemId}", "/problems/{code}"):
        ask(guest, "GET", path, at=nothing)
    ask(seller, "GET", "/item-imports/{importId}", at=nothing)
    ask(ada, "GET", "/orders/{orderId}", at=nothing)
    ask(ada, "POST", "/orders/{orderId}/cancellation", at=order)
    ask(guest, "GET", "/items", params={"cursor": "no cursor"})
    _refused_at_checkout(town, story, ada, seller, shirts)


def _refused_at_checkout(
    town: Town, story: Story, ada: Person, seller: Person, shirts: Mapping[str, Any]
) -> None:
    ask = story.ask
    red = {"itemId": shirts["itemId"], "variantId": "TSHIRT-001-RD-M"}
    cart = ada("PATCH", "/cart", {**red, "quantity": 2}).json()
    body = request_for(cart)
    ask(ada, "POST", "/checkout", body | {"amount": "1.00"})
    ask(ada, "POST", "/checkout", body | {"cartVersion": cart["version"] + 7})
    ask(ada, "POST", "/checkout", body | {"cartId": "none"})
    ask(ada, "POST", "/checkout", body, headers={"Idempotency-Key": "ada-1"})
    too_many = ada("PATCH", "/cart", {**red, "quantity": 21}).json()
    ask(ada, "POST", "/checkout", request_for(too_many))
    seller("DELETE", f"/items/{shirts['itemId']}/publication")
    ask(ada, "POST", "/checkout", request_for(ada("GET", "/cart").json()))
    seller("POST", f"/items/{shirts['itemId']}/publication")
    ada("DELETE", "/cart")
    ask(ada, "POST", "/checkout", request_for(ada("GET", "/cart").json()) | {"amount": "0"})
    town.client.cookies.clear()
    begun = town.guest("PATCH", "/cart", {**red, "quantity": 1})
    token = {"X-Cart-Token": begun.headers["x-cart-token"]}
    ask(ada, "POST", "/checkout", request_for(begun.json()), headers=token)
    town.client.cookies.clear()


def main() -> None:
    """Record the examples anew."""
    with tempfile.TemporaryDirectory() as folder, open_town(Path(folder)) as town:
        recorded = recorded_from(town)
    FILE.write_text(json.dumps(recorded, indent=1, ensure_ascii=False, sort_keys=False) + "\n")


if __name__ == "__main__":
    main()
