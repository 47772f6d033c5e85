"""Where blocking calls are done: on the event loop where they are fast enough here, else in a thread."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Final, TypeVar

from commerce_core.kernel.batching import Overloaded
from commerce_http.operations import Runs

R = TypeVar("R")

#: Most calls that wait for a thread of one pool.
MOST_WAITING: Final = 10_000


class Desk:
    """Two pools: one for parties outside, which may be slow, and one for everything else, which they can then never hold up.

    Args:
        threads: that run blocking calls.
        outside: that run calls of parties outside.
        on_event_loop: what is done at once, without a thread.
    """

    def __init__(self, *, threads: int, outside: int, on_event_loop: Collection[Runs]) -> None:
        self._inline = frozenset(on_event_loop)
        self._work = _Pool(threads, "http")
        self._outside = _Pool(outside, "http-outside")

    def is_inline(self, kind: Runs) -> bool:
        """Whether calls of *kind* are done on the event loop."""
        return kind in self._inline

    async def do(self, kind: Runs, call: Callable[..., R], *arguments: Any) -> R:
        """What ``call(*arguments)`` returns.

        Raises:
            Overloaded: too many calls wait for a thread; it was not made.
        """
        if kind in self._inline:
            return call(*arguments)
        pool = self._outside if kind is Runs.OUTSIDE else self._work
        return await pool.run(call, *arguments)

    def close(self) -> None:
        """Let the calls under way end. Idempotent."""
        self._work.close()
        self._outside.close()


class _Pool:
    """Threads behind a queue that has an end. Entered from the event loop alone."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting = 0

    async def run(self, call: Callable[..., R], *arguments: Any) -> R:
        if self._waiting >= MOST_WAITING:
            raise Overloaded("too many requests are waiting")
        self._waiting += 1
        try:
            in_context = partial(copy_context().run, call, *arguments)
            return await asyncio.get_running_loop().run_in_executor(self._threads, in_context)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown()
