"""Models are built step by step, beside the one that serves."""

from datetime import timedelta

import attrs
import pytest

from commerce_core.accounts import Account, ChangeAccount
from commerce_core.catalog import ItemView
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.ids import ItemId
from commerce_core.recommendations import Model, ModelStatus
from commerce_core.recommendations.service.build import ModelBuilder
from commerce_core.recommendations.service.recommend import Audience
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import DECLINED_CARD, GOOD_CARD, fill, pay, register, sell

LEASE = timedelta(seconds=61)
A_DAY = timedelta(days=1)


def builder_of(shop: MemoryShop) -> ModelBuilder:
    """What another process builds with."""
    parts = shop.parts
    return ModelBuilder(parts.database, parts.recommending, parts.accounts, parts.clock, parts.ids)


def work_off(builder: ModelBuilder) -> None:
    while builder.run_once(1):
        pass


def buy(
    shop: MemoryShop, *items: ItemView, buyer: Account | None = None, number: str = GOOD_CARD
) -> Account:
    buyer = buyer or register(shop)
    cart_id = fill(shop, buyer, *((item, 1) for item in items))
    pay(shop, buyer, cart_id, f"{5 * len(items)}.00", number=number)
    shop.run_to_rest()
    return buyer


def serving(shop: MemoryShop) -> Model | None:
    with shop.parts.database.snapshot() as tx:
        return shop.parts.recommending.models.current(tx)


def beside(shop: MemoryShop, item: ItemView) -> dict[ItemId, str]:
    found = shop.recommendations.beside(Audience(), item.item.id, 20)
    return {one.offer.item_id: one.kind.value for one in found}


@pytest.fixture
def pair(shop: MemoryShop) -> tuple[ItemView, ItemView]:
    """Two items that were bought together by two people."""
    lamp, bulb = sell(shop, name="Lamp"), sell(shop, name="Bulb")
    for _ in range(2):
        buy(shop, lamp, bulb)
    shop.let_pass(LEASE)
    return lamp, bulb


def test_a_model_is_built_when_an_order_is_new(
    shop: MemoryShop, pair: tuple[ItemView, ItemView]
) -> None:
    first = serving(shop)
    assert first is not None
    assert (first.orders, first.items) == (2, 2)
    shop.let_pass(A_DAY)
    assert serving(shop) == first
    buy(shop, *pair)
    shop.let_pass(LEASE)
    second = serving(shop)
    assert second is not None
    assert (second.orders, second.id != first.id) == (3, True)


def test_orders_that_were_undone_teach_nothing(shop: MemoryShop) -> None:
    lamp, bulb = sell(shop, name="Lamp"), sell(shop, name="Bulb")
    buy(shop, lamp, bulb, number=DECLINED_CARD)
    shop.let_pass(LEASE)
    model = serving(shop)
    assert model is None or model.orders == 0


@pytest.mark.parametrize("steps", range(6))
def test_who_is_killed_at_any_step_is_followed_by_another_and_the_old_model_serves(
    shop: MemoryShop, pair: tuple[ItemView, ItemView], steps: int
) -> None:
    lamp, bulb = pair
    before = serving(shop)
    killed, heir = builder_of(shop), builder_of(shop)
    wanted = killed.request()
    for _ in range(steps):
        killed.run_once(1)
    if serving(shop) == before:  # it was killed in the middle
        assert beside(shop, lamp) == {bulb.item.id: "bought-with"}
        if steps:
            work_off(heir)
            assert serving(shop) == before, "a lease is held"
    shop.clock.advance(LEASE)
    work_off(heir)
    after = serving(shop)
    assert after is not None
    assert (after.id, after.status, after.orders) == (wanted.id, ModelStatus.READY, 2)
    assert beside(shop, lamp) == {bulb.item.id: "bought-with"}


def test_who_comes_back_late_writes_nothing(
    shop: MemoryShop, pair: tuple[ItemView, ItemView]
) -> None:
    late, heir = builder_of(shop), builder_of(shop)
    late.request()
    late.run_once(1)
    shop.clock.advance(LEASE)
    assert heir.run_once(1)
    with pytest.raises(TransactionLost):
        work_off(late)
    work_off(heir)
    after = serving(shop)
    assert after is not None
    assert after.orders == 2


def test_models_that_served_before_lose_their_items(
    shop: MemoryShop, pair: tuple[ItemView, ItemView]
) -> None:
    first = serving(shop)
    assert first is not None
    shop.model_builder.request()
    shop.run_to_rest()
    shop.let_pass(LEASE)
    with shop.parts.database.snapshot() as tx:
        models = shop.parts.recommending.models
        assert models.learnt(tx, first.id, [view.item.id for view in pair]) == {}
        assert models.outdated(tx) == []


def test_who_does_not_want_it_teaches_nothing(
    shop: MemoryShop, pair: tuple[ItemView, ItemView]
) -> None:
    lamp, _ = pair
    mug = sell(shop, name="Mug")
    buyer = buy(shop, lamp, mug)
    shop.let_pass(LEASE)
    assert beside(shop, mug)[lamp.item.id] == "bought-with"
    shop.accounts.change(buyer.id, ChangeAccount(personalised=False))
    shop.model_builder.request()
    shop.run_to_rest()
    assert "bought-with" not in beside(shop, mug).values()


def test_without_counting_what_is_popular_is_known_all_the_same(
    shop: MemoryShop, pair: tuple[ItemView, ItemView]
) -> None:
    parts = shop.parts
    popular = attrs.evolve(parts.recommending, count=None)
    alone = ModelBuilder(parts.database, popular, parts.accounts, parts.clock, parts.ids)
    alone.request()
    work_off(alone)
    kinds = {one.kind.value for one in shop.recommendations.home(Audience(), 20)}
    assert kinds == {"popular"}
