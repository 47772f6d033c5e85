"""Events inside the shop: each consumer has its own progress, whatever becomes of the others.
Numbers are those of the acceptance list.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from dependency_injector import providers

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Role
from commerce_core.catalog import ItemChanged, NewItem
from commerce_core.inventory import AvailabilityChanged
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId, SellerId
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.kernel.money import Money
from commerce_core.kernel.relay import LocalQueueDrain
from commerce_core.orders import EVENT_OF
from commerce_core.search import Query, SearchUnavailable
from commerce_local.broker import LocalBroker
from commerce_sqlalchemy.messaging import SqlOutbox
from commerce_sqlalchemy.queues import SqlLocalQueues
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.broker import RecordingConsumer
from commerce_testkit.crowd import crowd
from commerce_testkit.memory.clock import SettableClock
from commerce_worker.main import working
from tests.integration.market import Market, Outside

#: More than any loop takes at once.
MANY: Final = 520
PATIENCE: Final = 180.0
NAME: Final = "points"


class Subscriber(Consumer):
    """Somebody else's consumer in the shop. ``act`` is what it does with messages before it takes
    them.
    """

    def __init__(self) -> None:
        self.act: Callable[[Sequence[Message]], object] = lambda _: None
        self.taken: list[Message] = []

    @property
    def name(self) -> str:
        return NAME

    @property
    def follows(self) -> Sequence[str]:
        orders = [event.name for event in EVENT_OF.values()]
        return [*orders, ItemChanged.name, AvailabilityChanged.name]

    def handle(self, messages: Sequence[Message]) -> None:
        self.act(messages)
        self.taken += messages


@contextmanager
def open_subscribed(folder: Path, subscriber: Subscriber, **settings: Any) -> Iterator[Market]:
    """A shop with one more consumer, which follows everything."""
    container = ShopContainer(settings=Settings.in_folder(folder, **settings))
    container.own.override(providers.Object({"subscribers": [subscriber]}))
    shop = container.shop()
    try:
        storage = container.storage()
        (seller,) = crowd(
            storage.database, storage.accounts, shop.clock, container.ids(), 1, Role.SELLER
        )
        yield Market(shop, container, SellerId(seller.account.id), Outside())
    finally:
        shop.close()


@pytest.fixture
def subscriber() -> Subscriber:
    return Subscriber()


@pytest.fixture
def subscribed(
    tmp_path: Path, on_database: dict[str, Any], subscriber: Subscriber
) -> Iterator[Market]:
    with open_subscribed(tmp_path, subscriber, **on_database) as opened:
        yield opened


def onboard(market: Market, count: int, name: str = "Lamp") -> list[Any]:
    new = NewItem(name=name, price=Money.parse("10.00", "USD"), quantity=5)
    return [market.shop.items.onboard(market.seller_id, new) for _ in range(count)]


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def found(market: Market) -> int:
    return market.shop.searches.find(Query(term="lamp", size=1)).total


def sold(market: Market) -> int:
    return len(market.rows("SELECT 1 FROM seller_order WHERE status = 'COMPLETED'"))


def test_46_a_subscriber_that_hangs_is_noticed_by_nobody_else(
    subscribed: Market, subscriber: Subscriber
) -> None:
    let_go = threading.Event()
    subscriber.act = lambda _: let_go.wait(PATIENCE)
    with working(subscribed.shop):
        items = onboard(subscribed, MANY)
        subscribed.buy(items[0])
        until(lambda: found(subscribed) == MANY, "the index waited for the subscriber")
        until(lambda: sold(subscribed) == 1, "the seller's list waited for the subscriber")
        waiting = subscribed.shop.broker.waiting()
        assert waiting[NAME] > MANY
        assert subscriber.taken == []
        let_go.set()
        until(lambda: subscribed.shop.outbox.backlog()[0] == 0, "it was not carried on with")
    assert in_order(subscriber.taken)
    assert len({m.id for m in subscriber.taken}) == waiting[NAME]


def test_46_one_that_fails_for_ever_stops_nobody_and_what_it_fails_on_is_kept(
    subscribed: Market, subscriber: Subscriber
) -> None:
    def fail(_: Sequence[Message]) -> None:
        raise Unavailable("it is away")

    subscriber.act = fail
    with working(subscribed.shop):
        items = onboard(subscribed, MANY)
        subscribed.buy(items[0])
        until(lambda: found(subscribed) == MANY, "the index waited for the subscriber")
        until(lambda: sold(subscribed) == 1, "the seller's list waited for the subscriber")
        assert subscribed.shop.outbox.dead_letters(10) == []
        subscriber.act = lambda _: None
        until(lambda: subscribed.shop.outbox.backlog()[0] == 0, "it was not carried on with")
    assert in_order(subscriber.taken)
    assert {m.partition_key for m in subscriber.taken} >= {view.item.id for view in items}


def test_46_an_index_that_is_away_holds_up_no_sellers_list(
    subscribed: Market, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = subscribed.shop.index.put

    def away(_: object) -> None:
        raise SearchUnavailable("the index is away")

    monkeypatch.setattr(subscribed.shop.index, "put", away)
    with working(subscribed.shop):
        items = onboard(subscribed, MANY)
        subscribed.buy(items[0])
        until(lambda: sold(subscribed) == 1, "the seller's list waited for the index")
        until(lambda: len(subscriber.taken) > MANY, "the subscriber waited for the index")
        monkeypatch.setattr(subscribed.shop.index, "put", put)
        until(lambda: found(subscribed) == MANY, "not all was found when the index was back")


def test_46_what_a_consumer_fails_on_without_saying_why_is_parked_for_it_alone(
    subscribed: Market, subscriber: Subscriber
) -> None:
    items = onboard(subscribed, 3)

    def defect(messages: Sequence[Message]) -> None:
        if any(m.partition_key == items[1].item.id for m in messages):
            raise KeyError("a defect")

    subscriber.act = defect
    follower = subscribed.shop.followers[NAME]
    for _ in range(19):
        with pytest.raises(KeyError):
            follower.run_once(500)
    assert follower.run_once(500)
    letters = subscribed.shop.outbox.dead_letters(10)
    assert {(x.consumer, x.message.partition_key) for x in letters} == {(NAME, items[1].item.id)}
    assert {m.partition_key for m in subscriber.taken} == {items[0].item.id, items[2].item.id}
    subscribed.run()
    assert found(subscribed) == 3


def test_46_two_processes_take_from_one_queue_in_turn_and_the_second_takes_over(
    tmp_path: Path, on_database: dict[str, Any], subscribed: Market, subscriber: Subscriber
) -> None:
    second = Subscriber()
    with open_subscribed(
        tmp_path, second, **{**on_database, "search_url": f"tantivy:///{tmp_path}/second"}
    ) as other:
        onboard(subscribed, 4)
        assert subscribed.shop.followers[NAME].run_once(2) == 2
        assert other.shop.followers[NAME].run_once(500) == 0
        subscribed.shop.followers[NAME].release()
        until(lambda: other.shop.followers[NAME].run_once(500) > 0, "it was not taken over")
        assert not {m.id for m in subscriber.taken} & {m.id for m in second.taken}
        assert len(subscriber.taken + second.taken) >= 4


def test_46_what_waited_for_a_broker_is_delivered_inside_when_the_shop_goes_over_to_that(
    subscribed: Market, subscriber: Subscriber
) -> None:
    queues = subscribed.container.storage().queues
    outside = SqlOutbox(subscribed.database)
    subscribed.container.storage().outbox._queues = None  # as a shop with a broker writes
    onboard(subscribed, 2)
    subscribed.container.storage().outbox._queues = queues
    assert outside.backlog()[0] >= 2
    subscribed.run()
    assert outside.backlog()[0] == 0
    assert found(subscribed) == 2
    assert in_order(subscriber.taken)


def test_46_what_waited_inside_goes_to_a_broker_when_the_shop_goes_over_to_one(
    subscribed: Market,
) -> None:
    onboard(subscribed, 3)
    received: list[Message] = []

    class Outside(LocalBroker):
        def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
            received.extend(messages)
            return [m.id for m in messages[:-1]]  # not surely the last one

    queues = subscribed.container.storage().queues
    drain = LocalQueueDrain(queues, Outside(queues))
    while drain.run_once(500):
        pass
    waiting = queues.waiting()
    assert waiting == {
        "search-indexer": 1, "seller-orders": 0, "notifications": 0, "webhooks": 1, NAME: 1
    }  # fmt: skip
    assert len({m.id for m in received}) >= 3


def in_order(messages: Sequence[Message]) -> bool:
    """Whether *messages* came in the order of their ids, as they were written."""
    ids = [m.id for m in messages]
    return ids == sorted(ids)


def test_46_a_process_that_gets_nowhere_with_a_queue_leaves_it_to_another(shop_url: str) -> None:
    database, clock = SqlDatabase(shop_url), SettableClock()
    stuck, able = (SqlLocalQueues(database, clock, owner) for owner in ("stuck", "able"))
    for queues in (stuck, able):
        queues.subscribe([RecordingConsumer("indexer")])
    message = Message(
        id=MessageId("m-1"),
        partition_key="k",
        name="item-changed",
        occurred_at=clock.now(),
        payload={},
    )
    stuck.put([message])
    assert [d.message for d in stuck.queues()["indexer"].receive(9)] == [message]
    assert able.queues()["indexer"].receive(9) == []
    clock.advance(timedelta(seconds=3))
    assert stuck.queues()["indexer"].receive(9) == [], "three seconds, and nothing of it settled"
    assert [d.message for d in able.queues()["indexer"].receive(9)] == [message]
    database.dispose()
