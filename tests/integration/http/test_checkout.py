"""Placing orders over HTTP."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from commerce_core.payment import PaymentUnavailable
from commerce_local.sandbox_gateway import SandboxGateway
from tests.integration.http.people import (
    ADDRESS,
    CARD,
    Person,
    Town,
    pointers,
    problem,
    request_for,
    until,
)


@pytest.fixture(scope="module")
def goods(still_town: Town) -> Person:
    return still_town.newcomer("seller")


@pytest.fixture
def cart(still_town: Town, goods: Person) -> Iterator[tuple[Person, dict, dict]]:
    """A buyer, the item, and the cart that holds two of it."""
    buyer, item = still_town.newcomer(), still_town.item(goods)
    return buyer, item, still_town.filled_cart(buyer, item, 2)


def test_an_order_has_the_fields_of_the_contract(cart) -> None:
    buyer, item, filled = cart
    placed = buyer("POST", "/checkout", request_for(filled, shippingAddress=ADDRESS))
    assert placed.status_code == 201, placed.text
    order = placed.json()
    assert placed.headers["location"] == f"/orders/{order['orderId']}"
    price, total = {"amount": "15.99", "currency": "USD"}, {"amount": "31.98", "currency": "USD"}
    line = {
        "itemId": item["itemId"],
        "variantId": None,
        "sku": item["sku"],
        "options": {},
        "sellerId": item["sellerId"],
        "name": item["name"],
        "quantity": 2,
        "metadata": {},
    }
    nothing = {"amount": "0.00", "currency": "USD"}
    assert order == {
        "orderId": order["orderId"],
        "number": None,
        "cartId": filled["cartId"],
        "status": "PENDING",
        "subtotal": total,
        "shipping": nothing,
        "tax": nothing,
        "discount": nothing,
        "total": total,
        "lines": [line | {"unitPrice": price, "lineTotal": total}],
        "adjustments": [],
        "coupons": [],
        "shippingAddress": {**ADDRESS, "line2": "", "region": ""},
        "payment": {
            "status": "pending",
            "brand": "visa",
            "last4": "4242",
            "refunded": nothing,
        },
        "refunds": [],
        "nextAction": None,
        "shipment": None,
        "metadata": {},
        "createdAt": order["createdAt"],
        "updatedAt": order["createdAt"],
        "timeline": [
            {"type": name, "at": order["createdAt"], "detail": {}}
            for name in ("OrderCreated", "InventoryReserved")
        ],
    }
    assert buyer("GET", "/cart").json()["lines"] == []
    assert "preference-applied" not in placed.headers


def test_the_answer_says_pending_however_quick_the_saga_is(town: Town, seller: Person) -> None:
    for _ in range(5):
        order = town.order(town.newcomer(), town.item(seller))
        assert order["status"] == "PENDING"
        assert [entry["type"] for entry in order["timeline"]] == [
            "OrderCreated",
            "InventoryReserved",
        ]


def test_13_the_same_cart_or_key_again_is_the_same_order_as_it_stands(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    body = request_for(town.filled_cart(buyer, town.item(seller)))
    first = buyer("POST", "/checkout", body, headers={"Idempotency-Key": "pay-1"})
    until(lambda: buyer("GET", first.headers["location"]).json()["status"] == "COMPLETED")
    for headers in ({"Idempotency-Key": "pay-1"}, {"Idempotency-Key": "pay-2"}, {}):
        again = buyer("POST", "/checkout", body, headers=headers)
        assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
        assert (again.json()["orderId"], again.json()["status"]) == (
            first.json()["orderId"],
            "COMPLETED",
        )


def test_a_used_key_with_another_request_is_409_and_a_refused_one_stays_free(
    still_town: Town, goods: Person, cart
) -> None:
    buyer, _, filled = cart
    key = {"Idempotency-Key": "one key"}
    wrong = request_for(filled) | {"amount": "1.00"}
    problem(buyer("POST", "/checkout", wrong, headers=key), 409, "amount-mismatch")
    assert buyer("POST", "/checkout", request_for(filled), headers=key).status_code == 201
    another = request_for(still_town.filled_cart(buyer, still_town.item(goods)))
    problem(buyer("POST", "/checkout", another, headers=key), 409, "idempotency-key-reused")


def test_12_another_amount_is_409_with_both_figures(cart) -> None:
    buyer, _, filled = cart
    refused = problem(
        buyer("POST", "/checkout", request_for(filled) | {"amount": 30}), 409, "amount-mismatch"
    )
    assert refused["amount"] == {"amount": "30.00", "currency": "USD"}
    assert refused["currentAmount"] == filled["total"]
    assert buyer("GET", "/cart").json() == filled


def test_an_amount_in_another_currency_is_no_match(cart) -> None:
    buyer, _, filled = cart
    refused = buyer(
        "POST",
        "/checkout",
        request_for(filled) | {"amount": {"amount": "31.98", "currency": "EUR"}},
    )
    problem(refused, 409, "amount-mismatch")


def test_another_version_of_the_cart_is_409(cart) -> None:
    buyer, _, filled = cart
    problem(
        buyer("POST", "/checkout", request_for(filled, cartVersion=filled["version"] + 1)),
        409,
        "cart-changed",
    )
    assert (
        buyer("POST", "/checkout", request_for(filled, cartVersion=filled["version"])).status_code
        == 201
    )


def test_2_what_ran_out_meanwhile_is_409_and_names_the_line(cart, goods: Person) -> None:
    buyer, item, filled = cart
    goods(
        "POST",
        f"/items/{item['itemId']}/stock-receipts",
        {"quantity": -7, "reference": "sold elsewhere"},
    )
    (line,) = problem(buyer("POST", "/checkout", request_for(filled)), 409, "out-of-stock")["lines"]
    assert (line["itemId"], line["requested"], line["available"]) == (item["itemId"], 2, 1)


def test_a_withdrawn_item_is_409_and_names_the_line(cart, goods: Person) -> None:
    buyer, item, filled = cart
    goods("DELETE", f"/items/{item['itemId']}/publication")
    (line,) = problem(buyer("POST", "/checkout", request_for(filled)), 409, "item-unavailable")[
        "lines"
    ]
    assert line["itemId"] == item["itemId"]


def test_an_empty_cart_is_409_and_somebody_elses_is_404(still_town: Town, cart) -> None:
    _, _, filled = cart
    other = still_town.newcomer()
    empty = other("GET", "/cart").json()
    problem(other("POST", "/checkout", request_for(empty)), 409, "cart-empty")
    problem(other("POST", "/checkout", request_for(filled)), 404, "cart-not-found")
    problem(
        other("POST", "/checkout", request_for(filled) | {"cartId": "nothing"}),
        404,
        "cart-not-found",
    )


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        ({"paymentType": "card"}, ["/paymentInfo"]),
        ({"paymentType": "card", "cardNo": "4242424242424241"}, ["/paymentInfo/cardNo"]),
        ({"paymentType": "card", "cardNo": 4242424242424242}, ["/paymentInfo/cardNo"]),
        ({"paymentType": "card", "cardNo": CARD, "expiry": "13/30"}, ["/paymentInfo/expiry"]),
        ({"paymentType": "card", "cardNo": CARD, "cvc": "12345"}, ["/paymentInfo/cvc"]),
        ({"cardNo": CARD}, ["/paymentInfo/paymentType"]),
        ({"paymentType": "card", "cardNo": CARD, "pin": "1234"}, ["/paymentInfo/pin"]),
        (None, ["/paymentInfo"]),
    ],
)
def test_a_payment_that_cannot_be_taken_is_422_at_its_field(
    cart, payment: object, expected: list[str]
) -> None:
    buyer, _, filled = cart
    refused = buyer("POST", "/checkout", request_for(filled) | {"paymentInfo": payment})
    assert [p for p in pointers(refused) if any(p.startswith(e) for e in expected)] == pointers(
        refused
    )
    assert "424242424242" not in refused.text


def test_a_gateways_token_pays_too(cart) -> None:
    buyer, _, filled = cart
    placed = buyer(
        "POST",
        "/checkout",
        request_for(filled) | {"paymentInfo": {"paymentType": "card", "token": "tok_visa"}},
    )
    assert placed.status_code == 201, placed.text
    assert placed.json()["payment"]["last4"] == "4242"


def test_32_price_and_status_do_not_come_from_the_client(cart) -> None:
    buyer, _, filled = cart
    body = request_for(filled, status="COMPLETED", total="0.01", buyerId="me", orderId="mine")
    assert pointers(buyer("POST", "/checkout", body)) == [
        "/buyerId",
        "/orderId",
        "/status",
        "/total",
    ]


def test_waiting_ends_with_the_order(town: Town, seller: Person) -> None:
    order = town.order(town.newcomer(), town.item(seller), Prefer="respond-async, wait=10")
    assert order["status"] == "COMPLETED"
    assert order["shipment"]["trackingNumber"]


def test_a_declined_card_cancels_the_order_and_gives_the_lines_back(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    item = town.item(seller)
    order = town.order(buyer, item, "4000000000000002", Prefer="wait=10")
    assert (order["status"], order["payment"]["status"]) == ("CANCELLED", "declined")
    cart = buyer("GET", "/cart").json()
    assert (order["cancellation"]["code"], order["cancellation"]["cartId"]) == (
        "payment-declined",
        cart["cartId"],
    )
    assert cart["lines"][0]["itemId"] == item["itemId"]
    assert "PaymentDeclined" in [entry["type"] for entry in order["timeline"]]
    paid = buyer("POST", "/checkout", request_for(cart), headers={"Prefer": "wait=10"})
    assert paid.json()["status"] == "COMPLETED"


def test_what_cannot_be_shipped_is_refunded(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    cart = town.filled_cart(buyer, town.item(seller))
    order = buyer(
        "POST",
        "/checkout",
        request_for(cart, shippingAddress=ADDRESS | {"country": "AQ"}),
        headers={"Prefer": "wait=10"},
    ).json()
    assert (order["status"], order["cancellation"]["code"], order["payment"]["status"]) == (
        "CANCELLED",
        "cannot-ship",
        "refunded",
    )


def test_a_wait_that_is_not_met_tells_the_order_as_it_stands(cart) -> None:
    buyer, _, filled = cart
    placed = buyer("POST", "/checkout", request_for(filled), headers={"Prefer": "wait=1"})
    assert (placed.status_code, placed.json()["status"], placed.headers["preference-applied"]) == (
        201,
        "PENDING",
        "wait=1",
    )


def test_a_gateway_that_is_down_is_503_and_nothing_is_stored(
    still_town: Town, cart, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer, _, filled = cart

    def down(*_: object) -> None:
        raise PaymentUnavailable("the gateway does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(SandboxGateway, "prepare", down)
        refused = buyer(
            "POST", "/checkout", request_for(filled), headers={"Idempotency-Key": "free"}
        )
    problem(refused, 503, "payment-unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert buyer("GET", "/cart").json() == filled
    assert buyer("GET", "/orders").json()["orders"] == []
    assert (
        buyer(
            "POST", "/checkout", request_for(filled), headers={"Idempotency-Key": "free"}
        ).status_code
        == 201
    )


def test_33_an_idempotency_key_is_kept_as_a_digest(still_town: Town, cart, tmp_path) -> None:
    buyer, _, filled = cart
    assert (
        buyer(
            "POST",
            "/checkout",
            request_for(filled),
            headers={"Idempotency-Key": "5555555555554444"},
        ).status_code
        == 201
    )
    with closing(
        sqlite3.connect(still_town.shop.settings.database_url.removeprefix("sqlite:///"))
    ) as database:
        assert "5555555555554444" not in "".join(database.iterdump())


def test_checking_out_is_for_buyers(still_town: Town, goods: Person, cart) -> None:
    _, _, filled = cart
    problem(still_town.guest("POST", "/checkout", request_for(filled)), 401, "unauthenticated")
    problem(goods("POST", "/checkout", request_for(filled)), 403, "forbidden")
