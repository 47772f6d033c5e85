"""The composition: everything can be built from every shipped configuration, and start-up refuses
what would break a promise.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import pytest
from dependency_injector import providers

from commerce_bootstrap import builders
from commerce_bootstrap.container import ShopContainer, build_shop
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderStatus
from commerce_core.refunds import Origin, RefundOrder
from commerce_core.refunds.service import Requester
from commerce_sqlalchemy import sqlite
from tests.fullstack import full_settings
from tests.integration.market import open_market
from tests.servers import SharedServers


def two_gateways(folder: Path, *names: str) -> dict[str, Any]:
    """Sandboxes called *names*, the first being the default, each with books of its own."""
    return {"payment_urls": tuple(f"sandbox:///{folder}/{name}.db?name={name}" for name in names)}


def paid_into(folder: Path, account: str) -> dict[str, Any]:
    """A sandbox whose handles call the account that is paid into so."""
    return {"payment_urls": (f"sandbox:///{folder}/books.db?account={account}",)}


_LOCAL: Final = {"index": "commerce_tantivy", "broker": "commerce_local"}
#: Every way in which the shop is shipped: what is set beside the folder, and the packages that its
#: parts are to come from.
CONFIGURATIONS: Final[Mapping[str, tuple[Callable[..., dict[str, Any]], Mapping[str, str]]]] = {
    "embedded": (lambda *_: {}, _LOCAL | {"clock": "commerce_local"}),
    "two gateways": (lambda folder, *_: two_gateways(folder, "first", "second"), _LOCAL),
    "postgresql": (
        lambda _, *servers: {"database_url": full_settings(*servers)["database_url"]},
        _LOCAL | {"clock": "commerce_sqlalchemy"},
    ),
    "full stack": (
        lambda _, *servers: full_settings(*servers),
        {
            "index": "commerce_opensearch",
            "broker": "commerce_rabbitmq",
            "clock": "commerce_sqlalchemy",
        },
    ),
}


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_provider_can_be_built(
    configuration: str, tmp_path: Path, shared_servers: SharedServers
) -> None:
    configured, packages = CONFIGURATIONS[configuration]
    with ExitStack() as stack:
        settings = configured(tmp_path, stack, shared_servers)
        build_everything(Settings.in_folder(tmp_path, **settings), packages)


def build_everything(settings: Settings, packages: Mapping[str, str]) -> None:
    """Build whatever the container has for *settings*; its parts come from *packages*."""
    container = ShopContainer(settings=settings)
    try:
        built = {name: provider() for name, provider in container.providers.items()}
        assert len(built) > 24
        found = {**built, "broker": built["shop"].broker}
        assert {part: type(found[part]).__module__.partition(".")[0] for part in packages} == (
            packages
        )
        missing = {name for name, part in built.items() if part is None}
        # There is one where threads take turns, where orders are numbered, and where the host has a
        # database of its own.
        assert missing <= {"serializer", "numbers", "database"}
        once = [
            name
            for name, provider in container.providers.items()
            if isinstance(provider, providers.Singleton)
        ]
        assert [name for name in once if container.providers[name]() is not built[name]] == []
    finally:
        container.closing().close()


def test_38_an_order_goes_on_at_the_gateway_where_it_began_though_another_is_the_default_now(
    tmp_path: Path,
) -> None:
    with open_market(tmp_path, **two_gateways(tmp_path, "old")) as market:
        _, placed = market.buy(market.item(3))
        assert market.order(placed).order.handle.gateway == "old"
    with open_market(tmp_path, **two_gateways(tmp_path, "new", "old")) as market:
        market.run()
        assert market.order(placed).status is OrderStatus.COMPLETED
        taken = {
            name: len(gateway.books([placed.key.order_id]))
            for name, gateway in market.container.gateways().items()
        }
        assert taken == {"new": 0, "old": 1}
        market.assert_sound()


def test_a_shop_that_is_closed_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = {*threading.enumerate()}
    with build_shop(Settings.in_folder(tmp_path)) as shop:
        shop.accounts.register(
            Register(email="a@example.org", password="correct horse", name="A", role="buyer")
        )
    assert [t.name for t in threading.enumerate() if t not in before] == []


def test_38_a_shop_does_not_open_without_the_gateway_of_an_unfinished_order(tmp_path: Path) -> None:
    with open_market(tmp_path, **two_gateways(tmp_path, "old")) as market:
        _, placed = market.buy(market.item(3))
    settings = Settings.in_folder(tmp_path, **two_gateways(tmp_path, "new"))
    with pytest.raises(WrongSetting, match="COMMERCE_PAYMENT_URLS lacks old"):
        build_shop(settings)
    with open_market(tmp_path, **two_gateways(tmp_path, "old")) as market:
        market.run()
        assert market.order(placed).status is OrderStatus.COMPLETED
    build_shop(settings).close()


def test_38_a_shop_does_not_open_at_another_account_than_that_of_an_unfinished_order(
    tmp_path: Path,
) -> None:
    with open_market(tmp_path, **paid_into(tmp_path, "first")) as market:
        _, placed = market.buy(market.item(3))
        assert market.order(placed).order.handle.account == "first"
    settings = Settings.in_folder(tmp_path, **paid_into(tmp_path, "second"))
    with pytest.raises(
        WrongSetting,
        match="sandbox is account second, and unfinished orders are paid at its account first",
    ):
        build_shop(settings)
    with open_market(tmp_path, **paid_into(tmp_path, "first")) as market:
        market.run()
        assert market.order(placed).status is OrderStatus.COMPLETED
    build_shop(settings).close()


def test_a_shop_does_not_open_at_another_account_than_that_of_an_open_refund(
    tmp_path: Path,
) -> None:
    with open_market(tmp_path, **paid_into(tmp_path, "first")) as market:
        _, placed = market.buy(market.item(3))
        market.run()
        wish = RefundOrder(amount=Money(100, "USD"), reason="a scratch")
        by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-1")
        market.shop.refunds.request(placed.key.order_id, wish, by)
    settings = Settings.in_folder(tmp_path, **paid_into(tmp_path, "second"))
    with pytest.raises(
        WrongSetting,
        match="sandbox is account second, and refunds are under way at its account first",
    ):
        build_shop(settings)
    with open_market(tmp_path, **paid_into(tmp_path, "first")) as market:
        market.shop.refund_runner.run_once(10)
    build_shop(settings).close()


def test_a_shop_does_not_open_without_the_carrier_of_an_unfinished_order(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        market.buy(market.item(3))
        with market.database.begin() as tx:
            tx.connection.exec_driver_sql("UPDATE saga SET carrier = 'pigeon'")
            tx.commit()
    with pytest.raises(WrongSetting, match="COMMERCE_CARRIER_URL lacks pigeon"):
        build_shop(Settings.in_folder(tmp_path))


def test_14_a_database_that_would_not_keep_what_it_was_told_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_write_ahead", lambda _: None)
    with (
        ExitStack() as closing,
        pytest.raises(WrongSetting, match="does not let SQLite write durably"),
    ):
        builders.build_storage(Settings.in_folder(tmp_path), closing)


def test_two_gateways_cannot_have_one_name(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="two gateways old"):
        build_shop(Settings.in_folder(tmp_path, **two_gateways(tmp_path, "old", "old")))


def test_a_guests_token_is_known_to_every_process_of_the_shop_and_to_no_other_shop(
    on_database: dict[str, Any], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(closing(build_shop(Settings.in_folder(tmp_path, **on_database))))
            for _ in range(2)
        )
        stranger = stack.enter_context(closing(build_shop(Settings.in_folder(tmp_path / "other"))))
        token = one.guest_tokens.new()
        assert two.guest_tokens.knows(token)
        assert one.guest_tokens.knows(two.guest_tokens.new())
        assert not stranger.guest_tokens.knows(token)
