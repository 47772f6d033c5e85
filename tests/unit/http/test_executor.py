"""Where calls are done: each kind behind an end of its own."""

import asyncio
import gc
import threading
import time
import weakref
from typing import Any

import pytest

from commerce_core.kernel.batching import Overloaded
from commerce_http.search import FindItems, find_items
from commerce_http.web.executor import BlockingExecutor, Room
from commerce_http.web.operations import Runs


@pytest.mark.parametrize("kind", [Runs.PASSWORD, Runs.SEARCH])
def test_39_a_full_pool_refuses_at_once_and_keeps_nobody_else_waiting(kind: Runs) -> None:
    gate = threading.Event()

    async def crowd() -> None:
        waiting = [asyncio.create_task(executor.do(kind, gate.wait)) for _ in range(2 + 3)]
        try:
            await asyncio.sleep(0.01)
            began = time.monotonic()
            with pytest.raises(Overloaded):
                await asyncio.wait_for(executor.do(kind, gate.wait), 5)
            assert await executor.do(Runs.AT_ONCE, lambda: "live") == "live"
            for other in {*Runs} - {kind}:
                assert (
                    await asyncio.wait_for(executor.do(other, lambda: "answered"), 5) == "answered"
                )
            assert time.monotonic() - began < 1
        finally:  # a thread that waits for ever would keep the process
            gate.set()
        assert await asyncio.gather(*waiting) == [True] * 5
        assert await executor.do(kind, lambda: "again") == "again"

    executor = BlockingExecutor(
        threads=1, on_event_loop=(), passwords=Room(2, 3), searches=Room(2, 3)
    )
    asyncio.run(crowd())
    executor.close()


def test_a_scrape_of_metrics_keeps_no_probe_waiting() -> None:
    gate = threading.Event()

    async def crowd() -> None:
        waiting = [asyncio.create_task(executor.do(Runs.FIGURES, gate.wait)) for _ in range(20)]
        try:
            await asyncio.sleep(0.01)
            assert await asyncio.wait_for(executor.do(Runs.PROBE, lambda: "ready"), 1) == "ready"
        finally:
            gate.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert answers.count(True) == 9
        assert sum(isinstance(answer, Overloaded) for answer in answers) == 11

    executor = BlockingExecutor(threads=1, on_event_loop=())
    asyncio.run(crowd())
    executor.close()


def test_39_no_search_is_done_on_the_event_loop() -> None:
    class Searches:
        def cached(self, _: object) -> None:
            return None

        def find(self, _: object) -> None:
            raise LookupError(threading.current_thread().name)

    executor = BlockingExecutor(threads=1, on_event_loop=set(Runs) - {Runs.SEARCH})
    arguments: Any = {
        "query": FindItems(), "search_token": None, "searches": Searches(), "executor": executor,
        "writes": None, "page_cache": None,
    }  # fmt: skip
    with pytest.raises(LookupError, match="http-searches"):
        asyncio.run(find_items.function(**arguments))
    executor.close()


def test_a_search_lets_the_loop_go_on_before_the_next_one_begins() -> None:
    order: list[str] = []

    def search(name: str) -> None:
        order.append(f"{name} is searched for")

    async def asking(name: str) -> None:
        await executor.do(Runs.SEARCH, search, name)
        order.append(f"{name} is answered")

    async def crowd() -> None:
        await asyncio.gather(*(asking(name) for name in "abc"))

    executor = BlockingExecutor(threads=1, on_event_loop=(), searches=Room(1))
    asyncio.run(crowd())
    executor.close()
    assert order == [f"{n} is {done}" for n in "abc" for done in ("searched for", "answered")]


def test_whoever_left_is_not_worked_for_and_a_failure_reaches_the_one_who_waits() -> None:
    gate, begun = threading.Event(), threading.Event()
    made: list[str] = []

    def hold() -> None:
        begun.set()
        gate.wait()

    def fail() -> None:
        raise LookupError("not there")

    async def crowd() -> None:
        first = asyncio.create_task(executor.do(Runs.SEARCH, hold))
        await asyncio.to_thread(begun.wait)
        second = asyncio.create_task(executor.do(Runs.SEARCH, made.append, "second"))
        await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        gate.set()
        with pytest.raises(LookupError, match="not there"):
            await executor.do(Runs.SEARCH, fail)

    executor = BlockingExecutor(threads=1, on_event_loop=(), searches=Room(1))
    asyncio.run(crowd())
    executor.close()
    assert made == []


def test_what_a_call_was_given_is_let_go_of_when_it_fails() -> None:
    class Body:
        """Something that can be watched."""

    def refuse(_: Body) -> None:
        raise ValueError("no")

    async def lets_go() -> bool:
        executor = BlockingExecutor(threads=1, on_event_loop=())
        body = Body()
        watched = weakref.ref(body)
        try:
            await executor.do(Runs.BODY, refuse, body)
        except ValueError:
            del body
        executor.close()  # the thread is done with it
        await asyncio.sleep(0)  # and so is this turn of the loop, which brought the error
        return watched() is None

    gc.disable()
    try:
        assert asyncio.run(lets_go())
    finally:
        gc.enable()
