"""Functions that hear of events, each on its own: what one fails on is nothing to the others."""

from functools import partial
from typing import Any

import pytest

from commerce_core.assembly import Parts
from commerce_core.kernel.errors import Rejected
from commerce_core.kernel.events import Event
from commerce_core.kernel.subscribing import ReceivedEvent, Subscription, subscribe
from commerce_core.orders import OrderCompleted, OrderCreated
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from tests.unit.people import order, register, sell


def told_to(*subscribers: Subscription[Any]) -> MemoryShop:
    return memory_shop(own=partial(Parts, subscribers=subscribers))


def test_a_function_receives_the_events_that_it_subscribed_to_typed() -> None:
    heard: list[ReceivedEvent[OrderCompleted]] = []
    shop = told_to(subscribe("points", [OrderCompleted], heard.append))
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    assert [(h.event.order_id, h.event.buyer_id, type(h.event)) for h in heard] == [
        (placed.key.order_id, placed.key.buyer_id, OrderCompleted)
    ]
    assert heard[0].at == shop.clock.now()


def test_what_a_function_rejects_is_a_dead_letter_of_its_own_and_the_others_hear_it() -> None:
    def rejects(heard: ReceivedEvent[OrderCreated]) -> None:
        raise Rejected("never")

    heard: list[object] = []
    shop = told_to(
        subscribe("rejects", [OrderCreated], rejects),
        subscribe("hears", [OrderCreated], heard.append),
    )
    order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    letters = shop.parts.outbox.dead_letters(9)
    assert [(x.consumer, x.reason) for x in letters] == [("rejects", "rejected: never")]
    assert len(heard) == 1


def test_of_a_redelivered_group_only_what_was_not_handled_is_delivered_again() -> None:
    shop = told_to()
    for _ in range(3):
        order(shop, register(shop), sell(shop))
    group = list(shop.parts.outbox.read(range(64), 99))
    created = [m for m in group if m.name == OrderCreated.name]
    times: dict[str, int] = {}

    def fails_on_the_last(heard: ReceivedEvent[OrderCreated]) -> None:
        times[heard.id] = times.get(heard.id, 0) + 1
        if heard.id == created[-1].id and times[heard.id] < 3:
            raise OSError("not now")

    subscription = subscribe("mail", [OrderCreated], fails_on_the_last)
    for _ in range(2):
        with pytest.raises(OSError, match="not now"):
            subscription.handle(created)
    subscription.handle(created)
    assert list(times.values()) == [1, 1, 3]
    subscription.handle(created)  # settled meanwhile, and delivered once more all the same
    assert list(times.values()) == [2, 2, 4]


@pytest.mark.parametrize("name", ["", "Points", "a_b", "-a", "a" * 41, "a/b"])
def test_a_name_that_is_no_queues_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a subscriber's name"):
        subscribe(name, [OrderCreated], print)


@pytest.mark.parametrize("events", [[], [Event]])
def test_what_has_no_wire_name_cannot_be_followed(events: list[type[Event]]) -> None:
    with pytest.raises(ValueError, match="wire name"):
        subscribe("points", events, print)


@pytest.mark.parametrize("names", [["twice", "twice"], ["search-indexer"]])
def test_two_of_one_name_would_share_a_queue_and_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="two consumers are called"):
        told_to(*(subscribe(name, [OrderCreated], print) for name in names))
