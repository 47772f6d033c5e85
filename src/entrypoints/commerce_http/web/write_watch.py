"""Everybody who waits until a write can be found, served by one question per tick for the whole
process.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from commerce_core.kernel.errors import Unavailable
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import Runs

_TICK: Final = 0.01
#: The pause between two questions, by the time that one takes: the search engine has other things
#: to do.
_PAUSE: Final = 4

Ask = Callable[[Collection[str]], Collection[str]]


class WriteWatch:
    """Waits for writes. Lives on the event loop; it asks only while somebody waits.

    Args:
        ask: which of these tokens' writes can be found.
        desk: where that is done.
        most: who wait at a time; whoever comes beyond is not kept waiting.
    """

    def __init__(self, ask: Ask, executor: BlockingExecutor, *, most: int) -> None:
        self._ask = ask
        self._executor = executor
        self._most = most
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._asking: asyncio.Task[None] | None = None

    async def until_found(self, token: str, patience: float) -> None:
        """Wait until the write of *token* can be found, but no longer than *patience* seconds.

        Raises:
            BadCursor: no token of ours.
            Unavailable: the engine cannot be asked.
        """
        if (
            await self._executor.do(Runs.SEARCH, self._ask, (token,))
            or len(self._waiting) >= self._most
        ):
            return
        found = asyncio.get_running_loop().create_future()
        self._waiting[found] = token
        if self._asking is None:
            self._asking = asyncio.create_task(self._keep_asking())
        try:
            async with asyncio.timeout(patience):
                await found
        except TimeoutError:
            pass
        finally:
            del self._waiting[found]

    async def _keep_asking(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while self._waiting:
                began = now()
                await self._ask_once()
                await asyncio.sleep(max(_TICK, _PAUSE * (now() - began)))
        finally:
            self._asking = None

    async def _ask_once(self) -> None:
        try:
            found = await self._executor.do(
                Runs.SEARCH, self._ask, frozenset(self._waiting.values())
            )
        except Unavailable:  # they go on waiting, until it is back or their time is over
            return
        for waiter, token in tuple(self._waiting.items()):
            if token in found and not waiter.done():
                waiter.set_result(None)
