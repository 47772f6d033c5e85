"""Metadata of carts, lines and orders over HTTP."""

from typing import Any

import pytest

from tests.integration.http.carts import put
from tests.integration.http.people import Person, Town, pointers, request_for, until

DECLINED = "4000000000000002"
APP: dict[str, Any] = {"channel": {"name": "app", "build": 7}}


def test_metadata_of_cart_and_lines_is_merged_shown_and_taken_over(
    still_town: Town,
) -> None:
    seller, buyer = still_town.newcomer("seller"), still_town.newcomer()
    item = still_town.item(seller)
    line = {"itemId": item["itemId"], "quantity": 2, "metadata": {"a": 1, "b": [2]}}
    first = buyer("PATCH", "/cart", {"lines": [line], "metadata": APP | {"x": 1}}).json()
    assert (first["metadata"], first["lines"][0]["metadata"]) == (
        APP | {"x": 1},
        {"a": 1, "b": [2]},
    )
    changed = buyer("PATCH", "/cart", {"metadata": {"x": None, "channel": {"os": "ios"}}}).json()
    assert changed["version"] > first["version"]
    assert changed["metadata"] == {"channel": {"name": "app", "build": 7, "os": "ios"}}
    again = buyer("PATCH", "/cart", line | {"metadata": {"a": None}}).json()
    assert again["lines"][0]["metadata"] == {"b": [2]}
    placed = buyer("POST", "/checkout", request_for(again)).json()
    assert placed["metadata"] == changed["metadata"]
    assert placed["lines"][0]["metadata"] == {"b": [2]}
    assert buyer("GET", "/orders").json()["orders"][0]["metadata"] == changed["metadata"]
    sold = until(lambda: seller("GET", "/orders").json()["orders"])[0]
    assert sold["lines"][0]["metadata"] == {"b": [2]}
    assert "metadata" not in sold, "what a buyer keeps with the whole order is not a seller's"


def test_a_checkout_may_give_metadata_in_place_of_the_carts(still_town: Town) -> None:
    seller, buyer = still_town.newcomer("seller"), still_town.newcomer()
    put(buyer, still_town.item(seller), 1)
    cart = buyer("PATCH", "/cart", {"metadata": APP}).json()
    body = request_for(cart, metadata={"till": 4})
    placed = buyer("POST", "/checkout", body, headers={"Idempotency-Key": "k"})
    assert placed.json()["metadata"] == {"till": 4}
    again = buyer("POST", "/checkout", body, headers={"Idempotency-Key": "k"})
    assert again.json() == placed.json()
    other = request_for(cart, metadata={"till": 5})
    refused = buyer("POST", "/checkout", other, headers={"Idempotency-Key": "k"})
    assert refused.json()["code"] == "idempotency-key-reused"


def test_emptying_a_cart_takes_its_metadata_away(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    put(buyer, town.item(seller), 1)
    buyer("PATCH", "/cart", {"metadata": APP})
    buyer("DELETE", "/cart")
    cart = buyer("GET", "/cart").json()
    assert (cart["lines"], cart["metadata"]) == ([], {})


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"metadata": {f"{n}": 1 for n in range(51)}}, ["/metadata"]),
        ({"metadata": {"a": "x" * 9_000}}, ["/metadata"]),
        ({"metadata": [1]}, ["/metadata"]),
        ({"metadata": "x"}, ["/metadata"]),
        ({"lines": [], "metadata": {}}, ["/lines"]),
    ],
)
def test_a_wrong_change_of_a_cart_is_named(town: Town, body: Any, where: list[str]) -> None:
    assert pointers(town.newcomer()("PATCH", "/cart", body)) == where


def test_change_by_change_metadata_stays_within_its_bounds(town: Town, seller: Person) -> None:
    buyer, item = town.newcomer(), town.item(seller)
    half = {f"a{n}": 1 for n in range(30)}
    line = {"itemId": item["itemId"], "quantity": 1, "metadata": half}
    assert buyer("PATCH", "/cart", {"lines": [line], "metadata": half}).status_code == 200
    more = {f"b{n}": 1 for n in range(30)}
    assert pointers(buyer("PATCH", "/cart", {"metadata": more})) == ["/metadata"]
    assert pointers(buyer("PATCH", "/cart", line | {"metadata": more})) == ["/metadata"]
    listed = {"lines": [line | {"metadata": more}]}
    assert pointers(buyer("PATCH", "/cart", listed)) == ["/lines/0/metadata"]
    cart = buyer("GET", "/cart").json()
    assert cart["metadata"] == cart["lines"][0]["metadata"] == half


def test_metadata_comes_back_with_the_lines_of_a_declined_order(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    line = {"itemId": town.item(seller)["itemId"], "quantity": 1, "metadata": {"a": 1}}
    cart = buyer("PATCH", "/cart", {"lines": [line], "metadata": APP}).json()
    body = request_for(cart, DECLINED)
    ended = buyer("POST", "/checkout", body, headers={"Prefer": "wait=10"}).json()
    assert ended["status"] == "CANCELLED"
    back = buyer("GET", "/cart").json()
    assert back["cartId"] == ended["cancellation"]["cartId"]
    assert (back["metadata"], back["lines"][0]["metadata"]) == (APP, {"a": 1})


def test_a_guests_metadata_goes_over_at_the_login(town: Town, seller: Person) -> None:
    item, buyer = town.item(seller), town.newcomer()
    buyer("PATCH", "/cart", {"metadata": {"a": "mine"}})
    line = {"itemId": item["itemId"], "quantity": 1, "metadata": {"c": 3}}
    guest = town.client.patch("/cart", json={"lines": [line], "metadata": {"a": "theirs", "b": 2}})
    token = guest.headers["X-Cart-Token"]
    town.client.cookies.clear()
    cart = buyer("GET", "/cart", headers={"X-Cart-Token": token}).json()
    assert cart["metadata"] == {"a": "mine", "b": 2}
    assert cart["lines"][0]["metadata"] == {"c": 3}
