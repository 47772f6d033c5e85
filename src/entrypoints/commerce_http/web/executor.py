"""Where blocking calls are done: on the event loop where they are fast enough here, else in a
thread.
"""

import asyncio
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Final, TypeVar, cast

import attrs

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.process import ProcessGuard
from commerce_http.web.operations import Runs

R = TypeVar("R")

#: Most calls that wait for a thread of the pool for everything.
MOST_WAITING: Final = 10_000
#: Turns of the event loop (a tenth of a millisecond, if it has nothing to do), and seconds at
#: most, that a search lets pass before the next one: clients ask again at once.
_TURNS: Final = 32
_LONGEST_WAY: Final = 0.005
_PROBES: Final = 2
_BODIES_WAITING: Final = 32
_FIGURES_WAITING: Final = 8


@attrs.frozen
class Room:
    """How many calls of a kind are done at the same time, and how many more may wait; the next one
    is refused at once.
    """

    threads: int
    waiting: int = MOST_WAITING


class BlockingExecutor:
    """A pool for each kind of call that may take long, so that it can never hold up another kind,
    and one for everything else.

    Args:
        threads: that run blocking calls.
        on_event_loop: what is done at once, without a thread.
        passwords: room for log-ins and registrations.
        searches: room for queries of the search index.
    """

    def __init__(
        self,
        *,
        threads: int,
        on_event_loop: Collection[Runs],
        passwords: Room = Room(2),
        searches: Room = Room(2),
    ) -> None:
        self._process = ProcessGuard("application")
        self._inline = frozenset(on_event_loop) | {Runs.AT_ONCE}
        self._work = _Pool("http", Room(threads))
        self._pools = {
            Runs.PASSWORD: _Pool("http-passwords", passwords),
            Runs.SEARCH: _Pool("http-searches", searches, gives_way=True),
            Runs.BODY: _Pool("http-bodies", Room(1, _BODIES_WAITING)),
            Runs.PROBE: _Pool("http-probes", Room(_PROBES)),
            Runs.FIGURES: _Pool("http-figures", Room(1, _FIGURES_WAITING)),
        }

    async def do(self, kind: Runs, call: Callable[..., R], *arguments: Any) -> R:
        """What ``call(*arguments)`` returns.

        Raises:
            Overloaded: too many calls wait for a thread; it was not made.
            UsedAfterFork: the threads are those of another process; it was not made.
        """
        self._process.check()
        if kind in self._inline:
            return call(*arguments)
        return await self._pools.get(kind, self._work).run(call, *arguments)

    def close(self) -> None:
        """Let the calls under way end. Idempotent."""
        for pool in (self._work, *self._pools.values()):
            pool.close()


class _Pool:
    """Threads behind a queue that has an end. Entered from the event loop alone.

    Args:
        gives_way: whether a thread lets the event loop send its answer, and take what comes next,
            before it begins the next call. Python runs one thread at a time: one that computes
            without a pause makes the loop wait at each of its many steps.
    """

    def __init__(self, name: str, room: Room, *, gives_way: bool = False) -> None:
        self._threads = ThreadPoolExecutor(room.threads, thread_name_prefix=name)
        self._most = room.threads + room.waiting
        self._inside = 0
        self._gives_way = gives_way

    async def run(self, call: Callable[..., R], *arguments: Any) -> R:
        if self._inside >= self._most:
            raise Overloaded("too many requests are waiting")
        self._inside += 1
        try:
            loop = asyncio.get_running_loop()
            in_context = partial(copy_context().run, call, *arguments)
            if not self._gives_way:
                return await loop.run_in_executor(self._threads, in_context)
            answer: asyncio.Future[R] = loop.create_future()
            self._threads.submit(self._answer, answer, in_context)
            try:
                return await answer
            finally:
                del answer  # its error's traceback holds this frame
        finally:
            self._inside -= 1

    def _answer(self, answer: "asyncio.Future[R]", call: Callable[[], R]) -> None:
        """Make the call, and have the event loop tell what came of it."""
        if answer.cancelled():
            return  # nobody waits any more
        result, error = _made(call)
        loop, way = answer.get_loop(), threading.Lock()
        way.acquire()

        def deliver() -> None:
            if error is not None and not answer.done():
                answer.set_exception(error)
            elif not answer.done():
                answer.set_result(cast("R", result))
            _after_turns(_TURNS, loop, way.release)

        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(deliver)
            way.acquire(timeout=_LONGEST_WAY)

    def close(self) -> None:
        self._threads.shutdown()


def _made(call: Callable[[], R]) -> tuple[R | None, BaseException | None]:
    """What came of *call*.

    Nothing that its error's traceback holds holds the error: what the call was given would be kept
    until the collector comes round.
    """
    try:
        return call(), None
    except BaseException as error:  # noqa: BLE001 (raised where the result is awaited)
        return None, error


def _after_turns(turns: int, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if turns:
        loop.call_soon(_after_turns, turns - 1, loop, call)
    else:
        call()
