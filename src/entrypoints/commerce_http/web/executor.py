"""Where blocking calls are done: on the event loop where they are fast enough here, else in a
thread.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Final, TypeVar

import attrs

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.process import ProcessGuard
from commerce_http.web.operations import Runs

R = TypeVar("R")

#: Most calls that wait for a thread of the pool for everything.
MOST_WAITING: Final = 10_000
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
        outside: that run calls of parties outside.
        on_event_loop: what is done at once, without a thread.
        passwords: room for log-ins and registrations.
        searches: room for queries of the search index.
    """

    def __init__(
        self,
        *,
        threads: int,
        outside: int,
        on_event_loop: Collection[Runs],
        passwords: Room = Room(2),
        searches: Room = Room(2),
    ) -> None:
        self._process = ProcessGuard("application")
        self._inline = frozenset(on_event_loop) | {Runs.AT_ONCE}
        self._work = _Pool("http", Room(threads))
        self._pools = {
            Runs.OUTSIDE: _Pool("http-outside", Room(outside)),
            Runs.PASSWORD: _Pool("http-passwords", passwords),
            Runs.SEARCH: _Pool("http-searches", searches),
            Runs.BODY: _Pool("http-bodies", Room(1, _BODIES_WAITING)),
            Runs.PROBE: _Pool("http-probes", Room(_PROBES)),
            Runs.FIGURES: _Pool("http-figures", Room(1, _FIGURES_WAITING)),
        }

    def is_inline(self, kind: Runs) -> bool:
        """Whether calls of *kind* are done on the event loop."""
        return kind in self._inline

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
    """Threads behind a queue that has an end. Entered from the event loop alone."""

    def __init__(self, name: str, room: Room) -> None:
        self._threads = ThreadPoolExecutor(room.threads, thread_name_prefix=name)
        self._most = room.threads + room.waiting
        self._inside = 0

    async def run(self, call: Callable[..., R], *arguments: Any) -> R:
        if self._inside >= self._most:
            raise Overloaded("too many requests are waiting")
        self._inside += 1
        try:
            in_context = partial(copy_context().run, call, *arguments)
            return await asyncio.get_running_loop().run_in_executor(self._threads, in_context)
        finally:
            self._inside -= 1

    def close(self) -> None:
        self._threads.shutdown()
