"""An operator sees every call to the outside, and decides with a reason, evidence and the
password.
"""

import pytest

from commerce_core.accounts import Role
from tests.integration.http.people import PASSWORD
from tests.integration.pages.browser import Page, filled_in
from tests.integration.pages.conftest import Street
from tests.integration.pages.test_buying import ADDRESS, at_checkout, ended

WHY = {"Why": "The buyer has telephoned.", "What shows it": "Ticket 4711"}


@pytest.fixture
def waiting(street: Street) -> tuple[str, Page]:
    """The id of an order that waits for its buyer, and its page in the console."""
    browser = street.visitor()
    card = {"The card that asks you at your bank first": ""}
    placed = browser.press(at_checkout(street, browser), "Order for 15.99 USD", ADDRESS | card)
    asked = ended(browser, placed, "Your bank wants to hear from you")
    order_id = asked.path.rpartition("/")[2]
    operator = street.visitor(Role.OPERATOR)
    return order_id, operator.go(f"/console/orders/{order_id}")


def test_every_call_to_the_outside_is_shown_with_what_came_of_it(street: Street) -> None:
    browser, operator = street.visitor(), street.visitor(Role.OPERATOR)
    placed = browser.press(at_checkout(street, browser), "Order for 15.99 USD", ADDRESS)
    over = ended(browser, placed, "Paid and handed to the carrier")
    order_id = over.path.rpartition("/")[2]
    listed = operator.go("/console/orders?state=COMPLETED")
    shown = operator.follow(listed, order_id)
    assert "capture: 15.99 USD" in shown.text
    calls = [t for t in shown.root.all("table") if "Each as it was made" in t.text]
    assert len(list(calls[0].all("tr"))) >= 3, "a heading, a charge and a booking"
    assert "OrderCompleted" in shown.text
    assert "Decide" not in shown.text


def test_a_decision_wants_reason_evidence_and_the_password_again(
    street: Street, waiting: tuple[str, Page]
) -> None:
    order_id, _ = waiting
    operator = street.visitor(Role.OPERATOR)
    shown = operator.go(f"/console/orders/{order_id}")
    wrong = operator.press(shown, "Run it now", WHY | {"Your password again": "wrong"})
    assert wrong.status == 401
    assert "The buyer has telephoned." in wrong.source
    assert "wrong" not in [e.get("value") for e in wrong.root.all("input")]
    bare = operator.press(shown, "Run it now", {"Your password again": PASSWORD})
    assert bare.status == 422
    assert not street.shop.operations.dossier(order_id).decisions  # type: ignore[arg-type]
    done = operator.press(shown, "Run it now", WHY | {"Your password again": PASSWORD})
    assert done.status == 200
    assert "Ticket 4711" in done.text
    assert "Ticket 4711" in operator.go("/console").text


def test_a_decision_that_is_sent_twice_is_taken_once(
    street: Street, waiting: tuple[str, Page]
) -> None:
    order_id, _ = waiting
    operator = street.visitor(Role.OPERATOR)
    shown = operator.go(f"/console/orders/{order_id}")
    url, fields = filled_in(shown, "Run it now", WHY | {"Your password again": PASSWORD})
    operator.submit(url, fields)
    operator.submit(url, fields)
    assert len(street.shop.operations.dossier(order_id).decisions) == 1  # type: ignore[arg-type]


def test_what_does_not_fit_the_order_is_refused_in_words(
    street: Street, waiting: tuple[str, Page]
) -> None:
    order_id, _ = waiting
    operator = street.visitor(Role.OPERATOR)
    shown = operator.go(f"/console/orders/{order_id}")
    refused = operator.press(shown, "Undo the order", WHY | {"Your password again": PASSWORD})
    assert refused.status == 409
    assert refused.text.count("The order does not wait for this decision.") == 1
