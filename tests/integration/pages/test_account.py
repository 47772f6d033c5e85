"""People change their accounts, read what they were told, and leave, by pages alone."""

import email
import email.policy
import json
import re

import pytest

from commerce_core.accounts import Role
from tests.integration.http.people import PASSWORD, until
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import Street
from tests.integration.pages.test_buying import ADDRESS, at_checkout, ended

NEW: str = "another horse battery"


@pytest.fixture
def buyer(street: Street) -> Browser:
    return street.visitor()


def email_of(browser: Browser) -> str:
    (found,) = re.findall(r"[\w.-]+@[\w.]+\w", browser.go("/account").text.partition("You")[2])
    return str(found)


def logged_in(street: Street, address: str, password: str) -> tuple[Browser, Page]:
    browser = street.guest()
    return browser, browser.press(
        browser.go("/log-in"), "Log in", {"E-mail": address, "Password": password}
    )


def test_name_address_and_wishes_are_changed_and_known_at_the_checkout(
    street: Street, buyer: Browser
) -> None:
    page = buyer.go("/account")
    changed = buyer.press(page, "Change it", ADDRESS | {"Your name": "Ada L.", "Language": "de"})
    assert "It was changed." in changed.text
    assert "Ada L." in changed.text
    checkout = at_checkout(street, buyer)
    (line,) = (e for e in checkout.root.all("input") if e.get("name") == "shippingAddress.line1")
    assert line.get("value") == "1 Main Street"
    account = street.shop.accounts.by_email(email_of(buyer))
    assert (account.locale, account.personalised) == ("de", True)
    emptied = dict.fromkeys(ADDRESS, "") | {"Language": ""}
    buyer.press(buyer.go("/account"), "Change it", emptied)
    account = street.shop.accounts.by_email(email_of(buyer))
    assert (account.address, account.locale) == (None, None)


def test_what_is_wrong_with_an_address_is_told_and_nothing_is_changed(buyer: Browser) -> None:
    wrong = buyer.press(buyer.go("/account"), "Change it", ADDRESS | {"Country": "usa"})
    assert wrong.status == 422
    assert "address.country must be a country code" in wrong.text
    assert "1 Main Street" in wrong.source
    assert "1 Main Street" not in buyer.go("/account").source


def test_another_password_ends_all_other_sessions_and_is_never_shown(
    street: Street, buyer: Browser
) -> None:
    address = email_of(buyer)
    elsewhere, _ = logged_in(street, address, PASSWORD)
    page = buyer.go("/account")
    wrong = buyer.press(
        page, "Change the password", {"Present password": "not it", "New password": NEW}
    )
    assert (wrong.status, NEW in wrong.source) == (422, False)
    assert elsewhere.go("/account").heading == "Your account"
    given = {"Present password": PASSWORD, "New password": NEW}
    done = buyer.press(page, "Change the password", given)
    assert "Your password was changed." in done.text
    assert elsewhere.go("/account").heading == "Log in"
    assert logged_in(street, address, NEW)[1].status == 200


def test_sessions_are_listed_and_ended(street: Street, buyer: Browser) -> None:
    address = email_of(buyer)
    elsewhere, _ = logged_in(street, address, PASSWORD)
    page = buyer.go("/account")
    (button,) = [b for b in page.root.all("button") if b.text.startswith("End it")]
    assert "That session has ended." in buyer.press(page, button.text).text
    assert elsewhere.go("/account").heading == "Log in"
    assert buyer.press(buyer.go("/account"), "Log out everywhere").heading == "Log in"
    assert buyer.go("/account").heading == "Log in"


def test_another_address_gets_a_link_and_counts_once_it_is_confirmed(
    street: Street, buyer: Browser
) -> None:
    before, after = email_of(buyer), f"new-{street.people}@example.com"
    page = buyer.go("/account")
    wrong = buyer.press(page, "Send the link", {"New address": after, "Your password": "no"})
    assert wrong.status == 422
    sent = buyer.press(page, "Send the link", {"New address": after, "Your password": PASSWORD})
    assert "A link was sent" in sent.text
    assert email_of(buyer) == before
    path = link_in_mail(street, after, "/email-changes/")
    shown = buyer.go(path)
    assert email_of(buyer) == before, "looking at it changes nothing"
    buyer.press(shown, "Confirm the address")
    assert email_of(buyer) == after
    assert "This link is not known, or was used." in buyer.press(shown, "Confirm the address").text


def test_a_forgotten_password_is_replaced_by_a_link(street: Street) -> None:
    address, guest = street.account(), street.guest()
    page = guest.follow(guest.go("/log-in"), "Forgotten the password?")
    sent = guest.press(page, "Send the link", {"E-mail": address})
    nobody = guest.press(page, "Send the link", {"E-mail": "nobody@example.com"})
    assert "a link is on its way" in sent.text
    assert sent.text == nobody.text, "nobody learns whether there is such an account"
    shown = guest.go(link_in_mail(street, address, "/password-resets/"))
    short = guest.press(shown, "Choose it", {"New password": "short"})
    assert (short.status, "short" in short.source) == (422, False)
    assert guest.press(shown, "Choose it", {"New password": NEW}).heading == "Log in"
    assert logged_in(street, address, NEW)[1].status == 200
    assert guest.press(shown, "Choose it", {"New password": NEW}).status == 404


def link_in_mail(street: Street, address: str, path: str) -> str:
    """Where the link leads that was sent to *address*."""

    def found() -> str | None:
        for file in sorted(street.mails.rglob("*.eml")):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            if address in str(mail["To"]) and (hit := re.search(rf"{path}\S+", text)):
                return hit[0]
        return None

    link = until(found, 30)
    assert isinstance(link, str)
    return link


def test_everything_that_is_known_is_a_file(street: Street, buyer: Browser) -> None:
    answer = buyer.send("GET", "/account/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert json.loads(answer.text)["accounts"][0]["email"] == email_of(buyer)


def test_who_leaves_is_logged_out_and_unknown_and_is_told_what_stands_in_the_way(
    street: Street, buyer: Browser
) -> None:
    address = email_of(buyer)
    page = buyer.follow(buyer.go("/account"), "Leave")
    wrong = buyer.press(page, "Close the account", {"Your password": "not it"})
    assert wrong.status == 422
    left = buyer.press(page, "Close the account", {"Your password": PASSWORD})
    assert left.path == "/"
    assert "session" not in buyer.cookies
    assert logged_in(street, address, PASSWORD)[1].status == 401
    seller = street.visitor(Role.SELLER)
    offer = {"Name": "Lamp", "Price": "1", "Pieces": "1"}
    seller.press(seller.go("/sell/offer"), "Offer it", offer)
    held = seller.press(
        seller.go("/account/leave"), "Close the account", {"Your password": PASSWORD}
    )
    assert held.status == 409
    assert "Items of yours are still on sale." in held.text


def test_what_a_buyer_was_told_is_listed_leads_to_its_order_and_is_read(
    street: Street, buyer: Browser
) -> None:
    placed = buyer.press(at_checkout(street, buyer), "Order for 15.99 USD", ADDRESS)
    ended(buyer, placed, "Paid and handed to the carrier")

    def told() -> Page | None:
        page = buyer.go("/account/notifications")
        return page if placed.path in [a.get("href") for a in page.root.all("a")] else None

    page = until(told, 30)
    assert isinstance(page, Page)
    (button, *others) = [b.text for b in page.root.all("button") if b.text.startswith("Read")]
    after = buyer.press(page, button)
    left = [b.text for b in after.root.all("button") if b.text.startswith("Read")]
    assert len(left) == len(others)
    older = buyer.go("/account/notifications?size=1")
    assert buyer.follow(older, "Older ones").status == 200 or not others


def test_messages_are_chosen_and_those_that_guard_the_account_stay(
    street: Street, buyer: Browser
) -> None:
    page = buyer.go("/account/notifications")
    boxes = {e.get("name"): e for e in page.root.all("input") if e.get("type") == "checkbox"}
    assert "disabled" in boxes["password-changed.email"].attributes
    ticked = {n: "true" for n, e in boxes.items() if "checked" in e.attributes}
    del ticked["order-confirmed.email"]
    changed = buyer.submit("/account/notifications", ticked | {"price-dropped.inbox": "true"})
    assert "What you want to be told of was changed." in changed.text
    account = street.shop.accounts.by_email(email_of(buyer))
    kept = street.shop.notices.preferences(account.id, Role.BUYER)
    assert kept["order-confirmed"] == {"email": False, "inbox": True}
    assert kept["price-dropped"]["inbox"]
    assert kept["password-changed"]["email"]
