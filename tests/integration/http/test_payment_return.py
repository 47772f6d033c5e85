"""Buyers who have to act before they are charged, over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.http.people import Person, Town, pointers, problem, request_for, until

CHALLENGED = "4000000000003220"
APPROVED = {"parameters": {"result": "approved"}}


@pytest.fixture
def waiting(town: Town, seller: Person) -> tuple[Person, dict[str, Any]]:
    """A buyer who has to act, and the order."""
    buyer = town.newcomer()
    return buyer, town.order(buyer, town.item(seller), CHALLENGED, Prefer="wait=10")


def test_a_wait_ends_when_the_buyer_has_to_act_and_says_what_is_to_be_done(
    waiting: tuple[Person, dict[str, Any]],
) -> None:
    buyer, order = waiting
    assert (order["status"], order["payment"]["status"]) == ("PENDING", "action-required")
    action = order["nextAction"]
    assert set(action) == {"type", "url", "expiresAt"}
    assert action["type"] == "redirect"
    left = datetime.fromisoformat(action["expiresAt"]) - datetime.fromisoformat(order["createdAt"])
    assert timedelta(minutes=20) <= left < timedelta(minutes=21)
    assert order["timeline"][-1] == order["timeline"][-1] | {
        "type": "PaymentActionRequired",
        "detail": {},
    }
    path = f"/orders/{order['orderId']}"
    assert buyer("GET", path).json()["nextAction"] == action
    assert "nextAction" not in buyer("GET", "/orders").json()["orders"][0]


def test_nobody_else_sees_what_the_buyer_has_to_do(
    town: Town, seller: Person, waiting: tuple[Person, dict[str, Any]]
) -> None:
    _, order = waiting
    path = f"/orders/{order['orderId']}"
    sold = until(lambda: (seen := seller("GET", path)).status_code == 200 and seen.text)
    url = order["nextAction"]["url"]
    assert url not in sold
    assert town.newcomer()("GET", path).status_code == 404
    problem(town.newcomer()("POST", f"{path}/payment-return", APPROVED), 404, "order-not-found")


def test_who_comes_back_having_paid_gets_the_goods_however_often_it_is_said(
    waiting: tuple[Person, dict[str, Any]],
) -> None:
    buyer, order = waiting
    path = f"/orders/{order['orderId']}"
    for _ in range(2):
        noted = buyer("POST", f"{path}/payment-return", APPROVED)
        assert (noted.status_code, noted.json()["orderId"]) == (202, order["orderId"])
    ended = until(lambda: (o := buyer("GET", path).json())["status"] == "COMPLETED" and o)
    assert (ended["nextAction"], ended["payment"]["status"]) == (None, "paid")
    assert buyer("POST", f"{path}/payment-return", APPROVED).status_code == 202


def test_who_fails_gets_the_lines_back(waiting: tuple[Person, dict[str, Any]]) -> None:
    buyer, order = waiting
    path = f"/orders/{order['orderId']}"
    buyer("POST", f"{path}/payment-return", {"parameters": {"result": "failed"}})
    ended = until(lambda: (o := buyer("GET", path).json())["status"] == "CANCELLED" and o)
    assert ended["cancellation"]["code"] == "payment-declined"
    assert buyer("GET", "/cart").json()["lines"][0]["quantity"] == 1


def test_who_cancels_meanwhile_is_not_charged(waiting: tuple[Person, dict[str, Any]]) -> None:
    buyer, order = waiting
    path = f"/orders/{order['orderId']}"
    assert buyer("POST", f"{path}/cancellation").status_code == 202
    ended = until(lambda: (o := buyer("GET", path).json())["status"] == "CANCELLED" and o)
    assert ended["payment"]["status"] == "cancelled"


def test_who_acts_first_is_told_so_at_once(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    request = request_for(town.filled_cart(buyer, town.item(seller)))
    request["paymentInfo"] = {"paymentType": "card", "token": "tok_wallet"}
    placed = buyer("POST", "/checkout", request)
    assert (placed.status_code, placed.json()["nextAction"]["type"]) == (201, "redirect")
    path = f"/orders/{placed.json()['orderId']}"
    buyer("POST", f"{path}/payment-return", APPROVED)
    until(lambda: buyer("GET", path).json()["status"] == "COMPLETED")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"parameters": {"x": 1}}, ["/parameters/x"]),
        ({"parameters": "x"}, ["/parameters"]),
        ({"parameters": {"x": "y" * 9_000}}, ["/parameters"]),
        ({"parameters": {f"x{n}": "" for n in range(51)}}, ["/parameters"]),
        ({"paid": True}, ["/paid"]),
    ],
)
def test_what_is_brought_back_is_bounded(
    still_town: Town, body: dict[str, Any], expected: list[str]
) -> None:
    assert pointers(still_town.newcomer()("POST", "/orders/x/payment-return", body)) == expected


def test_the_way_back_leads_to_the_shop_alone(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    request = request_for(town.filled_cart(buyer, town.item(seller)))
    request["paymentInfo"]["returnUrl"] = "https://elsewhere.example/back"
    assert pointers(buyer("POST", "/checkout", request)) == ["/paymentInfo/returnUrl"]
    request["paymentInfo"]["returnUrl"] = "javascript:alert(1)"
    assert pointers(buyer("POST", "/checkout", request)) == ["/paymentInfo/returnUrl"]
    request["paymentInfo"]["returnUrl"] = f"{town.shop.settings.shop_url}/paid"
    assert buyer("POST", "/checkout", request).status_code == 201
