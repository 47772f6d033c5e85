"""Waiting until a write can be found: one question a tick, however many wait, and no place of those
who search is taken.
"""

import asyncio
import time
from collections.abc import Collection

import pytest

from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.paging import BadCursor
from commerce_http.web.executor import BlockingExecutor, Room
from commerce_http.web.operations import Runs
from commerce_http.web.write_watch import WriteWatch


class Index:
    """Finds what is told, and notes what was asked."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.calls: list[frozenset[str]] = []
        self.down = 0

    def visible(self, tokens: Collection[str]) -> Collection[str]:
        self.calls.append(frozenset(tokens))
        if "forged" in tokens:
            raise BadCursor("not a cursor")
        if self.down:
            self.down -= 1
            raise TransactionLost("away")
        return self.found & set(tokens)


@pytest.fixture
def index() -> Index:
    return Index()


def _desk() -> BlockingExecutor:
    return BlockingExecutor(threads=1, on_event_loop=(), searches=Room(1, 2))


def test_many_who_wait_are_one_question_and_searches_go_on(index: Index) -> None:
    async def crowd() -> float:
        executor = _desk()
        watch = WriteWatch(index.visible, executor, most=50)
        waiting = []
        for n in range(50):
            waiting.append(asyncio.create_task(watch.until_found(f"t{n}", 30)))
            for _ in range(10_000):  # few may ask at once: the next one comes after this one waits
                if len(watch._waiting) > n:
                    break
                await asyncio.sleep(0.001)
        before = len(index.calls)
        began = time.monotonic()
        await asyncio.sleep(0.1)
        assert len(index.calls) - before <= 12, "a question a tick, not one for each"
        for _ in range(1_000):
            if max(map(len, index.calls)) == 50:
                break
            await asyncio.sleep(0.01)
        assert max(map(len, index.calls)) == 50
        assert await executor.do(Runs.SEARCH, lambda: "found") == "found", (
            "nobody who waits takes a place of those who search"
        )
        index.found = {f"t{n}" for n in range(50)}
        await asyncio.gather(*waiting)
        executor.close()
        return time.monotonic() - began

    assert asyncio.run(crowd()) < 20


def test_whoever_is_one_too_many_is_not_kept_waiting(index: Index) -> None:
    async def crowd() -> float:
        executor = _desk()
        watch = WriteWatch(index.visible, executor, most=1)
        first = asyncio.create_task(watch.until_found("a", 5))
        await asyncio.sleep(0.02)
        began = time.monotonic()
        await watch.until_found("b", 5)
        took = time.monotonic() - began
        index.found.add("a")
        await first
        executor.close()
        return took

    assert asyncio.run(crowd()) < 1


def test_a_wait_ends_in_time_and_outlasts_an_engine_that_is_away_for_a_moment(index: Index) -> None:
    async def wait() -> None:
        executor = _desk()
        watch = WriteWatch(index.visible, executor, most=2)
        began = time.monotonic()
        await watch.until_found("never", 0.05)
        assert 0.05 <= time.monotonic() - began < 1
        late = asyncio.create_task(watch.until_found("late", 5))
        await asyncio.sleep(0.05)
        index.down = 2
        index.found.add("late")
        await late
        with pytest.raises(BadCursor):
            await watch.until_found("forged", 5)
        executor.close()

    asyncio.run(wait())
