"""A buyer gets from the door to the end of an order by pages alone, without scripts."""

import pytest

from commerce_core.accounts import Role
from commerce_core.catalog import ItemPatch
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from tests.integration.http.people import PASSWORD, until
from tests.integration.pages.browser import Browser, Page, filled_in
from tests.integration.pages.conftest import Street

ADDRESS = {"Full name": "Ada", "Street and number": "1 Main Street", "City": "Springfield",
           "Country": "US"}  # fmt: skip


def at_checkout(street: Street, browser: Browser, item: str | None = None) -> Page:
    """The page of the checkout with one item in the cart."""
    shown = browser.go(f"/shop/items/{item or street.item()}")
    cart = browser.press(shown, "Put into the cart")
    assert cart.heading == "Your cart"
    return browser.follow(cart, "Check out")


def ended(browser: Browser, page: Page, words: str) -> Page:
    """The order's page once it says *words*."""

    def look() -> Page | None:
        shown = browser.follow(page, "Look again") if "Look again" in page.text else page
        shown = browser.go(page.url)
        return shown if words in shown.text else None

    found = until(look, 30)
    assert isinstance(found, Page)
    return found


def test_a_guest_searches_fills_a_cart_registers_and_orders(street: Street) -> None:
    item = street.item(name="Whistling kettle", brand="Calor", category="kitchen")
    browser = street.guest()
    door = browser.go("/")
    search = browser.follow(door, "Buy")
    assert search.heading == "Everything we sell"
    found = until(lambda: browser.go("/shop?term=whistling+kettle").text.count("Whistling"), 30)
    assert found
    results = browser.go("/shop?term=whistling+kettle&brand=Calor")
    assert "Brand: Calor" in results.text
    shown = browser.go(f"/shop/items/{item}")
    assert "15.99 USD" in shown.text
    cart = browser.press(shown, "Put into the cart", {"Pieces in the cart": "2"})
    assert "31.98 USD" in cart.text
    log_in = browser.follow(cart, "Check out")
    assert log_in.heading == "Log in"
    registered = browser.press(
        browser.follow(log_in, "Register"), "Register",
        {"Your name": "Kim", "E-mail": "kim@example.com", "Password": PASSWORD},
    )  # fmt: skip
    assert registered.heading == "Log in"
    browser.press(registered, "Log in", {"E-mail": "kim@example.com", "Password": PASSWORD})
    checkout = browser.go("/shop/checkout")
    assert "2 × Whistling kettle" in checkout.text
    placed = browser.press(checkout, "Order for 31.98 USD", ADDRESS)
    assert placed.path.startswith("/shop/orders/")
    over = ended(browser, placed, "Paid and handed to the carrier")
    assert "You paid" in over.text
    assert "1 Main Street" in over.text
    orders = browser.follow(over, "Your orders")
    assert "31.98 USD" in orders.text


def test_a_declined_card_charges_nothing_and_gives_the_cart_back(street: Street) -> None:
    browser = street.visitor()
    page = at_checkout(street, browser)
    placed = browser.press(page, "Order for 15.99 USD", ADDRESS | {"The card that is declined": ""})
    over = ended(browser, placed, "Cancelled")
    assert "the card was declined" in over.text
    assert "Nothing was charged" in over.text
    assert "Desk lamp" in browser.follow(over, "your cart").text


@pytest.mark.parametrize(
    ("button", "words"),
    [("Approve the payment", "Paid and handed to the carrier"), ("Refuse it", "Cancelled")],
)
def test_a_buyer_whose_bank_asks_answers_it_and_the_order_goes_on(
    street: Street, button: str, words: str
) -> None:
    browser = street.visitor()
    card = {"The card that asks you at your bank first": ""}
    placed = browser.press(at_checkout(street, browser), "Order for 15.99 USD", ADDRESS | card)
    asked = ended(browser, placed, "Your bank wants to hear from you")
    assert ended(browser, browser.press(asked, button), words)


def test_a_form_that_is_sent_twice_makes_one_order(street: Street) -> None:
    browser = street.visitor()
    page = at_checkout(street, browser)
    url, fields = filled_in(page, "Order for 15.99 USD", ADDRESS)
    first, second = browser.submit(url, fields), browser.submit(url, fields)
    assert first.path == second.path
    assert browser.go("/shop/orders").text.count("15.99 USD") == 1


def test_a_price_that_has_changed_is_shown_old_and_new_and_confirmed(street: Street) -> None:
    item = street.item()
    browser = street.visitor()
    page = at_checkout(street, browser, item)
    seller = SellerId(street.shop.items.details(item, None).item.seller_id)
    version = street.shop.items.details(item, seller).item.version
    street.shop.items.change(seller, item, ItemPatch(price=Money.parse("17.50", "USD")), version)
    refused = browser.press(page, "Order for 15.99 USD", ADDRESS)
    assert refused.status == 409
    assert "The total was 15.99 USD and is 17.50 USD now" in refused.text
    assert browser.press(refused, "Order for 17.50 USD").path.startswith("/shop/orders/")


def test_an_order_that_is_not_paid_yet_is_cancelled(street: Street) -> None:
    browser = street.visitor()
    card = {"The card that asks you at your bank first": ""}
    placed = browser.press(at_checkout(street, browser), "Order for 15.99 USD", ADDRESS | card)
    asked = ended(browser, placed, "Your bank wants to hear from you")
    cancelled = browser.press(asked, "Cancel the order")
    assert cancelled.status == 200, cancelled.text
    assert ended(browser, cancelled, "Cancelled")


def test_what_was_typed_stands_there_again_but_for_the_card(street: Street) -> None:
    browser = street.visitor()
    page = at_checkout(street, browser)
    typed = ADDRESS | {"Country": "usa", "City": "Shelbyville"}
    refused = browser.press(page, "Order for 15.99 USD", typed)
    assert refused.status == 422
    assert "shippingAddress.country must be a country code of two capital letters" in refused.text
    (city,) = (e for e in refused.root.all("input") if e.get("name") == "shippingAddress.city")
    assert city.get("value") == "Shelbyville"
    (country,) = (
        e for e in refused.root.all("input") if e.get("name") == "shippingAddress.country"
    )
    assert country.get("aria-invalid") == "true"
    assert refused.link("shippingAddress.country").endswith(f"#{country.get('id')}")
    url, fields = filled_in(page, "Order for 15.99 USD", typed)
    own = browser.submit(url, fields | {"paymentInfo.cardNo": "5555555555554444"})
    assert "5555555555554444" not in own.source
    assert own.status == 422


def test_a_wrong_password_is_told_and_not_shown(street: Street) -> None:
    browser, email = street.guest(), street.account()
    page = browser.go("/log-in?next=/shop/orders")
    wrong = browser.press(page, "Log in", {"E-mail": email, "Password": "not it at all"})
    assert wrong.status == 401
    assert "not it at all" not in wrong.source
    right = browser.press(wrong, "Log in", {"Password": PASSWORD})
    assert right.heading == "Your orders"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_who_logs_in_is_led_to_no_other_site(street: Street, elsewhere: str) -> None:
    browser, email = street.guest(), street.account()
    fields = {"email": email, "password": PASSWORD, "next": elsewhere}
    answer = browser.post("/log-in", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/shop")


def test_a_session_begins_anew_at_each_log_in_and_ends_when_logging_out(street: Street) -> None:
    browser = street.visitor()
    before = browser.cookies["session"]
    again = {"email": street.account(), "password": PASSWORD}
    browser.post("/log-in", again)
    after = browser.cookies["session"]
    assert after != before
    stolen = street.guest()
    stolen.cookies["session"] = before
    assert stolen.go("/shop/orders").heading == "Log in"
    browser.press(browser.go("/shop"), "Log out")
    stolen.cookies["session"] = after
    assert stolen.go("/shop/orders").heading == "Log in"


def test_a_page_hears_of_its_order_until_it_is_over_and_of_no_more(street: Street) -> None:
    browser = street.visitor()
    card = {"The card that asks you at your bank first": ""}
    placed = browser.press(at_checkout(street, browser), "Order for 15.99 USD", ADDRESS | card)
    asked = ended(browser, placed, "Your bank wants to hear from you")
    (live,) = (e for e in asked.root.all("div") if e.get("sse-connect"))
    around = live.parent
    assert around is not None
    assert around.get("id") == "order", "it goes when the page is drawn anew"
    browser.press(asked, "Approve the payment")
    heard = browser.send("GET", live.get("sse-connect")).text  # to its end
    assert "event: PaymentCompleted" in heard
    assert "event: OrderCreated" not in heard, "the page has shown it already"
    assert heard.endswith(f"event: {live.get('sse-close')}\ndata: over\n\n")
    again = browser.send("GET", live.get("sse-connect"), headers={"Last-Event-ID": "9"})
    assert again.status_code == 204
    over = browser.go(placed.path)
    assert not [e for e in over.root.all("div") if e.get("sse-connect")]


@pytest.mark.parametrize(
    ("role", "open_to"), [(Role.BUYER, {"Buy"}), (Role.SELLER, {"Buy", "Sell"}),
        (Role.OPERATOR, {"Buy", "Run the shop"})],
)  # fmt: skip
def test_who_is_logged_in_is_shown_no_door_that_is_closed(
    street: Street, role: Role, open_to: set[str]
) -> None:
    door = street.visitor(role).go("/")
    shown = {name for name in ("Buy", "Sell", "Run the shop") if f">{name}</a></h2>" in door.source}
    assert shown == open_to
