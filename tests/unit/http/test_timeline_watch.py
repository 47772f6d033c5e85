"""Waiting for orders: one question a tick, however many wait."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.orders import Fact, OrderKey, TimelineCursor, TimelineEntry
from commerce_http.orders.stream import TimelineStream
from commerce_http.orders.watch import TimelineWatch, TooManyWatching
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import Runs


class Timelines:
    """Timelines in memory, and what was asked of them."""

    def __init__(self) -> None:
        self.entries: dict[OrderId, list[TimelineEntry]] = {}
        self.calls: list[int] = []
        self.down = 0
        self.first = asyncio.Event()

    def tell(self, key: OrderKey, fact: Fact) -> None:
        known = self.entries.setdefault(key.order_id, [])
        known.append(
            TimelineEntry(seq=len(known) + 1, fact=fact, at=datetime(2030, 1, 1, tzinfo=UTC))
        )

    def after(self, cursors: Sequence[TimelineCursor]) -> Mapping[OrderId, Sequence[TimelineEntry]]:
        self.calls.append(len(cursors))
        self.first.set()
        if self.down:
            self.down -= 1
            raise TransactionLost("the database is away")
        return {
            c.key.order_id: [e for e in self.entries.get(c.key.order_id, []) if e.seq > c.seq]
            for c in cursors
        }


def key(no: int) -> OrderKey:
    return OrderKey(BuyerId("b"), OrderId(f"o{no}"))


def run(story: Callable[[TimelineWatch, Timelines], Coroutine[Any, Any, None]]) -> None:
    timelines = Timelines()
    executor = BlockingExecutor(threads=1, on_event_loop=(Runs.WORK,))

    async def play() -> None:
        await story(TimelineWatch(timelines.after, executor, most=100, most_of_one=2), timelines)

    asyncio.run(play())
    executor.close()


def test_all_who_wait_are_served_by_one_question() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        waits = [
            asyncio.create_task(watch.after(TimelineCursor(key(no), 0), 5)) for no in range(50)
        ]
        await asyncio.sleep(0)
        for no in range(50):
            timelines.tell(key(no), Fact.ORDER_CREATED)
        assert [[e.seq for e in news] for news in await asyncio.gather(*waits)] == [[1]] * 50
        assert timelines.calls == [50]

    run(story)


def test_nobody_waits_and_nothing_is_asked() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        timelines.tell(key(1), Fact.ORDER_CREATED)
        await watch.after(TimelineCursor(key(1), 0), 5)
        calls = len(timelines.calls)
        await asyncio.sleep(0.1)
        assert len(timelines.calls) == calls

    run(story)


def test_two_at_different_places_of_one_order_get_each_their_own() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        for fact in (Fact.ORDER_CREATED, Fact.INVENTORY_RESERVED):
            timelines.tell(key(1), fact)
        first, second = await asyncio.gather(
            *(watch.after(TimelineCursor(key(1), seq), 5) for seq in (0, 1))
        )
        assert ([e.seq for e in first], [e.seq for e in second]) == ([1, 2], [2])

    run(story)


def test_patience_has_an_end() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        assert await watch.after(TimelineCursor(key(1), 0), 0.05) == ()
        assert not await watch.until_over(key(1), 0.05)

    run(story)


def test_an_order_is_over_with_its_last_entry() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        timelines.tell(key(1), Fact.ORDER_CREATED)
        waiting = asyncio.create_task(watch.until_over(key(1), 5))
        await timelines.first.wait()
        timelines.tell(key(1), Fact.ORDER_CANCELLED)
        assert await waiting

    run(story)


def test_a_database_that_is_away_for_a_while_is_asked_again() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        timelines.down = 2
        timelines.tell(key(1), Fact.ORDER_CREATED)
        assert await watch.after(TimelineCursor(key(1), 0), 5)
        assert len(timelines.calls) == 3

    run(story)


def test_closing_lets_everybody_go_at_once() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        waiting = asyncio.create_task(watch.until_over(key(1), 60))
        await asyncio.sleep(0.01)
        watch.close()
        assert not await asyncio.wait_for(waiting, 1)
        assert await watch.after(TimelineCursor(key(1), 0), 60) == ()

    run(story)


def test_the_number_of_watchers_has_a_bound() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        for no in range(100):
            watch.enter(BuyerId(f"b{no}"))
        with pytest.raises(Overloaded):
            watch.enter(BuyerId("b100"))
        watch.leave(BuyerId("b7"))
        watch.enter(BuyerId("b100"))

    run(story)


def test_one_buyer_cannot_take_the_room_of_all() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        watch.enter(BuyerId("b"))
        watch.enter(BuyerId("b"))
        for ask in (watch.check, watch.enter):
            with pytest.raises(TooManyWatching) as refused:
                ask(BuyerId("b"))
            assert refused.value.retry_after > 0
        watch.enter(BuyerId("c"))
        watch.leave(BuyerId("b"))
        watch.enter(BuyerId("b"))

    run(story)


def test_a_stream_counts_for_its_buyer_before_anything_of_it_is_sent() -> None:
    async def story(watch: TimelineWatch, timelines: Timelines) -> None:
        watch.enter(BuyerId("b"))
        watch.enter(BuyerId("b"))
        stream = TimelineStream(
            watch, TimelineCursor(OrderKey(buyer_id=BuyerId("b"), order_id=OrderId("o")), 0)
        )
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Any = {"type": "http", "method": "HEAD"}
        with pytest.raises(TooManyWatching):
            await stream(scope, send, send)  # type: ignore[arg-type]
        assert not sent

    run(story)
