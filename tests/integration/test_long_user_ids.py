"""Buyers and sellers known by ids of another system, as long as they may be, from cart to
retention; and longer ones, which no door lets in.
"""

from datetime import timedelta
from typing import Any, Final

import pytest

from commerce_core.accounts import Buyer
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper, guest_id
from commerce_core.catalog import ImportFormat, NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, SellerId, UnusableId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderStatus
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_core.search import Query
from commerce_testkit.memory.clock import SettableClock
from tests.integration.market import GOOD, Market

BUYER: Final = BuyerId("auth0|" + "b" * 57 + "~")
SELLER: Final = SellerId("s" * 64)
#: Like it up to the last character: what cuts ids short takes them for one.
NEIGHBOUR: Final = BuyerId(BUYER[:63] + "!")


def buy(market: Market, buyer: BuyerId, item_id: Any) -> Any:
    shopper = Shopper(buyer_id=buyer, guest_id=guest_id(f"token of {buyer}"))
    wish = SetQuantity(item_id=item_id, quantity=1)
    cart = market.shop.carts.change(CartChange(shopper=shopper, quantities=(wish,)))
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(GOOD))
    command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
    return market.shop.checkout.place(Buyer(id=buyer), command, "key")


def test_ids_of_64_characters_go_from_cart_to_retention(stepped: Market) -> None:
    shop = stepped.shop
    assert len(BUYER) == len(SELLER) == len(NEIGHBOUR) == 64
    new = NewItem(name="Lamp", price=Money.parse("9.90", "USD"), quantity=9)
    item = shop.items.onboard(SELLER, new)
    placed = [buy(stepped, buyer, item.item.id) for buyer in (BUYER, NEIGHBOUR)]
    cancelled = buy(stepped, BuyerId("c" * 64), item.item.id)
    shop.cancellations.cancel(cancelled.key.buyer_id, cancelled.key.order_id)
    stepped.run()
    assert [stepped.order(each).status for each in (*placed, cancelled)] == [
        OrderStatus.COMPLETED, OrderStatus.COMPLETED, OrderStatus.CANCELLED,
    ]  # fmt: skip
    for buyer, its in zip((BUYER, NEIGHBOUR), placed, strict=True):
        (view,) = shop.orders.history(buyer, None, 10).items
        assert (view.order.id, view.order.buyer_id) == (its.key.order_id, buyer)
        assert view.order.lines[0].seller_id == SELLER
    assert len(shop.orders.seller_history(SELLER, None, 10).items) == 3
    (hit,) = shop.searches.find(Query(term="lamp", seller_id=SELLER)).hits
    assert hit.item_id == item.item.id
    shop.imports.begin(SELLER, ImportFormat.JSON)
    assert stepped.rows("SELECT seller_id FROM item_import") == [(SELLER,)]
    stepped.assert_sound()


def test_what_such_a_buyer_leaves_is_forgotten_as_any_others(stepped: Market) -> None:
    item = stepped.item(5)
    wish = SetQuantity(item_id=item.item.id, quantity=1)
    for buyer in (BUYER, guest_id("somebody's token")):
        change = CartChange(shopper=Shopper(buyer_id=buyer), quantities=(wish,))
        stepped.shop.carts.change(change)
    clock = stepped.shop.clock
    assert isinstance(clock, SettableClock)
    for days, lines in ((31, 1), (365, 0)):
        clock.advance(timedelta(days=days))
        while stepped.shop.retention.run_once(100):
            pass
        assert len(stepped.shop.carts.view(Shopper(buyer_id=BUYER)).cart.lines) == lines
    assert stepped.rows("SELECT buyer_id FROM cart") == [(BUYER,)]


@pytest.mark.parametrize("wrong", ["x" * 65, "", "a\nb", "a\x00b", "a b"])
def test_no_other_id_comes_in(stepped: Market, wrong: str) -> None:
    new = NewItem(name="Lamp", price=Money.parse("9.90", "USD"), quantity=9)
    for door in (
        lambda: Shopper(buyer_id=BuyerId(wrong)),
        lambda: Buyer(id=wrong),
        lambda: stepped.shop.items.onboard(SellerId(wrong), new),
        lambda: stepped.shop.imports.begin(SellerId(wrong), ImportFormat.JSON),
    ):
        with pytest.raises(UnusableId, match="a user's id has 1 to 64 letters"):
            door()
    assert stepped.rows("SELECT count(*) FROM item") == [(0,)]
