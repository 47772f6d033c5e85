"""Carts of guests over HTTP: their tokens and cookies, and what becomes of them at login."""

import pytest

from tests.integration.http.carts import put, with_token
from tests.integration.http.people import PASSWORD, Person, Town, problem


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
