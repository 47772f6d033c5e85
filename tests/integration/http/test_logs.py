"""What the log tells of a request: which one it was, and which order came of it."""

import io
import json
import sys

import pytest

from commerce_bootstrap.logging import configure_logging
from tests.integration.http.people import Person, Town, request_for, until


def test_a_line_names_its_request_and_the_order_that_came_of_it(
    town: Town, seller: Person, buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = town.filled_cart(buyer, town.item(seller))
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    configure_logging("json")
    placed = buyer(
        "POST", "/checkout", request_for(cart), headers={"X-Request-ID": "told-by-the-client"}
    )
    buyer("PATCH", "/cart", {"itemId": "none", "quantity": 1})

    def logged() -> list[dict]:
        lines = [json.loads(line) for line in said.getvalue().splitlines()]
        return [line for line in lines if line.get("route") == "/checkout"]

    (line,) = until(logged)
    assert placed.headers["x-request-id"] == line["request_id"] == "told-by-the-client"
    assert (line["order_id"], line["status"], line["method"]) == (
        placed.json()["orderId"],
        201,
        "POST",
    )
    assert "4242424242424242" not in said.getvalue()
    assert buyer("POST", "/orders/x/cancellation").headers["x-request-id"] not in (
        "",
        "told-by-the-client",
    )
