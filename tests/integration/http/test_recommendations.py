"""Recommendations over HTTP: what is in the list, what never is, and why."""

from collections.abc import Mapping
from typing import Any

import pytest

from commerce_core.recommendations import ModelStatus
from tests.integration.http.people import Person, Town, problem, request_for, until


def learn(town: Town) -> None:
    builder = town.shop.model_builder
    model = builder.request()

    def ready() -> bool:
        found = builder.find(model.id)
        return found is not None and found.status is ModelStatus.READY

    until(ready)


def tips(who: Person, **query: Any) -> list[Any]:
    answer = who("GET", "/recommendations", params={"size": 100} | query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: list[Any] = answer.json()["items"]
    return found


def reasons(found: list[Any]) -> dict[str, Any]:
    return {one["itemId"]: one["reason"] for one in found}


def buy(town: Town, seller_items: list[Mapping[str, Any]], buyer: Person | None = None) -> Person:
    """A buyer who has bought these, in one order that is over."""
    buyer = buyer or town.newcomer()
    for item in seller_items:
        buyer("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})
    placed = buyer("POST", "/checkout", request_for(buyer("GET", "/cart").json()))
    path = placed.headers["location"]
    until(lambda: buyer("GET", path).json()["status"] == "COMPLETED")
    return buyer


@pytest.fixture
def three(town: Town, seller: Person) -> list[Mapping[str, Any]]:
    """Three items, of which the first two were bought together twice."""
    items = [town.item(seller, name=f"Gadget {name}") for name in ("one", "two", "three")]
    for _ in range(2):
        buy(town, items[:2])
    learn(town)
    return items


def test_what_goes_with_an_item_says_why(town: Town, three: list[Mapping[str, Any]]) -> None:
    one, two, _ = (item["itemId"] for item in three)
    found = reasons(tips(town.guest, itemId=one))
    assert found[two] == {"kind": "bought-with", "itemId": one, "name": "Gadget one"}
    assert one not in found


def test_a_buyer_gets_what_goes_with_what_was_bought_and_not_that_again(
    town: Town, three: list[Mapping[str, Any]]
) -> None:
    one, two, _ = (item["itemId"] for item in three)
    buyer = buy(town, three[:1])
    found = reasons(tips(buyer))
    assert found[two] == {"kind": "because-you-bought", "itemId": one, "name": "Gadget one"}
    assert one not in found
    buyer("PATCH", "/cart", {"itemId": two, "quantity": 1})
    assert two not in reasons(tips(buyer))


def test_an_item_looks_like_a_hit_of_a_search(town: Town, three: list[Mapping[str, Any]]) -> None:
    found = next(t for t in tips(town.guest) if t["itemId"] == three[0]["itemId"])
    hits = town.guest("GET", "/items", params={"term": three[0]["sku"]}).json()["items"]
    (hit,) = [h for h in hits if h["itemId"] == found["itemId"]]
    assert {k: v for k, v in found.items() if k != "reason"} == hit | {"highlights": {}}


def test_what_cannot_be_bought_is_never_recommended(
    town: Town, seller: Person, three: list[Mapping[str, Any]]
) -> None:
    one, two, _ = three
    seller("DELETE", f"/items/{two['itemId']}/publication")
    assert two["itemId"] not in reasons(tips(town.guest, itemId=one["itemId"]))
    seller("POST", f"/items/{two['itemId']}/publication")
    out = {"quantity": -two["stock"] + 2, "reference": "shrinkage"}
    assert seller("POST", f"/items/{two['itemId']}/stock-receipts", out).status_code == 201
    assert two["itemId"] not in reasons(tips(town.guest, itemId=one["itemId"]))


def test_a_guests_cart_counts_too(town: Town, three: list[Mapping[str, Any]]) -> None:
    one, two, _ = (item["itemId"] for item in three)
    town.client.cookies.clear()
    begun = town.guest("PATCH", "/cart", {"itemId": two, "quantity": 1})
    token = {"X-Cart-Token": begun.headers["x-cart-token"]}
    town.client.cookies.clear()
    query = {"itemId": one, "size": 100}
    with_cart = town.guest("GET", "/recommendations", params=query, headers=token).json()["items"]
    assert two not in reasons(with_cart)
    town.client.cookies.clear()
    assert two in reasons(tips(town.guest, itemId=one))


def test_who_wants_no_personal_ones_gets_popular_ones_and_teaches_nothing(
    town: Town, three: list[Mapping[str, Any]]
) -> None:
    one, two, three_ = (item["itemId"] for item in three)
    buyer = buy(town, three[:1])
    assert buyer("PATCH", "/accounts/me", {"personalised": False}).json()["personalised"] is False
    found = reasons(tips(buyer))
    assert one not in found
    assert found[two] == {"kind": "popular"}
    buy(town, [three[0], three[2]], buyer)
    learn(town)
    beside = reasons(tips(town.guest, itemId=three_))
    assert beside[one]["kind"] != "bought-with"
    buyer("PATCH", "/accounts/me", {"personalised": True})
    learn(town)
    beside = reasons(tips(town.guest, itemId=three_))
    assert beside[one]["kind"] == "bought-with"


def test_where_nothing_was_bought_there_is_something_similar_or_new(
    town: Town, seller: Person
) -> None:
    item, other = (town.item(seller, name=f"Zither {no}") for no in range(2))

    def similar() -> bool:
        found = reasons(tips(town.guest, itemId=item["itemId"]))
        reason = {"kind": "similar", "itemId": item["itemId"], "name": "Zither 0"}
        return found.get(other["itemId"]) == reason

    until(similar)
    assert len(town.guest("GET", "/recommendations?size=1").json()["items"]) == 1


def test_wrong_queries_are_refused(town: Town) -> None:
    for query in ("size=0", "size=101", "colour=red", "size=x"):
        problem(town.guest("GET", f"/recommendations?{query}"), 422, "invalid")
    for unknown in ("none", "00000000-0000-7000-8000-000000000000"):
        problem(town.guest("GET", f"/recommendations?itemId={unknown}"), 404, "item-not-found")
