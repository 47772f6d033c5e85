"""A shop forgets guests' carts and what has ended, and keeps what a promise rests on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings, load_settings
from commerce_core.accounts import LogIn, Register
from commerce_core.cart import CartView, SetQuantity
from commerce_core.cart.service import CartChange, Shopper, guest_id
from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_testkit.memory.clock import SettableClock
from commerce_worker.main import loops_of
from tests.integration.market import Market, open_market
from tests.postgres import ShopDatabases

DAY = timedelta(days=1)
PAGE = 1_000


@pytest.fixture(params=["sqlite", "postgresql"])
def market(
    request: pytest.FixtureRequest, tmp_path: Path, shop_databases: ShopDatabases
) -> Iterator[Market]:
    if request.param == "sqlite":
        with open_market(tmp_path, in_step=True) as market:
            yield market
        return
    with (
        shop_databases() as url,
        open_market(tmp_path, in_step=True, database_url=url) as market,
    ):
        yield market


def put(market: Market, shopper: Shopper, item_id: ItemId) -> CartView:
    wish = SetQuantity(item_id=item_id, quantity=1)
    return market.shop.carts.change(CartChange(shopper=shopper, quantities=(wish,)))


def forget(market: Market) -> None:
    while market.shop.retention.run_once(PAGE):
        pass


def rows(market: Market, table: str) -> int:
    with market.database.snapshot() as tx:
        count = tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    return int(count)


def pass_days(market: Market, days: int) -> None:
    clock = market.shop.clock
    assert isinstance(clock, SettableClock)
    clock.advance(timedelta(days=days))


def test_a_guests_cart_ends_after_thirty_idle_days_and_a_fresh_one_does_not(
    market: Market,
) -> None:
    item_id = market.item(9).item.id
    idle, back = (Shopper(buyer_id=guest_id(token)) for token in ("idle", "back"))
    put(market, idle, item_id)
    put(market, back, item_id)
    pass_days(market, 20)
    put(market, back, market.item(9).item.id)
    pass_days(market, 11)
    forget(market)
    assert rows(market, "cart") == 1
    assert market.shop.carts.view(idle).cart.lines == ()
    assert len(market.shop.carts.view(back).cart.lines) == 2
    assert len(put(market, idle, item_id).cart.lines) == 1


def test_a_buyers_cart_loses_its_lines_after_a_year_and_the_next_order_is_placed(
    market: Market,
) -> None:
    buyer, placed = market.buy(market.item(9))
    market.run()
    shopper = Shopper(buyer_id=BuyerId(buyer.id))
    put(market, shopper, market.item(9).item.id)
    pass_days(market, 364)
    forget(market)
    assert len(market.shop.carts.view(shopper).cart.lines) == 1
    pass_days(market, 2)
    forget(market)
    assert market.shop.carts.view(shopper).cart.lines == ()
    assert market.order(placed).status == "COMPLETED", "orders are kept"
    assert len(put(market, shopper, market.item(9).item.id).cart.lines) == 1
    assert market.shop.checker.check().violations == ()


def test_sessions_end_with_their_time_though_nobody_logs_in(market: Market) -> None:
    accounts = market.shop.accounts
    accounts.register(Register(email="a@example.org", password="correct horse", name="A"))
    accounts.log_in(LogIn(email="a@example.org", password="correct horse"))
    before = rows(market, "session")
    pass_days(market, 400)
    forget(market)
    assert (before > 0, rows(market, "session")) == (True, 0)


def test_the_timers_of_a_worker_forget(market: Market) -> None:
    assert "retention" in {loop.name for loop in loops_of(market.shop, ["timers"])}


def test_how_long_things_are_kept_is_set_in_days() -> None:
    settings = load_settings({"COMMERCE_GUEST_CART_DAYS": "7", "COMMERCE_HISTORY_DAYS": "1"})
    assert (settings.guest_cart_days, settings.cart_days, settings.history_days) == (7, 365, 1)
    assert Settings().guest_cart_days == 30
    with pytest.raises(WrongSetting, match="COMMERCE_CART_DAYS"):
        load_settings({"COMMERCE_CART_DAYS": "0"})
