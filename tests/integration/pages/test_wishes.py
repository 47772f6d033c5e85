"""A buyer keeps what to have one day, and is shown what goes with things, by pages alone."""

import pytest

from commerce_core.accounts import Role
from commerce_core.catalog import ItemPatch, NewItem, NewVariant
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from tests.integration.http.people import until
from tests.integration.pages.browser import Browser, filled_in
from tests.integration.pages.conftest import Street
from tests.integration.pages.test_selling import LAMP

PRICE = Money.parse("15.99", "USD")


@pytest.fixture
def buyer(street: Street) -> Browser:
    return street.visitor()


def test_an_item_is_wished_for_at_its_price_and_moved_to_the_cart(
    street: Street, buyer: Browser
) -> None:
    item = street.item(name="Kettle")
    shown = buyer.press(buyer.go(f"/shop/items/{item}"), "Put on the wishlist")
    assert shown.heading == "Your wishlist"
    assert "Kettle" in shown.text
    seller = SellerId(street.shop.items.details(item, None).item.seller_id)
    version = street.shop.items.details(item, seller).item.version
    cheaper = ItemPatch(price=Money.parse("12.00", "USD"))
    street.shop.items.change(seller, item, cheaper, version)
    shown = buyer.go("/shop/wishlist")
    assert "12.00 USD was 15.99 USD when you put it here" in " ".join(
        e.text for e in shown.root.all("li") for e in e.all() if e.tag in ("strong", "span")
    )
    url, fields = filled_in(shown, "Move to the cart: Kettle", {})
    cart = buyer.submit(url, fields)
    assert cart.heading == "Your cart"
    assert "12.00 USD" in cart.text
    buyer.submit(url, fields)
    assert "24.00" not in buyer.go("/shop/cart").text, "sent twice it puts one piece there"
    assert "There is nothing on it." in buyer.go("/shop/wishlist").text


def test_what_is_in_several_forms_is_wished_for_as_it_is_or_in_one_of_them(
    street: Street, buyer: Browser
) -> None:
    forms = [NewVariant(variant_id=f"size-{n}", price=PRICE, stock=3) for n in "ML"]
    seller = SellerId(street.shop.accounts.by_email(street.account(Role.SELLER)).id)
    new = NewItem(name="Shirt", variants=tuple(forms))
    item = street.shop.items.onboard(seller, new).item.id
    page = buyer.go(f"/shop/items/{item}")
    whole = buyer.press(page, "Put on the wishlist")
    choose = buyer.press(whole, "Move to the cart: Shirt")
    assert choose.path == f"/shop/items/{item}", "a form has to be chosen"
    buyer.press(choose, "Put on the wishlist", {"size-M": ""})
    listed = buyer.go("/shop/wishlist")
    assert "size-M" in listed.text
    (first, *_) = [f for f in listed.root.all("form") if f.get("action").endswith("/cart")]
    fields = {e.get("name"): e.get("value") for e in first.all("input")}
    assert fields == {"itemId": item, "variantId": "size-M"}
    assert "size-M" in buyer.submit("/shop/wishlist/cart", fields).text
    assert "size-M" not in buyer.go("/shop/wishlist").text
    assert "Shirt" in buyer.go("/shop/wishlist").text


def test_what_is_withdrawn_stays_on_the_list_until_it_is_removed(
    street: Street, buyer: Browser
) -> None:
    item = street.item(name="Gone kettle")
    buyer.press(buyer.go(f"/shop/items/{item}"), "Put on the wishlist")
    seller = SellerId(street.shop.items.details(item, None).item.seller_id)
    street.shop.items.withdraw(seller, item)
    shown = buyer.go("/shop/wishlist")
    assert "Not sold any more" in shown.text
    assert "Move to the cart" not in shown.text
    (button,) = [b.text for b in shown.root.all("button") if b.text.startswith("Remove")]
    assert "Gone kettle" not in buyer.press(shown, button).text


def test_what_does_not_exist_is_not_wished_for(buyer: Browser) -> None:
    answer = buyer.post("/shop/wishlist", {"itemId": "none"})
    assert answer.status_code == 404
    assert "This item is not sold here." in answer.text


def test_sold_out_items_can_be_wished_for_and_guests_have_no_list(
    street: Street, buyer: Browser
) -> None:
    item = street.item(name="Rare kettle", quantity=0)
    assert "Sold out" in buyer.press(buyer.go(f"/shop/items/{item}"), "Put on the wishlist").text
    assert "Put on the wishlist" not in street.guest().go(f"/shop/items/{item}").text


def test_home_and_items_show_what_is_recommended(street: Street) -> None:
    seller = street.visitor(Role.SELLER)
    for number in range(3):
        seller.press(
            seller.go("/sell/offer"), "Offer it",
            LAMP | {"Name": f"Recommended lamp {number}", "SKU": f"R-{number}", "Pieces": "9"},
        )  # fmt: skip
    guest = street.guest()

    def recommended() -> bool:
        return "For you" in guest.go("/shop").text

    assert until(recommended, 30)
    assert "For you" not in guest.go("/shop?term=lamp").text
    item = next(a for a in guest.go("/shop").root.all("a") if "/shop/items/" in a.get("href"))
    shown = guest.go(item.get("href"))
    assert "Goes with it" in shown.text
    links = [a.get("href") for a in shown.root.all("a")]
    assert item.get("href") not in links, "no item is recommended beside itself"
