"""Reading and cancelling orders over HTTP."""

import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from dependency_injector import providers

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_core.kernel.address import Address
from commerce_core.kernel.money import Money
from commerce_core.pricing import Adjustment, Charges, PricedLine
from tests.integration.http.people import (
    ADDRESS,
    Person,
    Town,
    open_town,
    pointers,
    problem,
    request_for,
    serving,
    until,
)

#: What an order shows by itself alone, and not in a list.
_ALONE = {"refunds", "timeline", "nextAction"}


def test_history_is_newest_first_page_by_page_and_without_timeline(still_town: Town) -> None:
    seller, buyer = still_town.newcomer("seller"), still_town.newcomer()
    item = still_town.item(seller)
    placed = [still_town.order(buyer, item) for _ in range(5)]
    found: list[dict] = []
    page = buyer("GET", "/orders", params={"size": 2}).json()
    while True:
        assert set(page) == {"orders", "nextCursor"}
        found += page["orders"]
        if page["nextCursor"] is None:
            break
        page = buyer("GET", "/orders", params={"size": 2, "cursor": page["nextCursor"]}).json()
    assert found == [
        {k: v for k, v in order.items() if k not in _ALONE} for order in reversed(placed)
    ]


def test_a_seller_sees_the_own_lines_alone(still_town: Town) -> None:
    one, other, buyer = (
        still_town.newcomer("seller"),
        still_town.newcomer("seller"),
        still_town.newcomer(),
    )
    mine, theirs = still_town.item(one, price=1), still_town.item(other, price=2)
    still_town.filled_cart(buyer, mine, 3)
    order = still_town.order(buyer, theirs)
    sold = until(lambda: one("GET", "/orders").json()["orders"])[0]
    fields = {"orderId", "number", "status", "lines", "total", "createdAt", "updatedAt"}
    assert set(sold) == fields
    assert (sold["orderId"], sold["status"], sold["total"]["amount"]) == (
        order["orderId"],
        "PENDING",
        "3.00",
    )
    assert [line["itemId"] for line in sold["lines"]] == [mine["itemId"]]
    assert one("GET", f"/orders/{order['orderId']}").json() == sold
    problem(
        still_town.newcomer("seller")("GET", f"/orders/{order['orderId']}"), 404, "order-not-found"
    )


class Some(Charges):
    """Postage, tax that is in the prices, and a discount."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        usd = Money.parse
        return (
            Adjustment(kind="shipping", code="parcel", amount=usd("4.90", "USD")),
            Adjustment(
                kind="tax", code="vat", amount=usd("4.79", "USD"), rate="0.19", included=True
            ),
            Adjustment(kind="discount", code="spring", amount=usd("-2.00", "USD")),
        )


SHIRT = {
    "sku": "SHIRT-1",
    "name": "Shirt",
    "variants": [
        {
            "variantId": "RD-M",
            "options": {"color": "red", "Größe": ["M", 1]},
            "price": "9.99",
            "stock": 5,
        }
    ],
}
#: What becomes of the shirt.
BLOUSE = {
    "sku": "SHIRT-2",
    "name": "Blouse",
    "variants": [{"variantId": "RD-M", "options": {"color": "pink"}, "price": "1.00"}],
}


def test_an_order_explains_its_total_and_its_lines_by_its_own_record(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    """Whatever becomes of the catalogue and of the account afterwards."""
    container = ShopContainer(settings=Settings.in_folder(tmp_path, **on_database))
    container.charges.override(providers.Object(Some()))
    with (
        contextlib.closing(container.shop()) as shop,
        serving(shop) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        town = Town(shop, client)
        seller, buyer = town.newcomer("seller"), town.newcomer()
        buyer("PATCH", "/accounts/me", {"address": ADDRESS})
        shirt = seller("POST", "/items", SHIRT).json()
        cart = buyer(
            "PATCH", "/cart", {"itemId": shirt["itemId"], "variantId": "RD-M", "quantity": 3}
        ).json()
        order = buyer("POST", "/checkout", request_for(cart)).json()
        shown = {
            name: order[name]["amount"]
            for name in ("subtotal", "shipping", "tax", "discount", "total")
        }
        assert shown == {
            "subtotal": "29.97",
            "shipping": "4.90",
            "tax": "0.00",
            "discount": "-2.00",
            "total": "32.87",
        }
        assert [
            (a["kind"], a["code"], a["amount"]["amount"], a["included"])
            for a in order["adjustments"]
        ] == [
            ("shipping", "parcel", "4.90", False),
            ("tax", "vat", "4.79", True),
            ("discount", "spring", "-2.00", False),
        ]
        assert order["shippingAddress"] == {**ADDRESS, "line2": "", "region": ""}
        (line,) = order["lines"]
        assert (line["sku"], line["options"], line["variantId"]) == (
            "SHIRT-1",
            {"color": "red", "Größe": ["M", 1]},
            "RD-M",
        )

        changed = seller("PATCH", f"/items/{shirt['itemId']}", BLOUSE, headers={"If-Match": "*"})
        assert changed.status_code == 200, changed.text
        buyer("PATCH", "/accounts/me", {"address": None})
        path = f"/orders/{order['orderId']}"
        assert buyer("GET", path).json() == order
        assert buyer("GET", "/orders").json()["orders"] == [
            {k: v for k, v in order.items() if k not in _ALONE}
        ]
        shop.relay.run_once(100)
        assert seller("GET", path).json()["lines"] == order["lines"]


def test_an_order_from_before_they_were_kept_has_no_sku_and_no_options(tmp_path: Path) -> None:
    with open_town(tmp_path, sagas=False) as town:
        buyer = town.newcomer()
        order = town.order(buyer, town.item(town.newcomer("seller")))
        with sqlite3.connect(tmp_path / "shop.db") as database:
            database.execute("UPDATE order_line SET sku = NULL, options = NULL")
        (line,) = buyer("GET", f"/orders/{order['orderId']}").json()["lines"]
        assert (line["sku"], line["options"]) == (None, None)


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [order["orderId"] for order in answer.json()["orders"]]


def test_a_history_is_of_a_status_and_of_a_time(still_town: Town) -> None:
    buyer, item = still_town.newcomer(), still_town.item(still_town.newcomer("seller"))
    placed = [still_town.order(buyer, item) for _ in range(4)]
    newest_first = [order["orderId"] for order in reversed(placed)]

    def found(**filters: str) -> list[str]:
        return ids(buyer("GET", "/orders", params=filters))

    assert (found(status="PENDING"), found(status="CANCELLED")) == (newest_first, [])
    times = [order["createdAt"] for order in placed]
    assert found(**{"from": times[1], "to": times[2]}) == newest_first[1:3]
    assert found(to=times[0]) == newest_first[3:]
    today = times[0][:10]
    assert found(**{"from": today, "to": times[3]}) == newest_first
    assert found(to="2020-02-29") == []
    assert found(**{"from": "2020-02-29T23:59:59.5+01:00", "status": "PENDING"}) == newest_first


def test_a_page_goes_on_under_the_filters_that_it_was_asked_with(still_town: Town) -> None:
    buyer, item = still_town.newcomer(), still_town.item(still_town.newcomer("seller"))
    placed = [still_town.order(buyer, item)["orderId"] for _ in range(5)]
    filters = {"status": "PENDING", "size": "2"}
    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        page = buyer("GET", "/orders", params=filters | ({"cursor": cursor} if cursor else {}))
        seen += ids(page)
        last, cursor = cursor or "", page.json()["nextCursor"]
    assert seen == placed[::-1]
    problem(buyer("GET", "/orders", params={"cursor": last}), 400, "bad-cursor")
    problem(buyer("GET", "/orders", params={"status": "PAID", "cursor": last}), 400, "bad-cursor")
    assert (
        ids(buyer("GET", "/orders", params={"status": "PENDING", "size": "1", "cursor": last}))
        == placed[:1]
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=paid", ["/status"]),
        ("status=PAID&status=PENDING", ["/status"]),
        ("from=yesterday&to=2026-02-30", ["/from", "/to"]),
        ("from=2026-01-01T00:00:00", ["/from"]),
        ("from=2026-01-01T00:00:00+01:00", ["/from"]),
        ("from=0001-01-01T00:00:00%2B14:00", ["/from"]),
        ("from=2026-01-02&to=2026-01-01", ["/to"]),
        ("updatedSince=2026-01-01", ["/updatedSince"]),
        ("since=2026-01-01", ["/since"]),
    ],
)
def test_filters_are_read_strictly(still_town: Town, query: str, expected: list[str]) -> None:
    assert pointers(still_town.newcomer()("GET", f"/orders?{query}")) == expected


def test_a_seller_asks_what_has_changed(town: Town) -> None:
    seller, buyer = town.newcomer("seller"), town.newcomer()
    item = town.item(seller)
    first = town.order(buyer, item, Prefer="wait=10")["orderId"]
    until(lambda: ids(seller("GET", "/orders", params={"status": "COMPLETED"})) == [first])
    asked_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    assert ids(seller("GET", "/orders", params={"updatedSince": asked_at})) == []
    second = town.order(buyer, item, Prefer="wait=10")["orderId"]
    until(
        lambda: (
            ids(seller("GET", "/orders", params={"updatedSince": asked_at, "status": "COMPLETED"}))
            == [second]
        )
    )
    assert ids(seller("GET", "/orders", params={"to": asked_at})) == [first]
    assert ids(seller("GET", "/orders", params={"from": asked_at, "size": "1"})) == [second]


@pytest.mark.parametrize("path", ["/orders", "/orders?cursor="])
def test_a_new_buyer_has_no_orders(still_town: Town, path: str) -> None:
    assert still_town.newcomer()("GET", path).json() == {"orders": [], "nextCursor": None}


def test_a_cursor_of_another_list_is_400_and_a_wrong_size_422(still_town: Town) -> None:
    buyer = still_town.newcomer()
    problem(buyer("GET", "/orders?cursor=abc"), 400, "bad-cursor")
    assert pointers(buyer("GET", "/orders?size=1000&state=PAID")) == ["/size", "/state"]


def test_cancelling_is_202_and_repeated_202(still_town: Town) -> None:
    buyer = still_town.newcomer()
    order = still_town.order(buyer, still_town.item(still_town.newcomer("seller")))
    for _ in range(2):
        noted = buyer("POST", f"/orders/{order['orderId']}/cancellation")
        assert (noted.status_code, noted.json()["orderId"]) == (202, order["orderId"])


def test_an_order_that_times_out_can_be_cancelled_until_it_is_paid(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller), "4000000000000259")
    path = f"/orders/{order['orderId']}"
    assert buyer("POST", f"{path}/cancellation").status_code == 202
    ended = until(lambda: (o := buyer("GET", path).json())["status"] == "CANCELLED" and o)
    assert ended["cancellation"]["code"] == "cancelled-by-buyer"
    assert ended["payment"]["status"] == "cancelled"
    assert buyer("GET", "/cart").json()["lines"][0]["quantity"] == 1
    assert buyer("POST", f"{path}/cancellation").status_code == 202


def test_a_paid_order_is_too_late_to_cancel(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller), Prefer="wait=10")
    problem(buyer("POST", f"/orders/{order['orderId']}/cancellation"), 409, "too-late-to-cancel")
