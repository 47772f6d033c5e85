"""Somebody who says all that can be said to a shop, in words that nobody else says."""

from typing import Final

from tests.integration.http.people import CARD, Person, Town, request_for, until

EMAIL: Final = "canary-zaunkoenig@example.com"
PASSWORD: Final = "canary password zilpzalp"
NAME: Final = "Canary Rotkehlchen"
PLACE: Final = {
    "name": "Canary Amselhahn",
    "line1": "9 Canary Buchfink Street",
    "line2": "Canary Gimpel House",
    "city": "Canary Stieglitz",
    "region": "Canary Kleiber",
    "postalCode": "CANARY-4711",
    "country": "US",
}
SAID: Final = {
    "cart": "canary note of a cart Kernbeisser",
    "line": "canary note of a line Goldammer",
    "order": "canary note of an order Wacholderdrossel",
    "key": "canary-key-sommergoldhaehnchen",
}
PERSONAL: Final = (EMAIL, PASSWORD, NAME, *(v for v in PLACE.values() if v != "US"), *SAID.values())


def lives(town: Town, email: str = EMAIL) -> Person:
    """Somebody who says all that can be said, and has orders of every end."""
    item = town.item(town.newcomer("seller"), quantity=50)
    me = {"email": email, "password": PASSWORD}
    town.guest("POST", "/accounts", {**me, "name": NAME, "role": "buyer"})
    session = town.guest("POST", "/sessions", me).json()
    person = Person(town.client, session["token"], session["account"])
    assert person("PATCH", "/accounts/me", {"address": PLACE}).status_code == 200
    for card in (CARD, "4000000000000002"):
        note = {"itemId": item["itemId"], "quantity": 1, "metadata": {"note": SAID["line"]}}
        assert person("PATCH", "/cart", note).status_code == 200
        cart = person("PATCH", "/cart", {"metadata": {"note": SAID["cart"]}}).json()
        body = request_for(cart, card, metadata={"note": SAID["order"]}, shippingAddress=PLACE)
        headers = {"Idempotency-Key": SAID["key"] + card, "Prefer": "wait=10"}
        assert person("POST", "/checkout", body, headers=headers).status_code == 201
    person("PUT", f"/wishlist/items/{item['itemId']}")
    until(lambda: not under_way(person))
    return person


def under_way(person: Person) -> list[str]:
    statuses = [one["status"] for one in person("GET", "/orders").json()["orders"]]
    return [status for status in statuses if status not in ("COMPLETED", "CANCELLED")]
