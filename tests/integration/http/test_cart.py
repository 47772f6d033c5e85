"""Carts over HTTP."""

import pytest

from tests.integration.http.carts import put, wants
from tests.integration.http.people import Person, Town, pointers, problem, request_for


def test_a_cart_has_the_fields_of_the_contract(town: Town, seller: Person) -> None:
    item, buyer = town.item(seller, images=["https://example.com/a.jpg"]), town.newcomer()
    cart = put(buyer, item, 2)
    nothing = {"amount": "0.00", "currency": "USD"}
    assert cart == {
        "cartId": cart["cartId"],
        "version": 1,
        "lines": [
            {
                "itemId": item["itemId"],
                "variantId": None,
                "name": item["name"],
                "image": "https://example.com/a.jpg",
                "quantity": 2,
                "unitPrice": {"amount": "15.99", "currency": "USD"},
                "lineTotal": {"amount": "31.98", "currency": "USD"},
                "metadata": {},
                "problems": [],
            }
        ],
        "subtotal": {"amount": "31.98", "currency": "USD"},
        "shipping": nothing,
        "tax": nothing,
        "discount": nothing,
        "total": {"amount": "31.98", "currency": "USD"},
        "coupons": [],
        "metadata": {},
        "problems": [],
    }
    assert buyer("GET", "/cart").json() == cart


def test_setting_a_quantity_is_no_adding_and_0_removes(town: Town, seller: Person) -> None:
    item, buyer = town.item(seller), town.newcomer()
    put(buyer, item, 2)
    assert put(buyer, item, 3)["lines"][0]["quantity"] == 3
    assert put(buyer, item, 0)["lines"] == []


def test_more_than_there_is_is_200_with_a_problem(town: Town, seller: Person) -> None:
    item, buyer = town.item(seller, quantity=1), town.newcomer()
    cart = put(buyer, item, 5)
    assert [p["code"] for p in cart["lines"][0]["problems"]] == ["sold-out"]
    assert [(p["code"], p["itemId"]) for p in cart["problems"]] == [("sold-out", item["itemId"])]


def test_the_state_of_an_item_is_shown(town: Town, seller: Person) -> None:
    item, buyer = town.item(seller), town.newcomer()
    put(buyer, item, 1)
    path = f"/items/{item['itemId']}"
    seller("PATCH", path, {"price": "20.00"}, headers={"If-Match": "*"})
    seller("DELETE", f"{path}/publication")
    cart = buyer("GET", "/cart").json()
    assert {p["code"] for p in cart["problems"]} == {"price-changed", "withdrawn"}
    assert cart["total"]["amount"] == "20.00"


@pytest.mark.parametrize("quantity", [-1, 1_000_000, 1.5, "2", None, True, 2**70])
def test_a_quantity_is_a_whole_number_up_to_999999(
    town: Town, seller: Person, quantity: object
) -> None:
    body = {"itemId": town.item(seller)["itemId"], "quantity": quantity}
    assert pointers(town.newcomer()("PATCH", "/cart", body)) == ["/quantity"]


def test_an_unknown_item_or_variant_is_refused(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    problem(buyer("PATCH", "/cart", {"itemId": "nothing", "quantity": 1}), 404, "item-not-found")
    item = seller(
        "POST",
        "/items",
        {"name": "Forms", "variants": [{"variantId": "A", "price": 1, "stock": 1}]},
    ).json()
    assert pointers(buyer("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})) == [
        "/variantId"
    ]
    assert pointers(
        buyer("PATCH", "/cart", {"itemId": item["itemId"], "variantId": "B", "quantity": 1})
    ) == ["/variantId"]
    assert (
        buyer(
            "PATCH", "/cart", {"itemId": item["itemId"], "variantId": "A", "quantity": 1}
        ).status_code
        == 200
    )


def test_many_lines_are_set_at_once(town: Town, seller: Person) -> None:
    (mug, cup, pot), buyer = [town.item(seller) for _ in range(3)], town.newcomer()
    put(buyer, pot, 1)
    cart = buyer("PATCH", "/cart", wants((mug, 2), (pot, 0), (cup, 999_999))).json()
    assert [(line["itemId"], line["quantity"]) for line in cart["lines"]] == [
        (mug["itemId"], 2),
        (cup["itemId"], 999_999),
    ]
    assert (cart["version"], buyer("GET", "/cart").json()) == (2, cart)
    assert buyer("PATCH", "/cart", wants((mug, 2))).json() == cart


def test_of_many_lines_all_are_set_or_none_and_every_wrong_one_is_named(
    town: Town, seller: Person
) -> None:
    mug, buyer = town.item(seller), town.newcomer()
    form = seller(
        "POST",
        "/items",
        {"name": "Forms", "variants": [{"variantId": "A", "price": 1, "stock": 1}]},
    ).json()
    unknown = {"itemId": "01912d4e-7b1a-7c3e-9f00-0123456789ab"}
    refused = buyer(
        "PATCH", "/cart", wants((mug, 1), (unknown, 1), (form, 1), (unknown | {"itemId": "x"}, 0))
    )
    assert pointers(refused) == ["/lines/1/itemId", "/lines/2/variantId"]
    assert buyer("GET", "/cart").json()["lines"] == []


def test_a_list_of_lines_is_read_as_strictly_as_one(town: Town, seller: Person) -> None:
    mug, buyer = town.item(seller), town.newcomer()
    one = {"itemId": mug["itemId"], "quantity": 1}
    assert pointers(buyer("PATCH", "/cart", wants((mug, 1), (mug, 2)))) == ["/lines/1"]
    assert pointers(
        buyer("PATCH", "/cart", {"lines": [one, {"itemId": 7, "quantity": 1_000_000}]})
    ) == [
        "/lines/1/itemId",
        "/lines/1/quantity",
    ]
    assert pointers(buyer("PATCH", "/cart", {"lines": []})) == ["/lines"]
    assert pointers(buyer("PATCH", "/cart", {"lines": [one | {"price": 1}]})) == ["/lines/0/price"]
    assert pointers(buyer("PATCH", "/cart", {"lines": [one], **one})) == ["/lines"]
    assert pointers(buyer("PATCH", "/cart", {"lines": [one] * 1_001})) == ["/lines"]
    assert pointers(buyer("PATCH", "/cart", {})) == ["/itemId", "/quantity"]
    assert pointers(buyer("PATCH", "/cart", [one])) == [""]


def test_a_variant_is_found_by_its_name_however_blanks_and_accents_are_written(
    town: Town, seller: Person
) -> None:
    forms = [{"variantId": name, "price": 1, "stock": 5} for name in ("Caf\u00e9 1", "B")]
    item, mug = (
        seller("POST", "/items", {"name": "Forms", "variants": forms}).json(),
        town.item(seller),
    )
    written = ("Cafe\u0301 1", " Caf\u00e9 1\u00a0", "\u200bCaf\u00e9 1")
    for variant_id in written:
        buyer = town.newcomer()
        for body in (
            (wanted := {"itemId": item["itemId"], "variantId": variant_id, "quantity": 1}),
            {"lines": [wanted]},
        ):
            cart = buyer("PATCH", "/cart", body)
            assert [(line["variantId"], line["quantity"]) for line in cart.json()["lines"]] == [
                ("Caf\u00e9 1", 1)
            ], cart.text
        assert buyer("PATCH", "/cart", wanted | {"quantity": 0}).json()["lines"] == []
    twice = [
        {"itemId": item["itemId"], "variantId": name, "quantity": n}
        for n, name in enumerate(written, 1)
    ]
    assert pointers(buyer("PATCH", "/cart", {"lines": twice})) == ["/lines/1", "/lines/2"]
    assert pointers(
        buyer("PATCH", "/cart", {"itemId": item["itemId"], "variantId": " ", "quantity": 1})
    ) == ["/variantId"]
    assert (
        buyer(
            "PATCH", "/cart", {"itemId": mug["itemId"], "variantId": " ", "quantity": 1}
        ).status_code
        == 200
    )


def test_a_line_whose_variant_was_dropped_keeps_its_name(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    forms = [
        {"variantId": name, "price": 1, "stock": stock} for name, stock in (("A", 5), ("B", 0))
    ]
    item = seller("POST", "/items", {"name": "Kettle with forms", "variants": forms}).json()
    wanted = {"itemId": item["itemId"], "variantId": "B", "quantity": 1}
    assert buyer("PATCH", "/cart", wanted).json()["lines"][0]["name"] == "Kettle with forms"
    dropped = seller(
        "PATCH",
        f"/items/{item['itemId']}",
        {"variants": [{"variantId": "A"}]},
        headers={"If-Match": "*"},
    )
    assert dropped.status_code == 200, dropped.text
    cart = buyer("GET", "/cart").json()
    assert [(line["name"], line["problems"][0]["code"]) for line in cart["lines"]] == [
        ("Kettle with forms", "withdrawn")
    ]
    gone = problem(buyer("POST", "/checkout", request_for(cart)), 409, "item-unavailable")
    assert [line["name"] for line in gone["lines"]] == ["Kettle with forms"]


def test_emptying_is_204_and_repeatable(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    put(buyer, town.item(seller), 1)
    for _ in range(2):
        emptied = buyer("DELETE", "/cart")
        assert (emptied.status_code, emptied.content) == (204, b"")
    assert buyer("GET", "/cart").json()["lines"] == []


def test_a_cart_is_not_for_sellers_and_operators(town: Town) -> None:
    for role in ("seller", "operator"):
        person = town.newcomer(role)
        for method, body in (
            ("GET", None),
            ("PATCH", {"itemId": "x", "quantity": 1}),
            ("DELETE", None),
        ):
            problem(person(method, "/cart", body), 403, "forbidden")


def test_a_cart_holds_a_thousand_lines_and_all_of_them_are_ordered(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    for no in range(5):
        forms = [{"variantId": str(form), "price": 1, "stock": 1} for form in range(200)]
        item = seller("POST", "/items", {"name": f"Many {no}", "variants": forms}).json()
        lines = [
            {"itemId": item["itemId"], "variantId": str(form), "quantity": 1} for form in range(200)
        ]
        assert buyer("PATCH", "/cart", {"lines": lines}).status_code == 200
    full = buyer("PATCH", "/cart", {"itemId": town.item(seller)["itemId"], "quantity": 1})
    problem(full, 422, "too-many-lines")
    placed = buyer(
        "POST",
        "/checkout",
        request_for(buyer("GET", "/cart").json()),
        headers={"Prefer": "wait=10"},
    )
    assert (placed.status_code, placed.json()["status"], len(placed.json()["lines"])) == (
        201,
        "COMPLETED",
        1_000,
    )
