"""Failures of other shops that need a race: who gets the stock. Numbers are those of the acceptance
list.
"""

from collections import Counter
from itertools import cycle, islice

import pytest

from commerce_core.checkout import OutOfStock, Placed
from commerce_core.orders import OrderStatus
from tests.integration.market import DECLINED, Market, side_by_side


@pytest.mark.parametrize("stock", [50, 1])
def test_01_two_hundred_buyers_get_what_there_is_and_nobody_more(
    market: Market, stock: int
) -> None:
    lamp = market.item(stock)
    buyers = market.buyers(200)
    carts = [market.fill(buyer, (lamp, 1)) for buyer in buyers]
    results = side_by_side(
        lambda pair: market.place(*pair), list(zip(buyers, carts, strict=True)), threads=64
    )
    assert Counter(type(r) for r in results) == {Placed: stock, OutOfStock: 200 - stock}
    refused = next(r for r in results if isinstance(r, OutOfStock))
    assert refused.facts["lines"][0]["itemId"] == lamp.item.id
    market.run()
    assert market.stock_of(lamp) == 0
    market.assert_sound()


def test_02_what_ran_out_between_cart_and_checkout_is_refused_before_any_payment_call(
    market: Market,
) -> None:
    lamp = market.item(1)
    first, second = market.buyers(2)
    early, late = market.fill(first, (lamp, 1)), market.fill(second, (lamp, 1))
    placed = market.place(first, early)
    with pytest.raises(OutOfStock):
        market.place(second, late)
    market.run()
    assert market.outside.count("gateway.prepare") == 1
    assert [entry.order_id for entry in market.books(placed)] == [placed.key.order_id]


def test_04_a_compensated_order_leaves_the_stock_as_it_was(market: Market) -> None:
    lamp = market.item(5)
    (buyer,) = market.buyers(1)
    for quantity in (1, 3, 5):
        placed = market.place(buyer, market.fill(buyer, (lamp, quantity)), DECLINED)
        assert market.stock_of(lamp) == 5 - quantity
        market.run()
        assert market.order(placed).status is OrderStatus.CANCELLED
        assert market.stock_of(lamp) == 5
    market.assert_sound()


def test_05_carts_with_the_same_skus_in_opposite_order_lose_nothing(
    market: Market, scale: int
) -> None:
    lamp, desk = market.item(10_000, name="Lamp"), market.item(10_000, name="Desk")
    orders = 500 * scale
    buyers = market.buyers(orders)
    ways = islice(cycle([((lamp, 1), (desk, 1)), ((desk, 1), (lamp, 1))]), orders)
    carts = side_by_side(
        lambda pair: market.fill(pair[0], *pair[1]), list(zip(buyers, ways, strict=True))
    )
    results = side_by_side(
        lambda pair: market.place(*pair), list(zip(buyers, carts, strict=True)), threads=32
    )
    assert Counter(type(r) for r in results) == {Placed: orders}
    market.run()
    assert (market.stock_of(lamp), market.stock_of(desk)) == (10_000 - orders, 10_000 - orders)
    market.assert_sound()


def test_06_after_a_decline_another_card_buys_the_last_unit(market: Market) -> None:
    lamp = market.item(1)
    (buyer,) = market.buyers(1)
    declined = market.place(buyer, market.fill(buyer, (lamp, 1)), DECLINED)
    market.run()
    ended = market.order(declined)
    assert ended.cancellation is not None
    again = market.fill(buyer, (lamp, 1))
    assert ended.cancellation.cart_id == again.cart.id
    bought = market.place(buyer, again)
    market.run()
    assert market.order(bought).status is OrderStatus.COMPLETED
    market.assert_sound()


def test_07_the_hot_launch_sells_every_unit_once(market: Market, scale: int) -> None:
    units, crowd = 25 * scale, 250 * scale
    lamp = market.item(units)
    buyers = market.buyers(crowd)
    carts = side_by_side(lambda buyer: market.fill(buyer, (lamp, 1)), buyers, threads=64)
    results = side_by_side(
        lambda pair: market.place(*pair), list(zip(buyers, carts, strict=True)), threads=64
    )
    assert Counter(type(r) for r in results) == {Placed: units, OutOfStock: crowd - units}
    market.run()
    market.assert_sound()
