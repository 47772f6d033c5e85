"""Waiting until a write can be found, served by one query per tick for the whole process."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from commerce_core.kernel.errors import Unavailable
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import Runs

_TICK: Final = 0.01
#: The pause between two queries, in multiples of the time that one takes: it spares the engine.
_PAUSE: Final = 4

FindWrites = Callable[[Collection[str]], Collection[str]]


class WriteWatch:
    """Waits for writes. Lives on the event loop; it polls only while a request waits.

    Args:
        find: those of the given tokens whose writes can be found.
        executor: where that is done.
        most: the most waits at a time; further ones return at once.
    """

    def __init__(self, find: FindWrites, executor: BlockingExecutor, *, most: int) -> None:
        self._find = find
        self._executor = executor
        self._most = most
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._polling: asyncio.Task[None] | None = None

    async def until_found(self, token: str, patience: float) -> None:
        """Wait until the write of *token* can be found, but no longer than *patience* seconds.

        Raises:
            BadCursor: no token of ours.
            Unavailable: the engine cannot be reached.
        """
        if (
            await self._executor.do(Runs.SEARCH, self._find, (token,))
            or len(self._waiting) >= self._most
        ):
            return
        found = asyncio.get_running_loop().create_future()
        self._waiting[found] = token
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(patience):
                await found
        except TimeoutError:
            pass
        finally:
            del self._waiting[found]

    async def _poll(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while self._waiting:
                began = now()
                await self._poll_once()
                await asyncio.sleep(max(_TICK, _PAUSE * (now() - began)))
        finally:
            self._polling = None

    async def _poll_once(self) -> None:
        try:
            found = await self._executor.do(
                Runs.SEARCH, self._find, frozenset(self._waiting.values())
            )
        except Unavailable:  # they go on waiting, until it is back or their time is over
            return
        for waiter, token in tuple(self._waiting.items()):
            if token in found and not waiter.done():
                waiter.set_result(None)
