"""Everybody who waits for an order to go on, served by one query per tick for the whole process."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.redaction import redacted
from commerce_core.orders import Fact, OrderKey, TimelineCursor, TimelineEntry
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.log import log
from commerce_http.web.operations import Runs

_TICK: Final = 0.02

ReadTimelines = Callable[[Sequence[TimelineCursor]], Mapping[OrderId, Sequence[TimelineEntry]]]


class TooManyWatching(Unavailable):
    """One account follows too many orders at the same time; it may when one of them has ended."""

    code = "too-many-watching"
    retry_after = 5


@attrs.define(eq=False)
class _Waiter:
    cursor: TimelineCursor
    future: "asyncio.Future[Sequence[TimelineEntry]]"


class TimelineWatch:
    """Waits, streams and their places in timelines. Lives on the event loop; it polls only while
    a request waits.

    Args:
        read: returns the entries after the given positions of timelines.
        executor: where that is done.
        most: who wait at a time.
        most_of_one: of one account, so that nobody takes all the room.
    """

    def __init__(
        self, read: ReadTimelines, executor: BlockingExecutor, *, most: int, most_of_one: int
    ) -> None:
        self._read = read
        self._executor = executor
        self._most = most
        self._most_of_one = most_of_one
        self._of_one: Counter[BuyerId] = Counter()
        self._waiting: set[_Waiter] = set()
        self._watchers = 0
        self._polling: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether it still makes sense to wait: the process is not about to end."""
        return not self._closed

    def check(self, buyer_id: BuyerId) -> None:
        """Look whether there is room for one more watch of this buyer's.

        Raises:
            TooManyWatching: there is none.
        """
        if self._of_one.get(buyer_id, 0) >= self._most_of_one:
            raise TooManyWatching("this account waits for too many orders at the same time")

    def enter(self, buyer_id: BuyerId) -> None:
        """Begin to watch; :meth:`leave` must follow.

        Raises:
            Overloaded: too many watch already.
            TooManyWatching: too many of them are this buyer's.
        """
        self.check(buyer_id)
        if self._watchers >= self._most or self._closed:
            raise Overloaded("too many are waiting for orders")
        self._watchers += 1
        self._of_one[buyer_id] += 1

    def leave(self, buyer_id: BuyerId) -> None:
        """Watch no more."""
        self._watchers -= 1
        self._of_one[buyer_id] -= 1
        if not self._of_one[buyer_id]:
            del self._of_one[buyer_id]

    async def after(self, cursor: TimelineCursor, patience: float) -> Sequence[TimelineEntry]:
        """What stands behind *cursor*, as soon as something does; nothing after *patience* seconds,
        or once this is closed.
        """
        if self._closed:
            return ()
        waiter = _Waiter(cursor, asyncio.get_running_loop().create_future())
        self._waiting.add(waiter)
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(patience):
                return await waiter.future
        except TimeoutError:
            return ()
        finally:
            self._waiting.discard(waiter)

    async def until_over(self, key: OrderKey, seconds: float) -> bool:
        """Wait until the order is completed or cancelled, whether it is; or until its buyer has to
        act.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        seq = 0
        while self.is_open and (left := deadline - loop.time()) > 0:
            entries = await self.after(TimelineCursor(key, seq), left)
            for entry in entries:
                seq = entry.seq
                if entry.fact.is_last:
                    return True
            if entries and entries[-1].fact is Fact.PAYMENT_ACTION_REQUIRED:
                return False
        return False

    def close(self) -> None:
        """End all waits. Idempotent."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.future.done():
                waiter.future.set_result(())

    async def _poll(self) -> None:
        try:
            while self._waiting:
                await self._poll_once()
                await asyncio.sleep(_TICK)
        finally:
            self._polling = None

    async def _poll_once(self) -> None:
        places: dict[OrderKey, int] = {}
        for waiter in self._waiting:
            cursor = waiter.cursor
            places[cursor.key] = min(cursor.seq, places.get(cursor.key, cursor.seq))
        cursors = [TimelineCursor(key, seq) for key, seq in places.items()]
        try:
            found = await self._executor.do(Runs.WORK, self._read, cursors)
        except Unavailable as error:  # they go on waiting, until it is back or their time is over
            log(
                logging.WARNING,
                "timelines cannot be read",
                code=error.code,
                detail=redacted(error.detail),
            )
            return
        for waiter in tuple(self._waiting):
            news = [
                e for e in found.get(waiter.cursor.key.order_id, ()) if e.seq > waiter.cursor.seq
            ]
            if news and not waiter.future.done():
                waiter.future.set_result(news)
