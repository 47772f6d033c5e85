"""The shop of the features as a running process: every verb is a request of the HTTP contract."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from commerce_core.kernel.money import Money
from commerce_testkit.http_answers import (
    basket,
    findings,
    goods,
    import_report,
    ordered,
    picture,
    profile,
    tip,
    told_of,
    wish,
)
from commerce_testkit.http_connection import Answer, HttpConnection
from commerce_testkit.http_desk import HttpDesk
from commerce_testkit.http_systems import HttpSystems
from commerce_testkit.seen import Picture, SeenNotification, Tip, Wish
from commerce_testkit.shop import (
    Basket,
    Goods,
    ImportReport,
    OrderDetails,
    Payment,
    Profile,
    SearchPage,
    ShopDriver,
    Visitor,
)

_DEADLINE: Final = 30.0
_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25
_ANY_BYTES: Final = {"Content-Type": "application/octet-stream"}
_MEDIA: Final = {"ndjson": "application/x-ndjson", "json": "application/json", "csv": "text/csv"}


class HttpShop(ShopDriver):
    """Speaks to the shop at *address*; a context manager. It waits by asking again, up to a
    deadline. *appoint* makes the holder of an e-mail address an operator, where somebody can.
    """

    def __init__(self, address: str, appoint: Callable[[str], None] | None = None) -> None:
        self._http = HttpConnection(address)
        self._desk = HttpDesk(self._request, appoint)
        self._etags: dict[tuple[str, int], str] = {}
        self._systems = HttpSystems(self._request)

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._http.__exit__(kind, error, trace)
        self._systems.close()

    @property
    def desk(self) -> HttpDesk:
        return self._desk

    def register(self, who: Visitor, name: str, role: str) -> None:
        self._request(
            who,
            "POST",
            "/accounts",
            {"email": who.email, "password": who.password, "name": name, "role": role},
        )

    def log_in(self, who: Visitor) -> None:
        stranger = Visitor(email=who.email, cart_token=who.cart_token)
        who.token = self._request(
            stranger, "POST", "/sessions", {"email": who.email, "password": who.password}
        ).body["token"]

    def log_out(self, who: Visitor) -> None:
        self._request(who, "DELETE", "/sessions/current")

    def profile(self, who: Visitor) -> Profile:
        return profile(self._request(who, "GET", "/accounts/me").body)

    def change_profile(self, who: Visitor, changes: Mapping[str, Any]) -> Profile:
        return profile(self._request(who, "PATCH", "/accounts/me", changes).body)

    def change_password(self, who: Visitor, current: str, new: str) -> None:
        self._request(who, "PUT", "/accounts/me/password", {"current": current, "new": new})
        who.password = new

    def forget_password(self, who: Visitor) -> None:
        self._request(Visitor(email=who.email), "POST", "/password-resets", {"email": who.email})

    def log_ins(self, who: Visitor) -> int:
        return len(self._request(who, "GET", "/sessions").body["sessions"])

    def log_out_everywhere(self, who: Visitor) -> None:
        self._request(who, "DELETE", "/sessions")

    def known(self, who: Visitor) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        known: Mapping[str, Any] = self._request(who, "GET", "/accounts/me/export").body
        return known

    def leave(self, who: Visitor, password: str) -> None:
        self._request(who, "DELETE", "/accounts/me", {"password": password})

    def onboard(self, who: Visitor, item: Mapping[str, Any], key: str | None = None) -> Goods:
        return goods(self._request(who, "POST", "/items", item, _key(key)).body)

    def item(self, who: Visitor, item_id: str) -> Goods:
        response = self._request(who, "GET", f"/items/{quote(item_id)}")
        self._etags[item_id, response.body["version"]] = response.headers["etag"]
        return goods(response.body)

    def change_item(
        self, who: Visitor, item_id: str, changes: Mapping[str, Any], version: int
    ) -> Goods:
        etag = self._etags[
            item_id, version
        ]  # of the last look at that version: nobody changes what they have not seen
        return goods(
            self._request(
                who, "PATCH", f"/items/{quote(item_id)}", changes, {"If-Match": etag}
            ).body
        )

    def publish(self, who: Visitor, item_id: str) -> Goods:
        return goods(self._request(who, "POST", f"/items/{quote(item_id)}/publication").body)

    def withdraw(self, who: Visitor, item_id: str) -> Goods:
        return goods(self._request(who, "DELETE", f"/items/{quote(item_id)}/publication").body)

    def receive_stock(self, who: Visitor, item_id: str, receipt: Mapping[str, Any]) -> int:
        stock: int = self._request(
            who, "POST", f"/items/{quote(item_id)}/stock-receipts", receipt
        ).body["stock"]
        return stock

    def add_picture(
        self, who: Visitor, item_id: str, content: bytes, variant_id: str | None = None
    ) -> Picture:
        named = f"?{urlencode({'variantId': variant_id})}" if variant_id else ""
        path = f"/items/{quote(item_id)}/images{named}"
        return picture(self._send(who, "POST", path, content, _ANY_BYTES).body)

    def pictures(self, who: Visitor, item_id: str) -> tuple[Picture, ...]:
        found = self._request(who, "GET", f"/items/{quote(item_id)}/images").body["images"]
        return tuple(picture(image) for image in found)

    def remove_picture(self, who: Visitor, item_id: str, image_id: str) -> None:
        self._request(who, "DELETE", f"/items/{quote(item_id)}/images/{quote(image_id)}")

    def import_items(
        self, who: Visitor, form: str, text: str, *, dry_run: bool = False
    ) -> ImportReport:
        path = "/item-imports?dryRun=true" if dry_run else "/item-imports"
        started = self._send(who, "POST", path, text.encode(), {"Content-Type": _MEDIA[form]})
        place = started.headers["location"]
        self.until(
            lambda: self._request(who, "GET", place).body["status"] == "finished",
            "the import is finished",
        )
        return import_report(self._request(who, "GET", place).body)

    def import_report(self, who: Visitor, import_id: str) -> ImportReport:
        return import_report(self._request(who, "GET", f"/item-imports/{quote(import_id)}").body)

    def search(self, who: Visitor, parameters: Mapping[str, str | tuple[str, ...]]) -> SearchPage:
        return findings(self._send(who, "GET", f"/items?{urlencode(parameters, doseq=True)}").body)

    def seller_id(self, who: Visitor) -> str:
        account_id: str = self._request(who, "GET", "/accounts/me").body["accountId"]
        return account_id

    def suggestions(self, who: Visitor, prefix: str, size: int) -> tuple[tuple[str, str], ...]:
        found = self._send(
            who, "GET", f"/suggestions?{urlencode({'prefix': prefix, 'size': size})}"
        ).body["suggestions"]
        return tuple((one["kind"], one["text"]) for one in found)

    def cart(self, who: Visitor) -> Basket:
        return basket(self._request(who, "GET", "/cart").body)

    def set_quantity(
        self, who: Visitor, item_id: str, variant_id: str | None, quantity: int
    ) -> Basket:
        said: dict[str, Any] = {"itemId": item_id, "quantity": quantity}
        if variant_id is not None:
            said["variantId"] = variant_id
        return basket(self._request(who, "PATCH", "/cart", said).body)

    def set_quantities(self, who: Visitor, lines: Sequence[tuple[str, str | None, int]]) -> Basket:
        said = [
            {"itemId": item_id, "variantId": variant_id, "quantity": quantity}
            for item_id, variant_id, quantity in lines
        ]
        return basket(self._request(who, "PATCH", "/cart", {"lines": said}).body)

    def change_cart(self, who: Visitor, changes: Mapping[str, Any]) -> Basket:
        return basket(self._request(who, "PATCH", "/cart", changes).body)

    def empty_cart(self, who: Visitor) -> None:
        self._request(who, "DELETE", "/cart")

    def wish_for(self, who: Visitor, item_id: str, variant_id: str | None = None) -> Wish:
        said = {"variantId": variant_id} if variant_id is not None else None
        return wish(self._request(who, "PUT", f"/wishlist/items/{item_id}", said).body)

    def give_up_wish(self, who: Visitor, item_id: str) -> None:
        self._request(who, "DELETE", f"/wishlist/items/{item_id}")

    def wishlist(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[Wish, ...], str | None]:
        query = {"size": size} | ({"cursor": cursor} if cursor else {})
        page = self._request(who, "GET", f"/wishlist?{urlencode(query)}").body
        return tuple(wish(one) for one in page["items"]), page["nextCursor"]

    def recommendations(
        self, who: Visitor, item_id: str | None = None, size: int = 20
    ) -> tuple[Tip, ...]:
        query = {"size": size} | ({"itemId": item_id} if item_id else {})
        found = self._request(who, "GET", f"/recommendations?{urlencode(query)}").body
        return tuple(tip(one) for one in found["items"])

    def check_out(self, who: Visitor, payment: Payment, *, wait: bool = False) -> OrderDetails:
        said: dict[str, Any] = {
            "cartId": payment.cart_id,
            "amount": {"amount": payment.amount.amount, "currency": payment.amount.currency},
            "paymentInfo": {
                "paymentType": "card",
                "cardNo": payment.card_no,
                "expiry": "12/39",
                "cvc": "123",
            },
        }
        if payment.address is not None:
            said["shippingAddress"] = payment.address
        if payment.cart_version is not None:
            said["cartVersion"] = payment.cart_version
        headers = _key(payment.key) | ({"Prefer": "wait=10"} if wait else {})
        return ordered(self._request(who, "POST", "/checkout", said, headers).body)

    def order(self, who: Visitor, order_id: str) -> OrderDetails:
        return ordered(self._request(who, "GET", f"/orders/{quote(order_id)}").body)

    def orders(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[OrderDetails, ...], str | None]:
        parameters = {"size": str(size)} | ({"cursor": cursor} if cursor is not None else {})
        page = self._request(who, "GET", f"/orders?{urlencode(parameters)}").body
        return tuple(ordered(order) for order in page["orders"]), page["nextCursor"]

    def events(self, who: Visitor, order_id: str, after: int = 0) -> tuple[str, ...]:
        headers = _headers(who) | ({"Last-Event-ID": str(after)} if after else {})
        return tuple(
            name for _, name in self._http.listen(f"/orders/{quote(order_id)}/events", headers)
        )

    def come_back(self, who: Visitor, order_id: str, result: str) -> OrderDetails:
        path, brought = f"/orders/{quote(order_id)}/payment-return", {"result": result}
        return ordered(self._request(who, "POST", path, {"parameters": brought}).body)

    def cancel(self, who: Visitor, order_id: str) -> OrderDetails:
        return ordered(self._request(who, "POST", f"/orders/{quote(order_id)}/cancellation").body)

    def notifications(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[SeenNotification, ...], str | None]:
        parameters = {"size": str(size)} | ({"cursor": cursor} if cursor is not None else {})
        page = self._request(who, "GET", f"/notifications?{urlencode(parameters)}").body
        return tuple(told_of(one) for one in page["items"]), page["nextCursor"]

    def read_notification(self, who: Visitor, notification_id: str) -> None:
        self._request(who, "POST", f"/notifications/{quote(notification_id)}/read")

    def notification_preferences(self, who: Visitor) -> Mapping[str, Mapping[str, bool]]:
        chosen: Mapping[str, Mapping[str, bool]] = self._request(
            who, "GET", "/notification-preferences"
        ).body
        return chosen

    def choose_notifications(
        self, who: Visitor, choices: Mapping[str, Mapping[str, bool]]
    ) -> Mapping[str, Mapping[str, bool]]:
        chosen: Mapping[str, Mapping[str, bool]] = self._request(
            who, "PUT", "/notification-preferences", choices
        ).body
        return chosen

    def systems(self) -> HttpSystems:
        return self._systems

    def until(self, happened: Callable[[], bool], what: str) -> None:
        deadline, pause = time.monotonic() + _DEADLINE, _PAUSE
        while not happened():
            assert time.monotonic() < deadline, f"it never came to this: {what}"
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _request(
        self,
        who: Visitor,
        method: str,
        path: str,
        said: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        media = {
            "Content-Type": "application/merge-patch+json"
            if path.startswith("/items/") and method == "PATCH"
            else "application/json"
        }
        body = json.dumps(said, default=_plain).encode() if said is not None else None
        return self._send(
            who, method, path, body, {**(media if body is not None else {}), **(headers or {})}
        )

    def _send(
        self,
        who: Visitor,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self._http.request(method, path, body, {**_headers(who), **(headers or {})})
        if token := answer.headers.get("x-cart-token"):
            who.cart_token = token
        return answer


def _headers(who: Visitor) -> dict[str, str]:
    """Who calls: the log-in, and the cart that the browser keeps."""
    found = {"Authorization": f"Bearer {who.token}"} if who.token else {}
    return found | ({"X-Cart-Token": who.cart_token} if who.cart_token else {})


def _key(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key} if key is not None else {}


def _plain(value: object) -> object:
    if isinstance(value, Decimal | Money):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not said in JSON")
