"""Authentication by a team's own means instead of sessions of the shop."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final

from litestar import Request

from commerce_core.accounts import Account, Buyer
from commerce_core.kernel.errors import CommerceError, Unavailable
from commerce_core.kernel.ids import UnusableId
from commerce_http.web.log import log

Caller = Account | Buyer
#: Says who sends a request; ``None``: a guest. Either waits itself (``async``) or runs in a thread.
Authenticator = Callable[[Request[Any, Any, Any]], Caller | Awaitable[Caller | None] | None]

_THREADS: Final = 8
_WAITING: Final = 256


class IdentityUnavailable(Unavailable):
    """The caller cannot be authenticated now: the identity service failed or did not answer in
    time. Nothing was done.
    """

    code = "identity-unavailable"


class Callers:
    """Calls a team's *authenticate* for each request, for *seconds* at most. Lives on the event
    loop.

    A call that takes longer goes on in its thread; requests that find every thread held up, and
    the queue before them full, are refused at once.
    """

    def __init__(self, authenticate: Authenticator, seconds: float) -> None:
        self._authenticate = authenticate
        self._seconds = seconds
        self._is_async = inspect.iscoroutinefunction(authenticate) or inspect.iscoroutinefunction(
            getattr(authenticate, "__call__", None)  # noqa: B004 (is it a coroutine function?)
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="http-callers")
        self._inside = 0

    @property
    def waiting(self) -> int:
        """Calls that have not come back, in threads and before them."""
        return self._inside

    async def of(self, request: Request[Any, Any, Any]) -> Caller | None:
        """Who sends *request*; ``None``: a guest.

        Raises:
            CommerceError: what *authenticate* refused with, such as an Unauthorized: 401.
            IdentityUnavailable: it failed, or took too long.
        """
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._authenticated(request)
        except CommerceError:
            raise
        except UnusableId as error:
            log(logging.ERROR, "authenticate answered what it must not", reason=str(error))
            raise IdentityUnavailable(f"who is calling cannot be served: {error}") from error
        except TimeoutError as error:
            raise IdentityUnavailable("the caller was not authenticated in time") from error
        except Exception as error:
            # Neither its words nor its values: they may hold what the client showed.
            log(logging.ERROR, "authenticate failed", error=type(error).__name__)
            raise IdentityUnavailable("the caller could not be authenticated") from error
        if found is not None and not isinstance(found, Account | Buyer):
            log(logging.ERROR, "authenticate returned a wrong type", answer=type(found).__name__)
            raise IdentityUnavailable("the caller could not be authenticated")
        return found

    def close(self) -> None:
        """Make no more calls. Idempotent."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _authenticated(self, request: Request[Any, Any, Any]) -> Any:
        if self._is_async:
            return await self._authenticate(request)  # type: ignore[misc] # (it is async)
        if self._inside >= _THREADS + _WAITING:
            raise IdentityUnavailable("too many requests wait for authentication")
        self._inside += 1
        future = self._threads.submit(copy_context().run, self._authenticate, request)
        future.add_done_callback(self._leave_on(asyncio.get_running_loop()))
        # A thread cannot be stopped: a call that takes too long still counts.
        return await asyncio.shield(asyncio.wrap_future(future))

    def _leave_on(self, loop: asyncio.AbstractEventLoop) -> Callable[[Future[Any]], None]:
        def decrement() -> None:
            self._inside -= 1

        def done(future: Future[Any]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(decrement)

        return done
