"""What a cart shows as its total can be ordered for it, in every currency, up to the largest
sums.
"""

from pathlib import Path
from typing import Any

import pytest

from commerce_core.kernel.money import MAX_MINOR, MAX_SUM, Money
from tests.integration.http.people import open_town, pointers, problem, request_for

LARGEST = 999_999


@pytest.mark.parametrize(
    ("currency", "price", "quantity"),
    [
        ("IDR", "150000000", 67),
        ("IDR", "150000000", LARGEST),
        ("JPY", "12345678", LARGEST),
        ("BHD", "99999.999", LARGEST),
        ("USD", "15.99", LARGEST),
        *(
            (currency, Money(MAX_MINOR, currency).amount, LARGEST)
            for currency in ("IDR", "JPY", "BHD", "USD")
        ),
    ],
)
def test_the_total_that_a_cart_shows_is_taken_at_checkout(
    tmp_path: Path, on_database: dict[str, Any], currency: str, price: str, quantity: int
) -> None:
    with open_town(tmp_path, currency=currency, **on_database) as town:
        buyer = town.newcomer()
        item = town.item(town.newcomer("seller"), price=price, quantity=quantity)
        cart = town.filled_cart(buyer, item, quantity)
        assert cart["total"] == {
            "amount": (Money.parse(price, currency) * quantity).amount,
            "currency": currency,
        }
        placed = buyer("POST", "/checkout", request_for(cart), headers={"Prefer": "wait=10"})
        assert (placed.status_code, placed.json()["status"], placed.json()["total"]) == (
            201,
            "COMPLETED",
            cart["total"],
        )


def test_what_no_order_can_come_to_is_refused_by_the_cart(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with open_town(tmp_path, currency="JPY", **on_database) as town:
        buyer, seller = town.newcomer(), town.newcomer("seller")
        dear = [town.item(seller, price=str(MAX_MINOR), quantity=LARGEST) for _ in range(2)]
        cart = town.filled_cart(buyer, dear[0], LARGEST)
        refused = buyer("PATCH", "/cart", {"itemId": dear[1]["itemId"], "quantity": 2})
        assert str(MAX_SUM) in problem(refused, 422, "total-too-large")["detail"]
        assert buyer("GET", "/cart").json() == cart
        assert pointers(
            buyer("POST", "/checkout", request_for(cart) | {"amount": str(MAX_SUM + 1)})
        ) == ["/amount"]
        assert pointers(
            seller("POST", "/items", {"name": "Dearer", "price": str(MAX_MINOR + 1), "quantity": 1})
        ) == ["/price"]


def test_an_order_that_costs_nothing_names_no_payment(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with open_town(tmp_path, **on_database) as town:
        seller = town.newcomer("seller")
        for price, payment, expected in (
            ("0", {}, 201),
            ("0", {"paymentInfo": None}, 201),
            ("0.01", {}, 422),
            ("0.01", {"paymentInfo": None}, 422),
        ):
            buyer = town.newcomer()
            cart = town.filled_cart(buyer, town.item(seller, price=price), 2)
            body = {"cartId": cart["cartId"], "amount": cart["total"], **payment}
            placed = buyer(
                "POST", "/checkout", body, headers={"Prefer": "wait=10", "Idempotency-Key": "once"}
            )
            assert placed.status_code == expected, placed.text
            if expected == 422:
                assert pointers(placed) == ["/paymentInfo"]
                problem(buyer("POST", "/checkout", body | {"amount": "0"}), 409, "amount-mismatch")
                continue
            assert (placed.json()["status"], placed.json()["payment"]) == (
                "COMPLETED",
                {
                    "status": "paid",
                    "brand": "",
                    "last4": "",
                    "refunded": {"amount": "0.00", "currency": "USD"},
                },
            )
            again = buyer("POST", "/checkout", body, headers={"Idempotency-Key": "once"})
            assert again.json()["orderId"] == placed.json()["orderId"]
