"""Parts of one's own: handed in or put in a provider's place they are surrounded as ours are, and
closed with the shop.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from dependency_injector import providers

from commerce_bootstrap.container import ShopContainer, build_shop
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings, load_settings
from commerce_bootstrap.shop import Shop
from commerce_cli.main import main
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.messaging import Consumer
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo, PaymentUnavailable, Prepared
from commerce_core.pricing import Adjustment, Charges, PricedLine
from commerce_core.search import Query
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway

QUICK: Final = timedelta(seconds=0.5)
CARD: Final = PaymentInfo(
    payment_type="card", card_no=CardNumber.from_text("4242424242424242"), expiry="12/40", cvc="123"
)


class Slow(MemoryGateway):
    """Takes for ever to prepare a payment."""

    def __init__(self) -> None:
        super().__init__(SettableClock())
        self.over = threading.Event()
        self.closed = 0

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        self.over.wait(30)
        return super().prepare(order_id, buyer_id, amount, payment)

    def close(self) -> None:
        self.over.set()
        self.closed += 1


@pytest.fixture
def gateway() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.over.set()


def handed_in(settings: Settings, gateway: Slow) -> Shop:
    return build_shop(settings, parts=partial(Parts, gateways={"slow": gateway}))


def overridden(settings: Settings, gateway: Slow) -> Shop:
    container = ShopContainer(settings=settings)
    container.gateways.override(providers.Object({"slow": gateway}))
    shop: Shop = container.shop()
    return shop


@pytest.mark.parametrize("given", [handed_in, overridden])
def test_a_gateway_of_ones_own_has_its_time_limit_its_figures_and_its_end(
    tmp_path: Path,
    on_database: dict[str, Any],
    gateway: Slow,
    given: Callable[[Settings, Slow], Shop],
) -> None:
    settings = Settings.in_folder(tmp_path, call_timeout=QUICK, **on_database)
    with given(settings, gateway) as shop:
        seller, buyer = (
            shop.accounts.register(
                Register(email=f"{role}@x.org", password="correct horse", name="P", role=role)
            )
            for role in ("seller", "buyer")
        )
        lamp = shop.items.onboard(
            SellerId(seller.id), NewItem(name="Lamp", price=Money(500, "USD"), quantity=3)
        )
        change = CartChange(
            shopper=Shopper(buyer_id=BuyerId(buyer.id)),
            quantities=(SetQuantity(item_id=lamp.item.id, quantity=1),),
        )
        cart = shop.carts.change(change)
        order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=CARD)
        with pytest.raises(PaymentUnavailable, match="has not answered within"):
            shop.checkout.place(buyer, order)
        counted = shop.registry.get_sample_value("commerce_group_items_count", {"batcher": "carts"})
        assert (counted, shop.registry.get_sample_value("commerce_dead_letters")) == (1, 0)
        assert gateway.closed == 0
    assert gateway.closed == 1


def test_on_a_server_gateways_that_are_handed_in_need_not_be_named(
    tmp_path: Path, shop_url: str, gateway: Slow
) -> None:
    unnamed = Settings(
        database_url=shop_url, search_url=f"tantivy:///{tmp_path}/search",
        carrier_url=f"sandbox:///{tmp_path}/carrier.db"
    )  # fmt: skip
    with pytest.raises(WrongSetting, match="COMMERCE_PAYMENT_URLS must be set"):
        build_shop(unnamed)
    handed_in(unnamed, gateway).close()
    assert gateway.closed == 1


class Flat(Charges):
    """Adds a dollar, and leaves a file behind when it is closed."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return [Adjustment(kind="shipping", code="flat", amount=Money(100, "USD"))]

    def close(self) -> None:
        self._place.write_text("closed")


def flat() -> "partial[Parts]":
    return partial(Parts, charges=Flat(Path("flat.txt").absolute()))


def nothing() -> None:
    """Returns no parts."""


def test_every_command_takes_the_parts_that_a_setting_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("var").mkdir()
    Path("var/shop.db").touch()
    monkeypatch.setenv("COMMERCE_PARTS", f"{__name__}:flat")
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert (ended.value.code, Path("flat.txt").read_text()) == (0, "closed")


def test_a_broker_that_is_handed_in_carries_events_whatever_the_address_says(
    tmp_path: Path,
) -> None:
    def opened(consumers: Sequence[Consumer]) -> MemoryBroker:
        return MemoryBroker(consumers, lambda _: None, SettableClock())

    settings = Settings.in_folder(tmp_path)
    with build_shop(settings, parts=partial(Parts, broker=opened)) as shop:
        assert not shop.deployment.delivers_inside
        seller = shop.accounts.register(
            Register(email="a@shop.example", password="correct horse", name="A", role="seller")
        )
        mug = shop.items.onboard(
            SellerId(seller.id), NewItem(name="Mug", price=Money.parse("9.90", "USD"), quantity=5)
        )
        while shop.relay.run_once(100):
            pass
        assert [hit.item_id for hit in shop.searches.find(Query(term="mug")).hits] == [mug.item.id]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (f"{__name__}:nothing", "must return partial"),
        (f"{__name__}:missing", "is not there"),
        ("no.such.module:parts", "No module named 'no'"),
        ("builtins", "must be module:function"),
    ],
)
def test_a_setting_that_names_no_parts_is_refused_in_one_sentence(
    tmp_path: Path, named: str, words: str
) -> None:
    with pytest.raises(WrongSetting, match=f"^COMMERCE_PARTS.*{words}"):
        build_shop(load_settings({"COMMERCE_PARTS": named}))
    assert not (tmp_path / "var").exists()
