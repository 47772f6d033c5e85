"""The whole way of a seller and a buyer."""

from tests.integration.http.people import Person, Town, request_for, until


def test_a_buyer_finds_fills_pays_and_sees_the_order_complete(town: Town, seller: Person) -> None:
    made = seller(
        "POST",
        "/items",
        {"sku": "TV-4K-900", "name": "42-inch 4K Smart TV", "price": 349.99, "quantity": 8},
    )
    assert made.status_code == 201
    buyer = town.newcomer()

    found = buyer(
        "GET",
        "/items",
        params={"term": "TV-4K-900"},
        headers={"X-Search-Token": made.headers["x-search-token"]},
    )
    assert found.json()["items"][0]["itemId"] == made.json()["itemId"]

    cart = buyer("PATCH", "/cart", {"itemId": made.json()["itemId"], "quantity": 2})
    assert cart.json()["total"] == {"amount": "699.98", "currency": "USD"}

    placed = buyer("POST", "/checkout", request_for(cart.json()), headers={"Prefer": "wait=10"})
    assert placed.status_code == 201, placed.text
    assert placed.headers["preference-applied"] == "wait=10"
    order = placed.json()
    assert order["status"] == "COMPLETED"
    assert placed.headers["location"] == f"/orders/{order['orderId']}"
    assert [entry["type"] for entry in order["timeline"]] == [
        "OrderCreated",
        "InventoryReserved",
        "PaymentCompleted",
        "ShipmentReady",
        "OrderCompleted",
    ]
    assert order["payment"] == {
        "status": "paid",
        "brand": "visa",
        "last4": "4242",
        "refunded": {"amount": "0.00", "currency": "USD"},
    }
    assert buyer("GET", "/orders").json()["orders"][0]["orderId"] == order["orderId"]
    path = f"/orders/{order['orderId']}"
    sold = until(
        lambda: (
            (answer := seller("GET", path)).status_code == 200
            and answer.json()["status"] == "COMPLETED"
            and answer.json()
        )
    )
    assert sold["total"] == {"amount": "699.98", "currency": "USD"}
