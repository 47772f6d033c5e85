"""Failures of other shops that need a race: one order, once. Numbers are those of the acceptance
list.
"""

from collections import Counter

import pytest

from commerce_core.cart import CartStatus, SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.checkout import AmountMismatch, CartChanged, CartNotFound, Placed
from commerce_core.kernel.ids import BuyerId
from commerce_core.orders import OrderStatus, TooLateToCancel
from tests.integration.market import Market, Send, side_by_side


def test_13_a_double_click_makes_one_order(market: Market) -> None:
    lamp = market.item(100)
    (buyer,) = market.buyers(1)
    cart = market.fill(buyer, (lamp, 1))
    results = side_by_side(
        lambda key: market.place(buyer, cart, key=key),
        ["key-1"] * 10 + ["key-2"] * 10 + [None] * 10,
        threads=30,
    )
    assert {r.key.order_id for r in results if isinstance(r, Placed)} == {results[0].key.order_id}
    assert Counter(type(r) for r in results) == {Placed: 30}
    assert sum(not r.replayed for r in results) == 1
    market.run()
    assert market.stock_of(lamp) == 99
    market.assert_sound()


def test_36_a_cart_that_is_edited_while_it_is_being_paid_becomes_the_edit_or_the_order(
    market: Market,
) -> None:
    lamp = market.item(1_000)
    for buyer in market.buyers(40):
        cart = market.fill(buyer, (lamp, 1))
        shopper = Shopper(buyer_id=BuyerId(buyer.id))
        edit = CartChange(
            shopper=shopper, quantities=(SetQuantity(item_id=lamp.item.id, quantity=3),)
        )

        def act(verb: str, buyer=buyer, cart=cart, edit=edit) -> object:
            return market.place(buyer, cart) if verb == "pay" else market.shop.carts.change(edit)

        paid, edited = side_by_side(act, ["pay", "edit"], threads=2)
        if isinstance(
            paid, Placed
        ):  # the order has the goods that were shown; an edit that came later fills the next cart
            assert [line.quantity for line in market.order(paid).order.lines] == [1]
            assert edited.cart.id != cart.cart.id or edited.cart.status is CartStatus.OPEN
        else:
            assert isinstance(paid, (AmountMismatch, CartNotFound))
            assert [line.quantity for line in edited.cart.lines] == [3]
    market.run()
    market.assert_sound()


def test_36_goods_swapped_for_others_of_the_same_price_during_preparation_are_not_ordered(
    stepped: Market,
) -> None:
    (lamp, vase), (buyer,) = (stepped.item(5), stepped.item(5, name="Vase")), stepped.buyers(1)
    cart = stepped.fill(buyer, (lamp, 1))

    def swap_first(name: str, send: Send) -> object:
        if name == "gateway.prepare":
            stepped.fill(buyer, (lamp, 0), (vase, 1))
        return send()

    stepped.outside.rule = swap_first
    with pytest.raises(CartChanged):
        stepped.place(buyer, cart)
    stepped.outside.rule = lambda name, send: send()
    assert (
        stepped.stock_of(lamp),
        stepped.stock_of(vase),
        stepped.rows("SELECT id FROM orders"),
    ) == (5, 5, [])
    placed = stepped.place(buyer, cart)
    assert [line.item_id for line in stepped.order(placed).order.lines] == [vase.item.id]


def test_18_a_cancellation_that_is_accepted_undoes_the_order_whoever_is_quicker(
    market: Market,
) -> None:
    lamp = market.item(1_000)
    buyers = market.buyers(60)
    placed = [market.place(buyer, market.fill(buyer, (lamp, 1))) for buyer in buyers]

    def act(task: object) -> object:
        if callable(task):
            return task()
        buyer, order = task  # type: ignore[misc]
        return market.shop.cancellations.cancel(BuyerId(buyer.id), order.key.order_id)

    orders = zip(buyers, placed, strict=True)
    results = side_by_side(act, [market.run, market.run_sagas, *orders], threads=8)[2:]
    market.run()
    for order, answer in zip(placed, results, strict=True):
        status = market.order(order).status
        assert status is (
            OrderStatus.COMPLETED if isinstance(answer, TooLateToCancel) else OrderStatus.CANCELLED
        )
    market.assert_sound()


def test_17_several_runners_on_one_database_charge_each_order_once(market: Market) -> None:
    lamp = market.item(1_000)
    buyers = market.buyers(200)
    placed = [market.place(buyer, market.fill(buyer, (lamp, 1))) for buyer in buyers]
    side_by_side(lambda run: run(), [market.run, *[market.run_sagas] * 7], threads=8)
    market.run()
    assert {market.order(order).status for order in placed} == {OrderStatus.COMPLETED}
    market.assert_sound()
