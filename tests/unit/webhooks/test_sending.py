"""Events become deliveries, which are sent in order, repeated, given up, and signed."""

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from commerce_core.accounts import Account
from commerce_core.assembly import Parts
from commerce_core.catalog import ItemChanged
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.messaging import envelope
from commerce_core.webhooks import (
    EVENTS,
    TRIED_FOR,
    Answer,
    ChangeEndpoint,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointDisabled,
    EndpointNotFound,
    EndpointStatus,
    NewEndpoint,
    Post,
    TooManyEndpoints,
    pause_after,
)
from commerce_core.webhooks.service import SigningSecrets, WebhookLimits, WebhookParts
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import order, register, sell

URL = "https://hooks.example.com/commerce"
ITEM = "catalog.item_changed.v1"
FAILED, TAKEN, GONE = Answer(status=500), Answer(status=204), Answer(status=410)
DAY = timedelta(days=1)


def shop_with(**more: Any) -> MemoryShop:
    """A shop whose webhooks stand on *more*."""
    parts = MemoryParts()
    hooks = WebhookParts(repo=parts.webhooks, receivers=parts.receivers, **more)
    return memory_shop(parts, partial(Parts, webhooks=hooks))


def follow(
    shop: MemoryShop, owner: SellerId | None = None, events: Sequence[str] = EVENTS, url: str = URL
) -> tuple[Endpoint, str]:
    command = reader("USD").read({"url": url, "events": list(events)}, NewEndpoint)
    return shop.webhooks.create(owner, command)


def happens(shop: MemoryShop, *item_ids: str) -> None:
    """Items change, one event each."""
    shop.webhook_queueing.handle(
        [
            envelope(
                ItemChanged(item_id=ItemId(item_id), version=1),
                id=shop.parts.ids.new(),
                at=shop.clock.now(),
            )
            for item_id in item_ids
        ]
    )


def work(shop: MemoryShop) -> None:
    while shop.webhook_sender.run_once(100):
        pass


def bodies(shop: MemoryShop) -> list[Any]:
    return [json.loads(post.body) for post in shop.parts.receivers.posts]


def subjects(shop: MemoryShop) -> list[str]:
    return [body["data"]["item_id"] for body in bodies(shop)]


def now(shop: MemoryShop, endpoint: Endpoint, owner: SellerId | None = None) -> Endpoint:
    return shop.webhooks.details(owner, endpoint.id)


def statuses(shop: MemoryShop, endpoint: Endpoint) -> list[str]:
    page = shop.webhooks.deliveries(None, endpoint.id, None, None, 100)
    return sorted(delivery.status.value for delivery in page.items)


def test_an_operators_endpoint_hears_of_a_whole_order_in_its_order(shop: MemoryShop) -> None:
    item = sell(shop)
    shop.run_to_rest()
    follow(shop)
    placed = order(shop, register(shop), item)
    shop.run_to_rest()
    about = [b for b in bodies(shop) if b["data"].get("order_id") == placed.key.order_id]
    assert [b["data"]["seq"] for b in about] == [1, 2, 3, 4, 5]
    assert about[-1]["type"] == "orders.order_completed.v1"


def test_a_body_tells_nobody_s_name_address_or_card(shop: MemoryShop) -> None:
    buyer: Account = register(shop)
    follow(shop)
    order(shop, buyer, sell(shop))
    shop.run_to_rest()
    text = " ".join(post.body for post in shop.parts.receivers.posts)
    assert "order_completed" in text
    for personal in (buyer.email, "Main Street", "4242", buyer.password_hash):
        assert personal not in text


def test_a_seller_hears_of_the_own_orders_and_items_and_not_whose_they_are(
    shop: MemoryShop,
) -> None:
    sam, sue = (register(shop, "seller") for _ in range(2))
    of_sam, of_sue = sell(shop, seller=sam), sell(shop, seller=sue)
    shop.run_to_rest()
    follow(shop, SellerId(sam.id), url="https://sam.example.com/")
    follow(shop, SellerId(sue.id), url="https://sue.example.com/")
    placed = order(shop, register(shop), of_sam)
    happens(shop, of_sue.item.id)
    shop.run_to_rest()
    heard = {
        seller: [json.loads(p.body)["data"] for p in shop.parts.receivers.posts if seller in p.url]
        for seller in ("sam", "sue")
    }
    assert {each["order_id"] for each in heard["sam"]} == {placed.key.order_id}
    assert all(set(each) == {"order_id", "seq", "number"} for each in heard["sam"])
    assert heard["sue"] == [{"item_id": of_sue.item.id, "version": 1}]


def test_an_event_that_comes_again_is_sent_once(shop: MemoryShop) -> None:
    follow(shop)
    change = envelope(
        ItemChanged(item_id=ItemId("a"), version=1), id=shop.parts.ids.new(), at=shop.clock.now()
    )
    for _ in range(3):
        shop.webhook_queueing.handle([change])
        work(shop)
    assert subjects(shop) == ["a"]


def test_while_one_is_repeated_the_later_ones_of_its_subject_wait_and_others_do_not(
    shop: MemoryShop,
) -> None:
    endpoint, _ = follow(shop)
    shop.parts.receivers.answer = lambda p: FAILED if '"a"' in p.body else TAKEN
    happens(shop, "a", "b", "a", "b")
    work(shop)
    assert subjects(shop) == ["a", "b", "b"]
    shop.parts.receivers.answer = lambda _: TAKEN
    shop.clock.advance(timedelta(seconds=10))
    work(shop)
    assert subjects(shop) == ["a", "b", "b", "a", "a"]
    assert statuses(shop, endpoint) == ["delivered"] * 4


def test_pauses_grow_up_to_eight_hours_and_no_two_deliveries_have_the_same() -> None:
    pauses = [pause_after(attempt, "one").total_seconds() for attempt in range(1, 12)]
    assert all(0.75 * 5 * 4**n <= pauses[n] <= 1.25 * 5 * 4**n for n in range(6))
    assert all(pause <= 1.25 * 8 * 3600 for pause in pauses)
    assert pause_after(1, "one") == pause_after(1, "one") != pause_after(1, "two")


def test_after_three_days_the_endpoint_is_disabled_and_somebody_hears_of_it() -> None:
    heard: list[tuple[str, str]] = []
    shop = shop_with(note_disabled=lambda *what: heard.append(what))
    endpoint, _ = follow(shop)
    shop.parts.receivers.answer = lambda _: FAILED
    happens(shop, "a", "a", "b")
    began = shop.clock.now()
    while now(shop, endpoint).is_active:
        work(shop)
        shop.clock.advance(timedelta(minutes=10))
        assert shop.clock.now() - began < TRIED_FOR + timedelta(hours=1)
    assert shop.clock.now() - began >= TRIED_FOR
    assert now(shop, endpoint).disabled_because is DisabledBecause.FAILING
    assert heard == [(endpoint.id, "failing")]
    assert statuses(shop, endpoint) == ["failed"] * 3
    assert 14 < len([s for s in subjects(shop) if s == "a"]) < 30
    happens(shop, "c")
    work(shop)
    assert "c" not in subjects(shop)


def test_410_disables_at_once_and_what_waits_is_given_up(shop: MemoryShop) -> None:
    endpoint, _ = follow(shop)
    shop.parts.receivers.answer = lambda _: GONE
    happens(shop, "a", "a")
    work(shop)
    found = now(shop, endpoint)
    assert (found.status, found.disabled_because) == (EndpointStatus.DISABLED, DisabledBecause.GONE)
    assert (statuses(shop, endpoint), found.waiting) == (["failed"] * 2, 0)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (timedelta(hours=2), timedelta(hours=2)),
        (timedelta(days=30), timedelta(hours=12)),
        (timedelta(), timedelta(seconds=3)),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_to_be_left_alone_is_within_bounds(
    shop: MemoryShop, status: int, asked: timedelta, kept: timedelta
) -> None:
    follow(shop)
    shop.parts.receivers.answer = lambda _: Answer(status=status, retry_after=asked)
    happens(shop, "a")
    work(shop)
    happens(shop, "b")
    shop.parts.receivers.answer = lambda _: TAKEN
    shop.clock.advance(kept - timedelta(seconds=1))
    work(shop)
    if asked:
        assert subjects(shop) == ["a"]
    shop.clock.advance(timedelta(seconds=10))
    work(shop)
    assert sorted(subjects(shop)) == ["a", "a", "b"]


def test_an_endpoint_that_fails_gets_one_at_a_time_until_it_succeeds(shop: MemoryShop) -> None:
    endpoint, _ = follow(shop)
    shop.parts.receivers.answer = lambda _: FAILED
    happens(shop, *(f"item {n}" for n in range(30)))
    shop.webhook_sender.run_once(100)
    assert len(shop.parts.receivers.posts) == WebhookLimits().at_once_each
    shop.webhook_sender.run_once(100)
    assert len(shop.parts.receivers.posts) == WebhookLimits().at_once_each + 1
    assert now(shop, endpoint).failing_since == shop.clock.now()
    shop.parts.receivers.answer = lambda _: TAKEN
    work(shop)
    assert now(shop, endpoint).failing_since is None


def test_a_rolled_secret_signs_beside_its_successor_for_a_day(shop: MemoryShop) -> None:
    endpoint, first = follow(shop)
    _, second = shop.webhooks.roll(None, endpoint.id)
    _, third = shop.webhooks.roll(None, endpoint.id)
    assert len({first, second, third}) == 3

    def signing() -> tuple[str, ...]:
        happens(shop, shop.parts.ids.new())
        work(shop)
        return shop.parts.receivers.posts[-1].secrets

    assert signing() == (third, second)
    shop.clock.advance(DAY - timedelta(seconds=1))
    assert signing() == (third, second)
    shop.clock.advance(timedelta(seconds=1))
    assert signing() == (third,)


def test_a_secret_is_one_of_the_rules_and_none_shows_in_what_is_kept(shop: MemoryShop) -> None:
    endpoint, secret = follow(shop)
    assert secret.startswith("whsec_")
    Verifier(secret)
    assert secret == SigningSecrets("memory").secret_of(endpoint.id, 1)
    assert secret != SigningSecrets("other").secret_of(endpoint.id, 1)
    happens(shop, "a")
    work(shop)
    kept = repr(shop.parts.database.tables) + repr(shop.parts.receivers.posts)
    assert secret not in kept
    assert secret[6:] not in kept


def test_what_failed_is_redelivered_and_not_to_a_disabled_endpoint(shop: MemoryShop) -> None:
    endpoint, _ = follow(shop)
    shop.parts.receivers.answer = lambda _: GONE
    happens(shop, "a")
    work(shop)
    (failed,) = shop.webhooks.deliveries(None, endpoint.id, None, None, 10).items
    with pytest.raises(EndpointDisabled):
        shop.webhooks.redeliver(None, endpoint.id, failed.id)
    shop.webhooks.change(None, endpoint.id, ChangeEndpoint(enabled=True))
    shop.parts.receivers.answer = lambda _: TAKEN
    assert shop.webhooks.redeliver(None, endpoint.id, failed.id).status is DeliveryStatus.PENDING
    work(shop)
    assert subjects(shop) == ["a", "a"]
    assert {post.id for post in shop.parts.receivers.posts} == {failed.event_id}


def test_more_than_may_wait_disable_the_endpoint() -> None:
    shop = shop_with(limits=WebhookLimits(endpoints=1, waiting=5))
    endpoint, _ = follow(shop)
    with pytest.raises(TooManyEndpoints):
        follow(shop)
    happens(shop, *"abcde")
    assert now(shop, endpoint).waiting == 5
    happens(shop, "f")
    assert now(shop, endpoint).disabled_because is DisabledBecause.TOO_MANY_WAITING


def test_nobody_manages_the_endpoints_of_others(shop: MemoryShop) -> None:
    endpoint, _ = follow(shop, SellerId("sam"))
    for owner in (None, SellerId("sue")):
        for act in (
            shop.webhooks.details,
            shop.webhooks.roll,
            shop.webhooks.delete,
        ):
            with pytest.raises(EndpointNotFound):
                act(owner, endpoint.id)
    assert shop.webhooks.own(None) == []


def test_an_endpoint_that_leads_elsewhere_is_neither_made_nor_changed_to(shop: MemoryShop) -> None:
    endpoint, _ = follow(shop)
    with pytest.raises(Invalid):
        follow(shop, url="https://169.254.169.254/latest/meta-data")
    with pytest.raises(Invalid):
        shop.webhooks.change(None, endpoint.id, ChangeEndpoint(url="https://localhost/"))
    assert now(shop, endpoint).url == URL


@pytest.mark.parametrize(
    "wrong",
    [{"events": []}, {"events": ["orders.nothing.v1"]}, {"url": ""}, {"description": "x" * 501}],
)
def test_what_cannot_be_followed_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        reader("USD").read({"url": URL, "events": [ITEM], **wrong}, NewEndpoint)


def test_the_check_finds_what_is_stuck_or_miscounted(shop: MemoryShop) -> None:
    endpoint, _ = follow(shop)
    happens(shop, "a", "a")
    assert list(shop.webhook_audit.violations()) == []
    with shop.parts.database.begin() as tx:
        waiting = tx.table("webhook_delivery")
        for key, delivery in list(waiting.items()):
            waiting[key] = attrs.evolve(delivery, next_at=None)
        tx.commit()
    assert [(v.invariant, v.subject) for v in shop.webhook_audit.violations()] == [
        ("L14", f"webhook endpoint {endpoint.id}")
    ]


def test_a_post_shows_neither_its_address_nor_its_body_nor_a_secret() -> None:
    post = Post(url=URL, id=MemoryParts().ids.new(), at=None, body="b0dy", secrets=("whsec_x",))  # type: ignore[arg-type]
    assert not any(part in repr(post) for part in (URL, "b0dy", "whsec_x"))
