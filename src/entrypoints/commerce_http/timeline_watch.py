"""Everybody who waits for an order to go on, served by one query per tick for the whole process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs
import structlog

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import OrderKey, TimelineCursor, TimelineEntry
from commerce_http.desk import Desk
from commerce_http.operations import Runs

_log = structlog.get_logger(component="commerce.http")
_TICK: Final = 0.02
#: Most who wait at a time.
MOST_WATCHERS: Final = 2_000

Ask = Callable[[Sequence[TimelineCursor]], Mapping[OrderId, Sequence[TimelineEntry]]]


@attrs.define(eq=False)
class _Waiter:
    cursor: TimelineCursor
    future: "asyncio.Future[Sequence[TimelineEntry]]"


class TimelineWatch:
    """Waits, streams and their places in timelines. Lives on the event loop; it asks only while somebody waits."""

    def __init__(self, ask: Ask, desk: Desk) -> None:
        self._ask = ask
        self._desk = desk
        self._waiting: set[_Waiter] = set()
        self._watchers = 0
        self._asking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether it still makes sense to wait: the process is not about to end."""
        return not self._closed

    def enter(self) -> None:
        """Begin to watch; :meth:`leave` must follow.

        Raises:
            Overloaded: too many watch already.
        """
        if self._watchers >= MOST_WATCHERS or self._closed:
            raise Overloaded("too many are waiting for orders")
        self._watchers += 1

    def leave(self) -> None:
        """Watch no more."""
        self._watchers -= 1

    async def after(self, cursor: TimelineCursor, patience: float) -> Sequence[TimelineEntry]:
        """What stands behind *cursor*, as soon as something does; nothing after *patience* seconds, or once this is closed."""
        if self._closed:
            return ()
        waiter = _Waiter(cursor, asyncio.get_running_loop().create_future())
        self._waiting.add(waiter)
        if self._asking is None:
            self._asking = asyncio.create_task(self._keep_asking())
        try:
            async with asyncio.timeout(patience):
                return await waiter.future
        except TimeoutError:
            return ()
        finally:
            self._waiting.discard(waiter)

    async def until_over(self, key: OrderKey, seconds: float) -> bool:
        """Wait until the order is completed or cancelled; whether it is."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        seq = 0
        while self.is_open and (left := deadline - loop.time()) > 0:
            for entry in await self.after(TimelineCursor(key, seq), left):
                seq = entry.seq
                if entry.fact.is_last:
                    return True
        return False

    def close(self) -> None:
        """Let everybody go who waits. Idempotent."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.future.done():
                waiter.future.set_result(())

    async def _keep_asking(self) -> None:
        try:
            while self._waiting:
                await self._ask_once()
                await asyncio.sleep(_TICK)
        finally:
            self._asking = None

    async def _ask_once(self) -> None:
        places: dict[OrderKey, int] = {}
        for waiter in self._waiting:
            cursor = waiter.cursor
            places[cursor.key] = min(cursor.seq, places.get(cursor.key, cursor.seq))
        cursors = [TimelineCursor(key, seq) for key, seq in places.items()]
        try:
            found = await self._desk.do(Runs.WORK, self._ask, cursors)
        except Unavailable as error:  # they go on waiting, until it is back or their time is over
            _log.warning("timelines cannot be read", code=error.code, detail=error.detail)
            return
        for waiter in tuple(self._waiting):
            news = [e for e in found.get(waiter.cursor.key.order_id, ()) if e.seq > waiter.cursor.seq]
            if news and not waiter.future.done():
                waiter.future.set_result(news)
