"""What a person does with a cart over HTTP."""

from tests.integration.http.people import Person


def put(person: Person, item: dict, quantity: int, **headers: str) -> dict:
    cart = person(
        "PATCH", "/cart", {"itemId": item["itemId"], "quantity": quantity}, headers=headers
    )
    assert cart.status_code == 200, cart.text
    return cart.json()


def with_token(person: Person, token: str) -> dict:
    return {"headers": {"X-Cart-Token": token}}


def wants(*wanted: tuple[dict, int]) -> dict:
    return {
        "lines": [{"itemId": item["itemId"], "quantity": quantity} for item, quantity in wanted]
    }
