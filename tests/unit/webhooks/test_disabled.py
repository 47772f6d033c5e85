"""Who hears that an endpoint was disabled, and who does not."""

from datetime import timedelta
from functools import partial

import pytest

from commerce_core.accounts import Role
from commerce_core.assembly import Parts
from commerce_core.catalog import ItemChanged
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.messaging import envelope
from commerce_core.notifications import Kind, OutgoingMessage
from commerce_core.webhooks import Answer, ChangeEndpoint, Endpoint, NewEndpoint
from commerce_core.webhooks.service import WebhookLimits, WebhookParts
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import register, sell

ITEM = "catalog.item_changed.v1"
URL = "https://hooks.example.com/commerce?token=t0p"


@pytest.fixture
def noted() -> list[tuple[str, str]]:
    """What those who run the shop hear."""
    return []


@pytest.fixture
def shop(noted: list[tuple[str, str]]) -> MemoryShop:
    parts = MemoryParts()
    hooks = WebhookParts(
        repo=parts.webhooks,
        receivers=parts.receivers,
        limits=WebhookLimits(waiting=5),
        note_disabled=lambda *said: noted.append(said),
    )
    return memory_shop(parts, partial(Parts, webhooks=hooks))


def follow(shop: MemoryShop, owner: str | None) -> Endpoint:
    seller = None if owner is None else SellerId(owner)
    return shop.webhooks.create(seller, NewEndpoint(url=URL, events=(ITEM,)))[0]


def happens(shop: MemoryShop, item_id: str, times: int = 1) -> None:
    changed = ItemChanged(item_id=ItemId(item_id), version=1)
    for _ in range(times):
        shop.webhook_queueing.handle(
            [envelope(changed, id=shop.parts.ids.new(), at=shop.clock.now())]
        )


def told(shop: MemoryShop) -> list[OutgoingMessage]:
    shop.run_to_rest()
    return [m for m in shop.parts.mail.sent if m.kind is Kind.WEBHOOK_DISABLED]


def test_a_seller_is_told_once_that_the_endpoint_is_gone_and_by_no_address_of_it(
    shop: MemoryShop, noted: list[tuple[str, str]]
) -> None:
    seller, other = register(shop, "seller"), register(shop, "seller")
    follow(shop, other.id)
    shop.accounts.grant(register(shop).email, Role.OPERATOR)
    item = sell(shop, 7, seller=seller)
    shop.run_to_rest()
    endpoint = follow(shop, seller.id)
    shop.parts.receivers.answer = lambda _: Answer(status=410)
    happens(shop, item.item.id)
    (message,) = told(shop)
    assert message.to.person == seller.id
    assert f"/webhook-endpoints/{endpoint.id}" in message.content.text
    kept = repr(shop.parts.database.tables)
    assert ("hooks.example.com" in kept, "t0p" in kept) == (True, False)
    assert len(told(shop)) == 1
    assert noted == [(endpoint.id, "gone")]


def test_each_time_that_it_is_disabled_is_told(shop: MemoryShop) -> None:
    shop.accounts.grant(register(shop).email, Role.OPERATOR)
    endpoint = follow(shop, None)
    shop.parts.receivers.answer = lambda _: Answer(status=410)
    for count in (1, 2):
        happens(shop, f"item {count}")
        assert len(told(shop)) == count
        shop.webhooks.change(None, endpoint.id, ChangeEndpoint(enabled=True))
        shop.clock.advance(timedelta(minutes=1))


def test_every_operator_is_told_of_an_endpoint_of_the_shop_that_failed_for_three_days(
    shop: MemoryShop,
) -> None:
    operators = {shop.accounts.grant(register(shop).email, Role.OPERATOR).id for _ in range(2)}
    follow(shop, None)
    shop.parts.receivers.answer = lambda _: Answer(status=500)
    happens(shop, "a")
    assert told(shop) == []
    for _ in range(12):
        shop.clock.advance(timedelta(hours=8))
        shop.run_to_rest()
    assert {m.to.person for m in told(shop)} == operators
    assert len(told(shop)) == len(operators)


def test_who_has_too_many_waiting_is_told_as_well(
    shop: MemoryShop, noted: list[tuple[str, str]]
) -> None:
    operator = shop.accounts.grant(register(shop).email, Role.OPERATOR)
    endpoint = follow(shop, None)
    happens(shop, "a", 6)
    assert noted == [(endpoint.id, "too-many-waiting")]
    assert [m.to.person for m in told(shop)] == [operator.id]


def test_an_owner_who_disables_it_need_not_be_told(
    shop: MemoryShop, noted: list[tuple[str, str]]
) -> None:
    shop.accounts.grant(register(shop).email, Role.OPERATOR)
    endpoint = follow(shop, None)
    shop.webhooks.change(None, endpoint.id, ChangeEndpoint(enabled=False))
    assert (told(shop), noted) == ([], [])
