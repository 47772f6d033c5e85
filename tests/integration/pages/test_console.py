"""An operator sees every call to the outside, and decides with a reason, evidence and the
password.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commerce_core.accounts import Role
from commerce_core.accounts.service import digest_of
from commerce_sqlalchemy.accounts import SqlAccountRepository
from commerce_worker.main import ITEM_ROLES
from tests.integration.http.people import PASSWORD, until
from tests.integration.pages.browser import Page, filled_in
from tests.integration.pages.conftest import Street, open_street
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


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Street]:
    """A shop in which orders are carried out when a test says so."""
    with open_street(tmp_path / "still", ITEM_ROLES) as opened:
        yield opened


def test_a_lost_charge_is_resolved_and_a_paid_order_undone_by_the_console(still: Street) -> None:
    buyer, operator = still.visitor(), still.visitor(Role.OPERATOR)
    card = {"The card that pays, but the answer is lost": ""}
    placed = buyer.press(at_checkout(still, buyer), "Order for 15.99 USD", ADDRESS | card)
    path = placed.path.replace("/shop", "/console")

    def waits() -> bool:
        still.shop.runner.run_once(10)
        return "confirm" in operator.go(path).text

    assert until(waits, 30)
    given = WHY | {"Your password again": PASSWORD}
    declined = given | {"What became of it": "the charge was declined"}
    denied = operator.press(operator.go(path), "Say so", declined)
    assert denied.status == 409
    assert "The gateway shows something else than you have stated." in denied.text
    captured = given | {"What became of it": "the charge went through"}
    paid = operator.press(operator.go(path), "Say so", captured)
    assert paid.status == 200, paid.text
    assert "paid, waits for the carrier" in paid.text
    assert "resolve: captured" in paid.text
    assert "Paid; the parcel is being prepared" in buyer.go(placed.path).text
    undone = operator.press(paid, "Undo the order", given)
    assert undone.status == 200, undone.text
    assert "being undone" in undone.text
    assert "compensate: undone" in undone.text

    def over() -> bool:
        still.shop.runner.run_once(10)
        return "Your money went back." in buyer.go(placed.path).text

    assert until(over, 30)
    shown = operator.go(path)
    assert "refund: 15.99 USD" in shown.text
    assert "Decide" not in shown.text
    assert shown.text.rpartition("Decisions")[2].count("Ticket 4711") == 2


def test_an_operator_stays_logged_in_as_long_as_pages_are_opened_and_a_page_alone_keeps_nobody(
    street: Street,
) -> None:
    operator = street.visitor(Role.OPERATOR)
    token = operator.cookies["session"]
    account = street.shop.accounts.authenticate(token)

    def left() -> timedelta:
        (session,) = street.shop.credentials.sessions(account.id, token)
        return session.expires_at - street.shop.clock.now()

    def ending(minutes: int) -> None:
        at = street.shop.clock.now() + timedelta(minutes=minutes)
        with street.shop.database.begin() as tx:
            SqlAccountRepository().end_session_at(tx, digest_of(token), at)
            tx.commit()

    assert timedelta(minutes=29) < left() <= timedelta(minutes=30)
    ending(5)
    assert operator.send("GET", "/console", headers={"HX-Request": "true"}).status_code == 200
    assert left() < timedelta(minutes=6)
    operator.go("/console")
    assert left() > timedelta(minutes=29)
    ending(0)
    assert operator.go("/console").heading == "Log in"
    buyer = street.visitor()
    held = street.shop.accounts.authenticate(buyer.cookies["session"])
    (session,) = street.shop.credentials.sessions(held.id, "")
    assert session.expires_at - street.shop.clock.now() > timedelta(days=29)
