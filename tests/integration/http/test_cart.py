"""Carts over HTTP."""

import pytest

from tests.integration.http.people import PASSWORD, Person, Town, pointers, problem, request_for


def put(person: Person, item: dict, quantity: int, **headers: str) -> dict:
    cart = person(
        "PATCH", "/cart", {"itemId": item["itemId"], "quantity": quantity}, headers=headers
    )
    assert cart.status_code == 200, cart.text
    return cart.json()


def with_token(person: Person, token: str) -> dict:
    return {"headers": {"X-Cart-Token": token}}


@pytest.fixture
def anonymous(town: Town):
    """A guest whose client keeps no cookies from one test to the next."""
    town.client.cookies.clear()
    yield town.guest
    town.client.cookies.clear()


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
                "problems": [],
            }
        ],
        "subtotal": {"amount": "31.98", "currency": "USD"},
        "shipping": nothing,
        "tax": nothing,
        "discount": nothing,
        "total": {"amount": "31.98", "currency": "USD"},
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


def test_what_became_of_an_item_is_told(town: Town, seller: Person) -> None:
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


def wants(*wanted: tuple[dict, int]) -> dict:
    return {
        "lines": [{"itemId": item["itemId"], "quantity": quantity} for item, quantity in wanted]
    }


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


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("PATCH", 200), ("DELETE", 204)])
def test_a_guest_gets_a_token_with_the_first_answer(
    town: Town, seller: Person, anonymous: Person, method: str, status: int
) -> None:
    body = {"itemId": town.item(seller)["itemId"], "quantity": 1} if method == "PATCH" else None
    first = anonymous(method, "/cart", body)
    assert first.status_code == status
    token = first.headers["x-cart-token"]
    assert f"cart_token={token}" in first.headers["set-cookie"]
    assert "HttpOnly" in first.headers["set-cookie"]


def test_28_a_guests_cart_is_kept_by_the_header_or_the_cookie(
    town: Town, seller: Person, anonymous: Person
) -> None:
    item = town.item(seller)
    first = anonymous("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 2})
    token = first.headers["x-cart-token"]
    by_cookie = anonymous("GET", "/cart")  # the client keeps the cookie
    assert by_cookie.json() == first.json()
    assert "set-cookie" not in by_cookie.headers
    town.client.cookies.clear()
    assert anonymous("GET", "/cart", **with_token(anonymous, token)).json() == first.json()
    town.client.cookies.clear()
    assert anonymous("GET", "/cart").json()["cartId"] != first.json()["cartId"]


def test_28_a_guests_cart_merges_at_login_and_the_cookie_goes(
    town: Town, seller: Person, anonymous: Person
) -> None:
    one, two, buyer = town.item(seller), town.item(seller), town.newcomer()
    put(buyer, one, 1)
    put(buyer, two, 5)
    token = anonymous("PATCH", "/cart", {"itemId": one["itemId"], "quantity": 3}).headers[
        "x-cart-token"
    ]
    session = town.client.post(
        "/sessions", json={"email": buyer.account["email"], "password": PASSWORD}
    )
    assert "Max-Age=0" in session.headers["set-cookie"]
    assert "cart_token" not in town.client.cookies
    again = Person(town.client, session.json()["token"])
    assert [line["quantity"] for line in again("GET", "/cart").json()["lines"]] == [3, 5]
    assert anonymous("GET", "/cart", **with_token(anonymous, token)).json()["lines"] == []


def test_28_a_token_shown_later_merges_once(town: Town, seller: Person, anonymous: Person) -> None:
    item, buyer = town.item(seller), town.newcomer()
    token = anonymous("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 2}).headers[
        "x-cart-token"
    ]
    town.client.cookies.clear()
    assert buyer("GET", "/cart", **with_token(buyer, token)).json()["lines"][0]["quantity"] == 2
    put(buyer, item, 1, **{"X-Cart-Token": token})
    assert buyer("GET", "/cart", **with_token(buyer, token)).json()["lines"][0]["quantity"] == 1
    other = town.newcomer()
    assert other("GET", "/cart", **with_token(other, token)).json()["lines"] == []


def test_28_checking_out_the_guests_cart_after_the_merge_names_the_cart_to_use(
    town: Town, seller: Person, anonymous: Person
) -> None:
    item, buyer = town.item(seller), town.newcomer()
    first = anonymous("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})
    town.client.cookies.clear()
    mine = buyer("GET", "/cart", **with_token(buyer, first.headers["x-cart-token"])).json()
    body = {
        "cartId": first.json()["cartId"],
        "amount": mine["total"],
        "paymentInfo": {"paymentType": "card", "cardNo": "4242424242424242"},
    }
    assert problem(buyer("POST", "/checkout", body), 409, "cart-merged")["cartId"] == mine["cartId"]


def test_28_a_token_that_is_first_shown_at_the_till_merges_there(
    town: Town, seller: Person, anonymous: Person
) -> None:
    item, buyer, other = town.item(seller), town.newcomer(), town.newcomer()
    first = anonymous("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})
    token = first.headers["x-cart-token"]
    town.client.cookies.clear()
    pay = {
        "paymentInfo": {"paymentType": "card", "cardNo": "4242424242424242"},
        "amount": first.json()["total"],
    }
    refused = buyer(
        "POST", "/checkout", pay | {"cartId": first.json()["cartId"]}, **with_token(buyer, token)
    )
    to_use = problem(refused, 409, "cart-merged")["cartId"]
    assert (
        buyer("POST", "/checkout", pay | {"cartId": to_use}, **with_token(buyer, token)).status_code
        == 201
    )
    problem(
        other(
            "POST",
            "/checkout",
            pay | {"cartId": first.json()["cartId"]},
            **with_token(other, token),
        ),
        404,
        "cart-not-found",
    )


def test_a_token_that_the_shop_did_not_make_is_never_a_carts_name(
    town: Town, seller: Person, anonymous: Person
) -> None:
    item, chosen = town.item(seller), "chosen-by-somebody-who-wants-to-look-later"
    town.client.cookies.clear()
    for method, body in (
        ("GET", None),
        ("PATCH", {"itemId": item["itemId"], "quantity": 1}),
        ("DELETE", None),
    ):
        for shown in ({"X-Cart-Token": chosen}, {"Cookie": f"cart_token={chosen}"}):
            answer = anonymous(method, "/cart", body, headers=shown)
            made = answer.headers["x-cart-token"]
            assert made != chosen
            assert f"cart_token={made};" in answer.headers["set-cookie"]
            town.client.cookies.clear()
    assert anonymous("GET", "/cart", **with_token(anonymous, chosen)).json()["lines"] == []
    town.client.cookies.clear()
    made = anonymous(
        "PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1}, **with_token(anonymous, chosen)
    ).headers["x-cart-token"]
    town.client.cookies.clear()
    assert len(anonymous("GET", "/cart", **with_token(anonymous, made)).json()["lines"]) == 1
    buyer = town.newcomer(**{"X-Cart-Token": chosen})
    assert buyer("GET", "/cart", **with_token(buyer, chosen)).json()["lines"] == []


@pytest.mark.parametrize(
    "token", ["short", "x" * 101, "with space in the middle of it", "ümlaut-ümlaut-ümlaut"]
)
def test_a_token_of_another_form_is_passed_over(town: Town, anonymous: Person, token: str) -> None:
    answer = anonymous("GET", "/cart", headers={"X-Cart-Token": token.encode()})
    assert answer.status_code == 200
    assert answer.headers["x-cart-token"] != token


def test_a_cookie_jar_that_cannot_be_read_is_passed_over(town: Town, anonymous: Person) -> None:
    answer = anonymous("GET", "/cart", headers={"Cookie": 'cart_token=";,=[]'})
    assert answer.status_code == 200


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
