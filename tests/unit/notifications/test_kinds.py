"""What sellers and operators are told of, and in which language."""

from datetime import timedelta
from typing import Any

import pytest

from commerce_core.accounts import ChangeAccount, Role
from commerce_core.catalog import ImportFormat, ItemPatch, ItemView, StockReceipt
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.notifications import Kind, OutgoingMessage
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import order, register, sell

ROWS = b'{"sku":"A","name":"Lamp","price":1,"quantity":1}\n{"sku":"B"}\n'


def sent(shop: MemoryShop, kind: Kind) -> list[OutgoingMessage]:
    return [message for message in shop.parts.mail.sent if message.kind is kind]


@pytest.mark.parametrize(("dry_run", "count"), [(False, 1), (True, 0)])
def test_a_seller_is_told_when_an_import_is_finished_unless_it_was_tried_only(
    shop: MemoryShop, dry_run: bool, count: int
) -> None:
    seller = register(shop, "seller")
    job = shop.imports.take(SellerId(seller.id), ImportFormat.NDJSON, [ROWS], dry_run=dry_run)
    shop.run_to_rest()
    found = sent(shop, Kind.IMPORT_FINISHED)
    assert [m.to.person for m in found] == [seller.id] * count
    assert all(f"/item-imports/{job.id}" in m.content.text for m in found)


def test_a_seller_is_told_once_a_day_that_few_pieces_are_left(shop: MemoryShop) -> None:
    seller, buyer = register(shop, "seller"), register(shop)
    lamp, plenty = sell(shop, 7, seller=seller), sell(shop, 100, seller=seller)
    for _ in range(2):
        order(shop, buyer, lamp)
        order(shop, buyer, plenty)
        shop.run_to_rest()
    assert [m.to.person for m in sent(shop, Kind.LOW_STOCK)] == [seller.id]
    shop.let_pass(timedelta(days=1))
    order(shop, buyer, lamp)
    shop.run_to_rest()
    assert len(sent(shop, Kind.LOW_STOCK)) == 2


def test_nobody_is_told_of_few_pieces_that_are_many_again(shop: MemoryShop) -> None:
    seller, buyer = register(shop, "seller"), register(shop)
    lamp = sell(shop, 3, seller=seller)
    order(shop, buyer, lamp)
    while shop.runner.run_once(9):
        pass
    while shop.relay.run_once(9):
        pass
    receipt = StockReceipt(quantity=50, reference="r")
    shop.items.receive(SellerId(seller.id), lamp.item.id, receipt)
    shop.run_to_rest()
    assert sent(shop, Kind.LOW_STOCK) == []


def test_every_operator_is_told_once_of_an_order_that_does_not_go_on(shop: MemoryShop) -> None:
    operators = [shop.accounts.grant(register(shop).email, Role.OPERATOR) for _ in range(2)]
    order(shop, register(shop), sell(shop))
    shop.clock.advance(timedelta(hours=2))
    for _ in range(3):
        shop.attention.run_once(10)
        shop.notification_sender.run_once(10)
    found = sent(shop, Kind.ORDER_NEEDS_ATTENTION)
    assert sorted(m.to.person for m in found) == sorted(o.id for o in operators)


def test_an_order_that_went_on_meanwhile_needs_nobody(shop: MemoryShop) -> None:
    shop.accounts.grant(register(shop).email, Role.OPERATOR)
    order(shop, register(shop), sell(shop))
    shop.clock.advance(timedelta(hours=2))
    shop.attention.run_once(10)
    shop.run_to_rest()
    assert sent(shop, Kind.ORDER_NEEDS_ATTENTION) == []


def test_messages_come_in_the_language_of_the_account(shop: MemoryShop) -> None:
    buyer, lamp = register(shop), sell(shop)
    shop.accounts.change(buyer.id, _change(locale="de-CH"))
    order(shop, buyer, lamp)
    shop.run_to_rest()
    assert {m.to.locale for m in sent(shop, Kind.ORDER_CONFIRMED)} == {"de-CH"}
    assert shop.accounts.change(buyer.id, _change(locale=None)).locale is None


@pytest.mark.parametrize("locale", ["", "german", "de_DE", "../en", "de-ch", "d"])
def test_what_is_no_language_is_refused(locale: str) -> None:
    with pytest.raises(Invalid):
        _change(locale=locale)


def _change(**said: Any) -> ChangeAccount:
    return reader("USD").read(said, ChangeAccount)


WISHES = (Kind.PRICE_DROPPED, Kind.BACK_IN_STOCK)


def wishing(shop: MemoryShop, lamp: ItemView, *kinds: Kind) -> str:
    """Somebody who has *lamp* on the wishlist and wants to be told of *kinds*."""
    ada = register(shop)
    shop.wishlists.add(BuyerId(ada.id), lamp.item.id)
    shop.notices.choose(ada.id, Role.BUYER, {kind: {"email": True} for kind in kinds})
    return ada.id


def priced(shop: MemoryShop, lamp: ItemView, price: str) -> None:
    seller = lamp.item.seller_id
    version = shop.items.details(lamp.item.id, seller).item.version
    shop.items.change(seller, lamp.item.id, ItemPatch(price=Money.parse(price, "USD")), version)
    shop.run_to_rest()


def counted(shop: MemoryShop, lamp: ItemView, quantity: int, reference: str) -> None:
    receipt = StockReceipt(quantity=quantity, reference=reference)
    shop.items.receive(lamp.item.seller_id, lamp.item.id, receipt)
    shop.run_to_rest()


def test_those_who_asked_are_told_that_a_wish_costs_less(shop: MemoryShop) -> None:
    lamp = sell(shop, 7)
    ada = wishing(shop, lamp, *WISHES)
    wishing(shop, lamp)
    register(shop)
    priced(shop, lamp, "0.01")
    (message,) = sent(shop, Kind.PRICE_DROPPED)
    assert message.to.person == ada
    assert message.unsubscribe is not None
    assert sent(shop, Kind.BACK_IN_STOCK) == []


def test_a_price_that_drops_again_is_told_once_a_day(shop: MemoryShop) -> None:
    lamp = sell(shop, 7)
    wishing(shop, lamp, *WISHES)
    for price in ("0.90", "0.80"):
        priced(shop, lamp, price)
    assert len(sent(shop, Kind.PRICE_DROPPED)) == 1
    shop.let_pass(timedelta(days=1))
    priced(shop, lamp, "0.70")
    assert len(sent(shop, Kind.PRICE_DROPPED)) == 2


@pytest.mark.parametrize("price", ["999.00", None])
def test_another_change_is_no_lower_price(shop: MemoryShop, price: str | None) -> None:
    lamp = sell(shop, 7)
    wishing(shop, lamp, *WISHES)
    seller = lamp.item.seller_id
    if price:
        priced(shop, lamp, price)
    else:
        shop.items.change(seller, lamp.item.id, ItemPatch(brand="Lux"), lamp.item.version)
        shop.run_to_rest()
    assert sent(shop, Kind.PRICE_DROPPED) == []


def test_a_price_that_went_up_again_before_it_was_told_is_not(shop: MemoryShop) -> None:
    lamp = sell(shop, 7)
    wishing(shop, lamp, *WISHES)
    seller, version = lamp.item.seller_id, lamp.item.version
    for price in ("0.01", "999.00"):
        cheap = ItemPatch(price=Money.parse(price, "USD"))
        version = shop.items.change(seller, lamp.item.id, cheap, version).item.version
    shop.run_to_rest()
    assert sent(shop, Kind.PRICE_DROPPED) == []


def test_those_who_asked_are_told_that_a_wish_is_back(shop: MemoryShop) -> None:
    lamp = sell(shop, 1)
    ada = wishing(shop, lamp, *WISHES)
    wishing(shop, lamp, Kind.PRICE_DROPPED)
    counted(shop, lamp, -1, "lost")
    assert sent(shop, Kind.BACK_IN_STOCK) == []
    counted(shop, lamp, 5, "found")
    assert [m.to.person for m in sent(shop, Kind.BACK_IN_STOCK)] == [ada]
    counted(shop, lamp, -5, "lost again")
    counted(shop, lamp, 5, "found again")
    assert len(sent(shop, Kind.BACK_IN_STOCK)) == 1, "at most one a day"


def test_of_many_who_wish_for_an_item_all_are_told(shop: MemoryShop) -> None:
    lamp = sell(shop, 7)
    people = {wishing(shop, lamp, *WISHES) for _ in range(450)}
    priced(shop, lamp, "0.01")
    assert {m.to.person for m in sent(shop, Kind.PRICE_DROPPED)} == people
