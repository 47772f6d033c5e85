"""Several processes on one PostgreSQL: each a shop of its own with its own pool, groups and
runners, as `commerce serve` has them.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from commerce_core.checkout import OutOfStock, Placed
from commerce_core.orders import OrderStatus
from commerce_sqlalchemy.tables import reindex
from tests.integration.market import DECLINED, GOOD, Market, open_market, side_by_side

SHOPS = 3


@pytest.fixture
def markets(tmp_path: Path, shop_url: str) -> Iterator[list[Market]]:
    """Shops with one database and one sandbox between them."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(open_market(tmp_path, database_url=shop_url)) for _ in range(SHOPS)
        ]


def deadlocks_of(markets: list[Market]) -> list[BaseException]:
    """Every deadlock that one of them meets from now on."""
    met: list[BaseException] = []

    def note(context: Any) -> None:
        if isinstance(context.original_exception, psycopg.errors.DeadlockDetected):
            met.append(context.original_exception)

    for market in markets:
        sa.event.listen(market.database.engine, "handle_error", note, insert=True)
    return met


def finish(markets: list[Market]) -> None:
    """Carry every order on, in all processes at once and in two threads of each, of which one
    takes its messages: a queue is for one thread at a time. Then whatever one of them left for
    the relay of another that had ended.
    """
    jobs = [partial(run, market) for run in (Market.run, Market.run_sagas) for market in markets]
    side_by_side(lambda job: job(), jobs, threads=2 * SHOPS)
    for market in markets * 2:
        market.run()


def test_05_processes_that_place_carts_with_the_same_skus_lose_nothing(
    markets: list[Market], scale: int
) -> None:
    first, met = markets[0], deadlocks_of(markets)
    items = [first.item(100_000, name=f"Thing {no}") for no in range(4)]
    orders = 450 * scale
    buyers = first.buyers(orders)
    baskets = cycle(
        [tuple((item, 1) for item in way) for way in (items, items[::-1], items[1:] + items[:1])]
    )
    tasks = list(zip(cycle(markets), buyers, baskets, cycle([GOOD, GOOD, DECLINED]), strict=False))

    def order(task: tuple) -> Placed:
        market, buyer, basket, card = task
        return market.place(buyer, market.fill(buyer, *basket), card)

    with ThreadPoolExecutor(SHOPS) as running:  # sagas are carried on while orders are placed
        placed = side_by_side(order, tasks, threads=24)
        for done in [running.submit(market.run) for market in markets]:
            done.result(60 * scale)
    assert Counter(type(r) for r in placed) == {Placed: orders}
    finish(markets)
    kept = sum(card == GOOD for *_, card in tasks)
    assert {first.stock_of(item) for item in items} == {100_000 - kept}
    first.assert_sound()
    assert met == [], "every statement takes its locks in one order"


def test_07_processes_that_sell_one_hot_item_sell_every_unit_once(
    markets: list[Market], scale: int
) -> None:
    units, crowd = 40 * scale, 240 * scale
    lamp = markets[0].item(units)
    buyers = markets[0].buyers(crowd)

    def buy(task: tuple) -> Placed:
        market, buyer = task
        return market.place(buyer, market.fill(buyer, (lamp, 1)))

    results = side_by_side(buy, list(zip(cycle(markets), buyers, strict=False)), threads=24)
    assert Counter(type(r) for r in results) == {Placed: units, OutOfStock: crowd - units}
    finish(markets)
    markets[0].assert_sound()


def test_13_one_request_sent_to_every_process_makes_one_order(markets: list[Market]) -> None:
    lamp = markets[0].item(100)
    for buyer in markets[0].buyers(10):
        cart = markets[0].fill(buyer, (lamp, 1))
        results = side_by_side(
            lambda market, buyer=buyer, cart=cart: market.place(buyer, cart, key="once"),
            markets * 3,
            threads=9,
        )
        assert len({r.key.order_id for r in results}) == 1
    finish(markets)
    assert markets[0].stock_of(lamp) == 90
    markets[0].assert_sound()


def test_17_runners_in_several_processes_charge_each_order_once(markets: list[Market]) -> None:
    lamp = markets[0].item(1_000)
    placed = [
        markets[0].place(buyer, markets[0].fill(buyer, (lamp, 1)))
        for buyer in markets[0].buyers(120)
    ]
    finish(markets)
    assert {markets[0].order(order).status for order in placed} == {OrderStatus.COMPLETED}
    assert Counter(markets[0].money(*placed)) == {"capture": 120}
    markets[0].assert_sound()


def test_processes_that_all_find_no_index_ask_for_one_rebuild(
    markets: list[Market], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = Barrier(SHOPS)
    # Nobody asks before everybody has looked.
    monkeypatch.setattr(
        type(markets[0].shop.index), "needs_rebuild", property(lambda _: looking.wait(30) >= 0)
    )
    assert (
        side_by_side(lambda market: market.shop.reindexer.ensure(), markets, threads=SHOPS)
        == [None] * SHOPS
    )
    with markets[0].database.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(reindex)) == 1
