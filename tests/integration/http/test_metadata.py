"""Metadata of items, carts, lines and orders over HTTP."""

from typing import Any

import pytest

from commerce_core.catalog import ImportFormat
from commerce_core.catalog.service.documents import written
from commerce_core.kernel.ids import SellerId
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


def test_an_item_keeps_what_it_weighs_its_tax_class_and_metadata(
    town: Town, seller: Person
) -> None:
    said = {"taxClass": "books", "weight": 340, "metadata": {"erp": "E-1", "tags": [1, "two"]}}
    forms = [
        {"variantId": "S", "price": 1, "stock": 1},
        {"variantId": "L", "price": 2, "stock": 1, "weight": 500},
    ]
    made = seller("POST", "/items", {"name": "Atlas", "variants": forms, **said})
    assert made.status_code == 201, made.text
    item = made.json()
    assert {name: item[name] for name in said} == said
    assert [form["weight"] for form in item["variants"]] == [None, 500]
    path, patch = f"/items/{item['itemId']}", {"metadata": {"erp": None, "more": {"a": 1}}}
    changed = seller("PATCH", path, patch | {"weight": None}, headers={"If-Match": "*"}).json()
    assert changed["version"] == item["version"] + 1
    assert changed["metadata"] == {"tags": [1, "two"], "more": {"a": 1}}
    assert (changed["weight"], changed["taxClass"]) == (None, "books")
    assert town.guest("GET", path).json()["metadata"] == changed["metadata"]
    same = seller("PATCH", path, {"metadata": {"more": {"a": 1}}}, headers={"If-Match": "*"})
    assert same.json()["version"] == changed["version"], "nothing was changed"


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"weight": -1}, ["/weight"]),
        ({"weight": 1.5}, ["/weight"]),
        ({"weight": 10**9 + 1}, ["/weight"]),
        ({"taxClass": "x" * 101}, ["/taxClass"]),
        ({"metadata": {"n" * 101: 1}}, ["/metadata"]),
        ({"metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}}}, ["/metadata"]),
    ],
)
def test_what_is_wrong_of_an_item_is_named(
    town: Town, seller: Person, said: dict[str, Any], where: list[str]
) -> None:
    body = {"name": "Thing", "price": 1, "quantity": 1}
    assert pointers(seller("POST", "/items", body | said)) == where
    path = f"/items/{town.item(seller)['itemId']}"
    assert pointers(seller("PATCH", path, said, headers={"If-Match": "*"})) == where


def test_items_are_found_by_metadata(town: Town, seller: Person) -> None:
    one = seller(
        "POST",
        "/items",
        {"name": "Thing", "price": 1, "quantity": 1, "metadata": {"erp id": "Q-77", "n": 5}},
    )
    token = {"X-Search-Token": one.headers["X-Search-Token"]}

    def found(**filters: str) -> list[str]:
        page = town.client.get("/items", params=filters, headers=token)
        assert page.status_code == 200, page.text
        return [hit["itemId"] for hit in page.json()["items"]]

    item_id = one.json()["itemId"]
    assert found(**{"metadata.erp id": "q-77"}) == [item_id]
    assert found(**{"metadata.erp id": "Q-77", "metadata.n": "5"}) == [item_id]
    assert found(**{"metadata.erp id": "Q-77", "metadata.n": "6"}) == []
    assert found(**{"metadata.erp id": "Q-7"}) == []
    assert found(**{"attributes.erp id": "Q-77"}) == []
    assert item_id not in found(term="Q-77")


def test_an_import_row_brings_weights_tax_class_and_metadata(town: Town) -> None:
    """And the export of it, as a table or not, changes nothing when it is imported again."""
    seller = town.newcomer("seller")
    table = (
        "sku,name,variantId,price,quantity,taxClass,weight,variantWeight,metadata.erp,metadata\n"
        'M-1,Coat,S,10,1,wear,900,,E-1,"{""deep"": {""a"": [1]}}"\n'
        "M-1,Coat,L,10,1,wear,900,950,E-1,\n"
        "M-2,Pin,,1,1,,3,,,\n"
    )
    assert imported(seller, table, "text/csv")["created"] == 2
    export = list(town.shop.items.export(SellerId(seller.account["accountId"])))
    mine = {view.item.sku: view.item for view in export}
    coat, pin = mine["M-1"], mine["M-2"]
    assert (coat.tax_class, coat.weight, [v.weight for v in coat.variants]) == (
        "wear",
        900,
        [None, 950],
    )
    assert coat.metadata == {"erp": "E-1", "deep": {"a": [1]}}
    assert (pin.tax_class, pin.weight, pin.metadata) == ("", 3, {})
    for form, media in (
        (ImportFormat.CSV, "text/csv"),
        (ImportFormat.NDJSON, "application/x-ndjson"),
    ):
        again = imported(seller, "".join(written(export, form)), media)
        assert (again["unchanged"], again["failed"], again["changed"]) == (len(export), 0, 0)
    emptied = imported(seller, "sku,metadata.erp,weight,taxClass\nM-1,,,\n", "text/csv")
    assert emptied["changed"] == 1
    coat = town.shop.items.details(coat.id).item
    assert (coat.metadata, coat.weight, coat.tax_class) == ({"deep": {"a": [1]}}, None, "")


def imported(seller: Person, text: str, media: str) -> dict[str, Any]:
    started = seller(
        "POST", "/item-imports", content=text.encode(), headers={"Content-Type": media}
    )
    assert started.status_code == 202, started.text
    place = started.headers["location"]
    until(lambda: seller("GET", place).json()["status"] == "finished")
    return seller("GET", place).json()
