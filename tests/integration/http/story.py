"""A day of a shop, from which the examples of the document are taken: every operation, and the
refusals that carry something to act on.

``python -m tests.integration.http.story`` records them anew.
"""

import json
import socket
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

from commerce_core.notifications import Kind
from commerce_http.main import OPERATIONS
from tests.integration.http.desk_story import decided
from tests.integration.http.people import Person, Town, open_town, request_for, until
from tests.integration.http.recording import Story, body_of
from tests.pictures import picture

FILE: Final = Path(str(resources.files("commerce_http") / "examples.json"))


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
    _wished_for(story, ada, item)
    _told(town, story, ada, seller)
    _recommended(town, story, item)
    _changed(story, seller, item)
    _pictured(story, seller, item)
    _imported(story, seller)
    _sent(story, town, seller, shirts)
    decided(town, story, (ada, seller), item, order)
    _health_and_problems(town, story)
    _refused(town, story, ada, seller, shirts, order)
    ask(ada, "DELETE", "/sessions/current")
    ask(ada, "GET", "/orders")
    _left(town, story)
    return story.recorded()


#: Orders of the seller's goods that were completed, of each of which there is a message.
_SOLD: Final = 2
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


def _left(town: Town, story: Story) -> None:
    me = {"email": "bob@example.com", "password": "correct horse battery"}
    town.guest("POST", "/accounts", {**me, "name": "Bob", "role": "buyer"})
    session = town.guest("POST", "/sessions", me).json()
    bob = Person(town.client, session["token"], session["account"])
    story.ask(bob, "PUT", "/accounts/me/password", body_of("change_password"))
    listed = story.ask(bob, "GET", "/sessions")["sessions"][0]
    listed["sessionId"] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    story.ask(bob, "DELETE", "/sessions/{sessionId}", at={"sessionId": "none"})
    story.ask(bob, "POST", "/password-resets", body_of("ask_password_reset"))
    story.ask(
        bob, "PUT", "/password-resets/{token}", body_of("choose_password"), at={"token": "none"}
    )
    story.ask(bob, "GET", "/accounts/me/export")
    closing = {"password": body_of("change_password")["new"]}
    story.ask(bob, "DELETE", "/accounts/me", closing)


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
    # Of two that are sent at once either may be the newer one.
    seller("PUT", "/notification-preferences", {"low-stock": {"email": False, "inbox": False}})
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
    _acted(story, ada, item)
    return order


def _acted(story: Story, ada: Person, item: Mapping[str, Any]) -> None:
    """A buyer whose bank wants to see them."""
    ada("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})
    body = request_for(ada("GET", "/cart").json(), "4000000000003220")
    asked = ada("POST", "/checkout", body, headers={"Prefer": "wait=10"}).json()
    story.ask(ada, "GET", "/orders/{orderId}", word="waits for its buyer", at=asked)
    brought = body_of("return_from_payment")
    story.ask(ada, "POST", "/orders/{orderId}/payment-return", brought, at=asked)
    over = f"/orders/{asked['orderId']}"
    until(lambda: ada("GET", over).json()["status"] == "COMPLETED")
    ada("DELETE", "/cart")


def _wished_for(story: Story, ada: Person, item: Mapping[str, Any]) -> None:
    for word in ("added", "there already"):
        story.ask(ada, "PUT", "/wishlist/items/{itemId}", {}, word, at=item)
    story.ask(ada, "GET", "/wishlist")
    story.ask(ada, "GET", "/wishlist/items/{itemId}", at=item)
    story.ask(ada, "DELETE", "/wishlist/items/{itemId}", at=item)
    story.ask(ada, "GET", "/wishlist/items/{itemId}", at=item)


def _told(town: Town, story: Story, ada: Person, seller: Person) -> None:
    ask = story.ask
    until(lambda: len(seller("GET", "/notifications").json()["items"]) == _SOLD)
    page = ask(seller, "GET", "/notifications")
    ask(seller, "POST", "/notifications/{notificationId}/read", at=page["items"][0])
    ask(ada, "POST", "/notifications/{notificationId}/read", at=page["items"][0])
    buyer_id = ada("GET", "/accounts/me").json()["accountId"]
    link = {"token": town.shop.notices.unsubscribe_token(buyer_id, Kind.PRICE_DROPPED)}
    ask(ada, "GET", "/unsubscribe/{token}", at={"token": "unknown"})
    ask(ada, "GET", "/unsubscribe/{token}", at=link)
    ask(ada, "POST", "/unsubscribe/{token}", at=link)
    ask(ada, "GET", "/notification-preferences")
    ask(ada, "PUT", "/notification-preferences", body_of("choose_notifications"))


def _recommended(town: Town, story: Story, item: Mapping[str, Any]) -> None:
    model = town.shop.model_builder.request()

    def learnt() -> bool:
        found = town.shop.model_builder.find(model.id)
        return found is not None and found.finished_at is not None

    until(learnt)
    story.ask(town.guest, "GET", "/recommendations", word="popular", params={"size": 1})
    beside = {"itemId": item["itemId"], "size": 1}
    story.ask(town.guest, "GET", "/recommendations", word="beside an item", params=beside)


def _sent(story: Story, town: Town, seller: Person, item: Mapping[str, Any]) -> None:
    """A system that takes nothing hears of an item."""
    until(lambda: not town.shop.broker.waiting()["webhooks"])  # of earlier changes it hears nothing
    ask, events = story.ask, ["catalog.item_changed.v1"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/commerce"
    shown = body_of("add_webhook_endpoint")
    made = ask(seller, "POST", "/webhook-endpoints", {**shown, "url": url, "events": events})
    at = {"endpointId": made["endpointId"]}
    one = "/webhook-endpoints/{endpointId}"
    seller("PATCH", f"/items/{item['itemId']}", {"brand": "Other"}, headers={"If-Match": "*"})
    listed = f"/webhook-endpoints/{made['endpointId']}/deliveries"

    def tried() -> bool:
        return any(each["attempts"] for each in seller("GET", listed).json()["deliveries"])

    until(tried)
    (sent,) = ask(seller, "GET", f"{one}/deliveries", at=at)["deliveries"]
    again = at | {"deliveryId": sent["deliveryId"]}
    ask(seller, "PATCH", one, {"enabled": False}, "disabled", at=at)
    ask(seller, "POST", f"{one}/deliveries/{{deliveryId}}/redelivery", at=again)
    ask(seller, "PATCH", one, body_of("change_webhook_endpoint"), "changed", at=at)
    ask(seller, "GET", one, at=at)
    ask(seller, "GET", "/webhook-endpoints")
    ask(seller, "POST", f"{one}/secret", at=at)
    ask(seller, "POST", f"{one}/deliveries/{{deliveryId}}/redelivery", at=again)
    unknown = at | {"deliveryId": "none"}
    ask(seller, "POST", f"{one}/deliveries/{{deliveryId}}/redelivery", at=unknown)
    ask(seller, "DELETE", one, at=at)
    ask(seller, "GET", one, at=at)


def _changed(story: Story, seller: Person, item: Mapping[str, Any]) -> None:
    ask = story.ask
    body, stale = body_of("change_item"), {"If-Match": '"99"'}
    ask(seller, "GET", "/accounts/me/items", params={"status": "active", "stockBelow": 10})
    ask(seller, "PATCH", "/items/{itemId}", body, at=item)
    ask(seller, "PATCH", "/items/{itemId}", body, at=item, headers=stale)
    ask(seller, "PATCH", "/items/{itemId}", body, at=item, headers={"If-Match": "*"})
    ask(seller, "DELETE", "/items/{itemId}/publication", at=item)
    ask(seller, "POST", "/items/{itemId}/publication", at=item)
    counted = body_of("receive_stock")
    ask(seller, "POST", "/items/{itemId}/stock-receipts", counted, at=item)
    for wrong in ({**counted, "quantity": 11}, {"quantity": -1_000, "reference": "shrinkage"}):
        ask(seller, "POST", "/items/{itemId}/stock-receipts", wrong, at=item)


def _pictured(story: Story, seller: Person, item: Mapping[str, Any]) -> None:
    place = "/items/{itemId}/images"
    sent = {"content": picture("JPEG", (1_200, 800)), "headers": {"Content-Type": "image/jpeg"}}
    image = story.ask(seller, "POST", place, at=item, **sent)
    at = {"itemId": item["itemId"], "imageId": image["imageId"]}
    path = f"/items/{item['itemId']}/images/{image['imageId']}"
    until(lambda: seller("GET", path).json()["status"] != "processing", 30)
    story.ask(seller, "GET", place + "/{imageId}", at=at)
    story.ask(seller, "GET", place, at=item)
    story.ask(seller, "DELETE", place + "/{imageId}", at=at)
    story.ask(seller, "GET", place + "/{imageId}", at=at)
    letter = {"content": b"Dear Sir", "headers": {"Content-Type": "image/png"}}
    story.ask(seller, "POST", place, at=item, **letter)


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
    story.ask(seller, "GET", "/item-imports")


def _health_and_problems(town: Town, story: Story) -> None:
    for path in ("/", "/health/live", "/health/ready"):
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
