"""A seller offers, changes and counts items, brings in files, and sees what was ordered, by pages
alone.
"""

import socket

import pytest

from commerce_core.accounts import Role
from tests.integration.http.people import PASSWORD, until
from tests.integration.pages.browser import Browser, Page, filled_in
from tests.integration.pages.conftest import Street
from tests.integration.pages.test_buying import ADDRESS, at_checkout, ended

LAMP = {"Name": "Bow lamp", "Price": "15.99", "Pieces": "3", "SKU": "BOW-1", "Brand": "Arc",
        "Category": "lighting", "Description": "Bends.\nAnd shines."}  # fmt: skip


@pytest.fixture
def seller(street: Street) -> Browser:
    return street.visitor(Role.SELLER)


def offered(seller: Browser, **fields: str) -> Page:
    """The page of an item that was just offered."""
    page = seller.press(seller.go("/sell/offer"), "Offer it", LAMP | fields)
    assert page.path.startswith("/sell/items/"), page.text
    return page


def test_a_seller_registers_offers_an_item_and_buyers_find_it(street: Street) -> None:
    browser = street.guest()
    account = {"Your name": "Sol", "E-mail": "sol@example.com", "Password": PASSWORD}
    who = {"I want to": "sell"}
    log_in = browser.press(browser.go("/register"), "Register", account | who)
    assert log_in.heading == "Log in"
    home = browser.press(log_in, "Log in", {"E-mail": "sol@example.com", "Password": PASSWORD})
    assert home.heading == "Sell"
    assert "Nothing was ordered yet." in home.text
    page = browser.press(browser.follow(home, "Offer an item"), "Offer it", LAMP)
    assert "On sale, 3 in stock" in page.text
    shown = browser.follow(page, "as buyers see it")
    assert "Bends. And shines." in shown.text
    assert "Bow lamp" in browser.go("/sell").text, "of three pieces it is told that they run out"
    found = until(lambda: "Bow lamp" in street.guest().go("/shop?term=bow+lamp").text, 30)
    assert found


def test_a_form_that_is_sent_twice_offers_one_item(seller: Browser) -> None:
    url, fields = filled_in(seller.go("/sell/offer"), "Offer it", LAMP)
    first, second = seller.submit(url, fields), seller.submit(url, fields)
    assert first.path == second.path
    other = seller.submit(url, fields | {"name": "Other"})
    assert other.status == 409
    assert "This form has been sent already" in other.text


def test_what_is_wrong_with_an_offer_is_told_and_what_was_typed_stays(seller: Browser) -> None:
    page = seller.press(seller.go("/sell/offer"), "Offer it", LAMP | {"Price": "ten"})
    assert page.status == 422
    (price,) = (e for e in page.root.all("input") if e.get("name") == "price")
    assert (price.get("value"), price.get("aria-invalid")) == ("ten", "true")
    (text,) = page.root.all("textarea")
    assert text.written == LAMP["Description"]
    assert seller.press(page, "Offer it", {"Price": "10"}).path.startswith("/sell/items/")


def test_an_sku_is_used_once(seller: Browser) -> None:
    offered(seller)
    again = seller.press(seller.go("/sell/offer"), "Offer it", LAMP)
    assert again.status == 409
    assert "You have another item with this SKU." in again.text


def test_price_and_texts_are_changed_and_a_text_is_emptied(street: Street, seller: Browser) -> None:
    page = offered(seller)
    changed = seller.press(
        page, "Change it", {"Price": "17.50", "Name": "Arc lamp", "Brand": "", "Description": ""}
    )
    assert changed.heading == "Arc lamp"
    item = street.shop.items.details(page.path.rpartition("/")[2], None).item
    assert (item.price.amount, item.brand, item.category, item.description) == (
        "17.50", "", "lighting", "",
    )  # fmt: skip


def test_who_changes_an_item_that_was_changed_meanwhile_sees_both_and_decides(
    street: Street, seller: Browser
) -> None:
    page = offered(seller)
    seller.press(page, "Change it", {"Price": "16.00", "Category": "lamps"})
    refused = seller.press(page, "Change it", {"Price": "18.00"})
    assert refused.status == 412
    assert "Somebody else has changed this meanwhile." in refused.text
    rows = cells(refused)
    assert ["Price", "16.00", "18.00"] in rows
    assert ["Category", "lamps", "lighting"] in rows
    assert not [row for row in rows if row[0] == "Name"]
    done = seller.press(refused, "Change it", {"Category": "lamps"})
    assert done.status == 200
    item = street.shop.items.details(page.path.rpartition("/")[2], None).item
    assert (item.price.amount, item.category) == ("18.00", "lamps")


def test_prices_of_each_form_are_changed_and_no_form_goes(street: Street, seller: Browser) -> None:
    rows = (
        b'{"sku": "T", "name": "Shirt", "variants": ['
        b'{"variantId": "M", "price": 15, "stock": 1}, {"variantId": "L", "price": 16}]}\n'
    )
    report = taken_in(seller, "Take it in", "shirts.ndjson", rows)
    assert "1 rows, 0 of them refused" in report.text
    page = seller.follow(seller.go("/sell/items"), "Shirt")
    wrong = seller.press(page, "Change it", {"Price of M": "much"})
    assert wrong.status == 422
    changed = seller.press(wrong, "Change it", {"Price of M": "12.00"})
    item = street.shop.items.details(changed.path.rpartition("/")[2], None).item
    assert [(v.variant_id, v.price.amount) for v in item.variants] == [
        ("M", "12.00"), ("L", "16.00"),
    ]  # fmt: skip
    stocked = seller.press(
        changed, "Count them", {"Which one": "L", "Pieces that came in": "4", "Reference": "n-1"}
    )
    assert "On sale, 5 in stock" in stocked.text


def test_a_receipt_counts_once_and_no_more_goes_out_than_is_free(seller: Browser) -> None:
    page = offered(seller)
    note = {"Pieces that came in": "4", "Reference": "note-1"}
    assert "7 in stock" in seller.press(page, "Count them", note).text
    assert "7 in stock" in seller.press(page, "Count them", note).text
    other = seller.press(page, "Count them", note | {"Pieces that came in": "5"})
    assert (other.status, "7 in stock" in other.text) == (409, True)
    short = seller.press(page, "Count them", {"Pieces that came in": "-8", "Reference": "note-2"})
    assert short.status == 409
    assert "There are not so many free pieces." in short.text
    url, fields = filled_in(page, "Count them", {"Pieces that came in": "-1"})
    assert "6 in stock" in seller.submit(url, fields).text
    assert "6 in stock" in seller.submit(url, fields).text, "sent twice it counts once"


def test_an_item_is_withdrawn_and_put_on_sale_again(street: Street, seller: Browser) -> None:
    page = offered(seller, SKU="W-1")
    gone = seller.press(page, "Withdraw it")
    assert "Withdrawn" in gone.text
    assert street.guest().go(page.path.replace("/sell", "/shop")).status == 404
    assert "Bow lamp" in seller.go("/sell/items?status=withdrawn").text
    assert "There are none" in seller.go("/sell/items?status=active").text
    assert "On sale" in seller.press(gone, "Put it on sale").text


def test_a_list_of_items_goes_on_with_what_was_filtered_by(seller: Browser) -> None:
    for number in range(3):
        offered(seller, Name=f"Lamp {number}", SKU=f"N-{number}", Pieces=str(number))
    first = seller.go("/sell/items?size=1&stockBelow=2&status=active")
    assert "Lamp 1" in first.text
    second = seller.follow(first, "Older items")
    assert ("Lamp 0" in second.text, "Lamp 1" in second.text) == (True, False)


def test_nobody_sees_or_changes_the_item_of_another_seller(street: Street, seller: Browser) -> None:
    page, other = offered(seller), street.visitor(Role.SELLER)
    assert other.go(page.path).status == 404
    for what in ("", "/stock", "/publish", "/withdraw"):
        answer = other.post(page.path + what, {"version": "1", "name": "Mine"})
        assert answer.status_code == 404, what
    assert "On sale, 3 in stock" in seller.go(page.path).text
    assert "Bow lamp" not in other.go("/sell/items").text


def cells(page: Page) -> list[list[str]]:
    """What stands in each row of the tables of a page."""
    return [
        [cell.text for cell in row.all() if cell.tag in ("td", "th")] for row in page.root.all("tr")
    ]


def taken_in(seller: Browser, button: str, name: str, content: bytes) -> Page:
    """The report of a file, once its import is over."""
    begun = seller.attach(seller.go("/sell/imports"), button, name, content)
    assert begun.path.startswith("/sell/imports/"), begun.text

    def over() -> Page | None:
        page = seller.go(begun.path)
        return None if "Look again" in page.text else page

    found = until(over, 30)
    assert isinstance(found, Page)
    return found


FILE = b"sku,name,price,quantity\nA-1,Mug,15,4\nA-2,,18,1\nA-3,Cup,much,1\n"


def test_a_file_is_tried_first_and_then_taken_in_with_each_refused_row(seller: Browser) -> None:
    tried = taken_in(seller, "Try it first", "mugs.csv", FILE)
    assert tried.heading == "Trial of a file"
    assert "3 rows, 2 of them refused" in tried.text
    assert [row[:2] for row in cells(tried)] == [["Line", "Field"], ["3", "name"], ["4", "price"]]
    assert "Mug" not in seller.go("/sell/items").text
    again = seller.follow(tried, "Choose the file again, and take it in")
    assert "only tried" in again.text
    done = taken_in(seller, "Take it in", "mugs.csv", FILE)
    assert done.heading == "Import of a file"
    assert "Mug" in seller.go("/sell/items").text
    assert "finished" in seller.go("/sell").text


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("picture.png", 422, "must end with .csv"), ("", 422, "must be chosen")],
)
def test_what_is_no_file_of_items_is_refused(
    seller: Browser, name: str, status: int, words: str
) -> None:
    page = seller.attach(seller.go("/sell/imports"), "Take it in", name, b"x")
    assert (page.status, words in page.text) == (status, True), page.text
    assert "No file was brought in yet." in page.text


def test_a_form_that_breaks_off_leaves_no_import(seller: Browser) -> None:
    cut = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nsku,na'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = seller.send("POST", "/sell/imports", content=cut, headers=kind)
    assert answer.status_code == 400, answer.text
    assert "No file was brought in yet." in seller.go("/sell/imports").text
    plain = seller.post("/sell/imports", {"file": "sku"})
    assert plain.status_code == 415


def test_a_long_file_is_taken_in_piece_by_piece(street: Street, seller: Browser) -> None:
    rows = b"".join(b"L-%d,Long %d,5,1,%s\n" % (n, n, b"x" * 900) for n in range(800))
    done = taken_in(
        seller, "Try it first", "long.csv", b"sku,name,price,quantity,description\n" + rows
    )
    assert "800 rows, 0 of them refused" in done.text


def test_an_import_is_seen_and_cancelled_by_its_seller_alone(
    street: Street, seller: Browser
) -> None:
    done = taken_in(seller, "Try it first", "mugs.csv", FILE)
    other = street.visitor(Role.SELLER)
    assert other.go(done.path).status == 404
    assert other.post(done.path + "/cancel", {}).status_code == 404
    assert seller.post(done.path + "/cancel", {}).status_code == 303
    assert "Finished" in seller.go(done.path).text


def test_a_seller_sees_what_was_ordered_and_no_more(street: Street, seller: Browser) -> None:
    page, buyer = offered(seller), street.visitor()
    item = page.path.rpartition("/")[2]
    buyer.press(buyer.go(f"/shop/items/{street.item()}"), "Put into the cart")
    placed = buyer.press(at_checkout(street, buyer, item), "Order for 31.98 USD", ADDRESS)
    over = ended(buyer, placed, "Paid and handed to the carrier")
    order_id = over.path.rpartition("/")[2]
    assert until(lambda: "paid and handed" in seller.go("/sell").text, 30)
    shown = seller.follow(seller.go("/sell/orders?status=COMPLETED"), order_id)
    assert "Bow lamp" in shown.text
    assert "15.99 USD" in shown.text
    for theirs in ("Desk lamp", "31.98", "1 Main Street"):
        assert theirs not in shown.text
    assert street.visitor(Role.SELLER).go(shown.path).status == 404


def test_events_are_sent_to_a_system_of_a_sellers_and_once_more(
    street: Street, seller: Browser
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/hook"  # where nobody listens any more
    page = seller.go("/sell/webhooks")
    bare = seller.press(page, "Send them", {"Address": url})
    assert (bare.status, "events is required" in bare.text) == (422, True), bare.text
    told = {"catalog.item_changed.v1": "", "orders.order_created.v1": "", "What it is for": "till"}
    made = seller.press(bare, "Send them", told)
    assert made.heading == "The secret of a webhook"
    (secret,) = [code.text for code in made.root.all("code")]
    assert secret.startswith("whsec_")
    shown = seller.follow(made, "I have it")
    assert secret not in shown.source
    assert "catalog.item_changed.v1, orders.order_created.v1" in shown.text
    seller.press(offered(seller), "Change it", {"Price": "16.00"})

    def tried() -> Page | None:
        found = seller.go(shown.path)
        return found if "waits1" in found.text else None

    failing = until(tried, 30)
    assert isinstance(failing, Page)
    again = next(b.text for b in failing.root.all("button") if b.text.startswith("Send it again"))
    assert seller.press(failing, again).status == 200
    rolled = seller.press(failing, "Make a new secret")
    assert [code.text for code in rolled.root.all("code")] != [secret]
    assert "the one before signs as well" in rolled.text
    off = seller.press(failing, "Send nothing more")
    assert "Disabled: owner" in off.text
    refused = seller.press(off, again)
    assert (refused.status, "Nothing is sent there at present." in refused.text) == (409, True)
    assert "Active" in seller.press(off, "Send again").text
    other = street.visitor(Role.SELLER)
    assert other.go(shown.path).status == 404
    for what in ("enable", "disable", "secret", "delete"):
        assert other.post(f"{shown.path}/{what}", {}).status_code == 404, what
    assert "Nothing is sent anywhere yet." in seller.press(off, "Delete it").text
