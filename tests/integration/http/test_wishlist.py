"""Wishlists over HTTP: statuses, pages, bounds, and what a race leaves."""

from concurrent.futures import ThreadPoolExecutor

from tests.integration.http.people import Person, Town, problem

PATH = "/wishlist/items/{}"


def test_an_item_is_put_looked_up_and_taken_off_each_twice(town: Town, seller: Person) -> None:
    buyer, item = town.newcomer(), town.item(seller)
    path = PATH.format(item["itemId"])
    problem(buyer("GET", path), 404, "not-on-wishlist")
    made, again = buyer("PUT", path), buyer("PUT", path, {})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json() == buyer("GET", path).json()
    entry = made.json()
    assert entry["variantId"] is None
    assert entry["price"] == entry["priceWhenAdded"] == item["price"]
    assert (entry["inStock"], entry["problems"]) == (True, [])
    assert buyer("GET", "/wishlist").json() == {"items": [entry], "nextCursor": None}
    for _ in range(2):
        assert buyer("DELETE", path).status_code == 204
    assert buyer("GET", "/wishlist").json()["items"] == []


def test_variants_are_entries_of_their_own(town: Town, seller: Person) -> None:
    forms = [
        {"variantId": "RED", "price": "9.00", "stock": 0},
        {"variantId": "BLUE", "price": "12.00", "stock": 1},
    ]
    item = seller("POST", "/items", {"name": "Shirt", "variants": forms}).json()
    buyer, path = town.newcomer(), PATH.format(item["itemId"])
    assert [buyer("PUT", path, body).status_code for body in ({}, {"variantId": "RED"})] == [
        201
    ] * 2
    assert buyer("PUT", path, {"variantId": "BLUE"}).status_code == 201
    listed = buyer("GET", "/wishlist").json()["items"]
    assert [(e["variantId"], e["price"]["amount"], e["inStock"]) for e in listed] == [
        ("BLUE", "12.00", True),
        ("RED", "9.00", False),
        (None, "12.00", True),
    ]
    assert buyer("GET", path).json() == listed[0]
    assert buyer("GET", f"{path}?variantId=RED").json() == listed[1]
    assert buyer("DELETE", f"{path}?variantId=RED").status_code == 204
    problem(buyer("GET", f"{path}?variantId=RED"), 404, "not-on-wishlist")
    assert buyer("DELETE", path).status_code == 204
    assert buyer("GET", "/wishlist").json()["items"] == []
    wrong = problem(buyer("PUT", path, {"variantId": "GREEN"}), 422, "invalid")
    assert [error["pointer"] for error in wrong["errors"]] == ["/variantId"]


def test_what_was_withdrawn_stays_and_what_never_was_on_sale_is_not_there(
    town: Town, seller: Person
) -> None:
    buyer, item = town.newcomer(), town.item(seller)
    draft = seller(
        "POST", "/items", {"name": "Secret", "price": 1, "quantity": 1, "status": "draft"}
    ).json()
    for unknown in (draft["itemId"], "none", "00000000-0000-7000-8000-000000000000"):
        problem(buyer("PUT", PATH.format(unknown)), 404, "item-not-found")
    path = PATH.format(item["itemId"])
    buyer("PUT", path)
    seller("DELETE", f"/items/{item['itemId']}/publication")
    entry = buyer("GET", path).json()
    assert (entry["inStock"], [p["code"] for p in entry["problems"]]) == (False, ["withdrawn"])
    assert buyer("PUT", path).status_code == 200
    problem(town.newcomer()("PUT", path), 404, "item-not-found")


def test_pages_go_from_the_newest_to_the_oldest(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    items = [town.item(seller)["itemId"] for _ in range(5)]
    for item_id in items:
        buyer("PUT", PATH.format(item_id))
    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        page = buyer(
            "GET", "/wishlist", params={"size": 2} | ({"cursor": cursor} if cursor else {})
        )
        seen += [entry["itemId"] for entry in page.json()["items"]]
        cursor = page.json()["nextCursor"]
    assert seen == items[::-1]
    problem(buyer("GET", "/wishlist?cursor=none"), 400, "bad-cursor")
    problem(buyer("GET", "/wishlist?size=101"), 422, "invalid")


def test_who_is_not_logged_in_has_none(town: Town) -> None:
    for method, path in (("GET", "/wishlist"), ("PUT", PATH.format("x"))):
        problem(town.guest(method, path), 401, "unauthenticated")


def test_a_body_is_read_as_strictly_as_others(town: Town, seller: Person) -> None:
    buyer, path = town.newcomer(), PATH.format(town.item(seller)["itemId"])
    problem(buyer("PUT", path, {"colour": "red"}), 422, "invalid")
    problem(
        buyer("PUT", path, content=b"{", headers={"Content-Type": "application/json"}),
        400,
        "malformed",
    )


def test_two_requests_at_once_leave_one_entry(town: Town, seller: Person) -> None:
    buyer, path = town.newcomer(), PATH.format(town.item(seller)["itemId"])
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda _: buyer("PUT", path).status_code, range(16))]
    assert sorted(answers) == [200] * 15 + [201]
    assert len(buyer("GET", "/wishlist").json()["items"]) == 1
