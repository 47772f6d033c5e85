"""A rule at checkout in a whole shop: over HTTP, in time, and closed with the shop."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.assembly import Parts
from commerce_core.checkout import CheckoutRefused, CheckoutRule, ProposedOrder
from tests.integration.http.people import Town, problem, request_for, serving

QUICK: Final = timedelta(seconds=0.5)


class TooMuchOwed(CheckoutRefused):
    """The buyer owes too much already."""

    code = "too-much-owed"


class Credit(CheckoutRule):
    """Gives credit up to an amount; asks an office that takes its time."""

    def __init__(self, *, answers_at_once: bool) -> None:
        self.answers_at_once = answers_at_once
        self.hangs_for: str | None = None
        self.over = threading.Event()
        self.closed = 0

    def check(self, order: ProposedOrder, /) -> None:
        if order.email == self.hangs_for:
            self.over.wait(30)
        if order.quote.total.minor > 100_00:
            raise TooMuchOwed("at most 100.00 on credit", limit="100.00")

    def close(self) -> None:
        self.over.set()
        self.closed += 1


@pytest.fixture(params=[True, False], ids=["at once", "may wait"])
def rule(request: pytest.FixtureRequest) -> Credit:
    return Credit(answers_at_once=request.param)


@pytest.fixture
def town(tmp_path: Path, on_database: dict[str, Any], rule: Credit) -> Iterator[Town]:
    settings = Settings.in_folder(tmp_path, call_timeout=QUICK, **on_database)
    with (
        build_shop(settings, parts=partial(Parts, rules=[rule])) as shop,
        serving(shop) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Town(shop, client)
    assert rule.closed == 1


def test_a_rules_refusal_is_a_problem_with_its_own_code(town: Town, rule: Credit) -> None:
    seller, buyer = town.newcomer("seller"), town.newcomer()
    sofa = town.item(seller, price="90.00", quantity=3)
    cart = town.filled_cart(buyer, sofa, 2)
    key = {"Idempotency-Key": "k"}
    refused = problem(
        buyer("POST", "/checkout", request_for(cart), headers=key), 422, "too-much-owed"
    )
    assert (refused["detail"], refused["limit"]) == ("at most 100.00 on credit", "100.00")
    answer = town.guest("GET", refused["type"]).json()
    assert (answer["status"], answer["meaning"]) == (422, "The buyer owes too much already.")
    assert town.guest("GET", f"/items/{sofa['itemId']}").json()["stock"] == 3
    smaller = town.filled_cart(buyer, sofa, 1)
    placed = buyer("POST", "/checkout", request_for(smaller), headers=key)
    assert (placed.status_code, placed.json()["status"]) == (201, "PENDING")


@pytest.mark.parametrize("rule", [False], indirect=True)
def test_a_rule_that_hangs_has_its_time_and_holds_up_nobody(town: Town, rule: Credit) -> None:
    seller, unlucky, buyer = town.newcomer("seller"), town.newcomer(), town.newcomer()
    sofa = town.item(seller, price="90.00", quantity=3)
    rule.hangs_for = unlucky.account["email"]
    answers: list[httpx.Response] = []
    request = request_for(town.filled_cart(unlucky, sofa))
    hangs = threading.Thread(target=lambda: answers.append(unlucky("POST", "/checkout", request)))
    hangs.start()
    placed = buyer("POST", "/checkout", request_for(town.filled_cart(buyer, sofa)))
    assert (placed.status_code, answers) == (201, [])
    hangs.join(20)
    problem(answers[0], 503, "checkout-unavailable")
    assert answers[0].headers["retry-after"] == "5"
    assert town.guest("GET", f"/items/{sofa['itemId']}").json()["stock"] == 2
