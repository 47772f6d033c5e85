"""The receivers of webhooks, over HTTP."""

import asyncio
import os
import re
import ssl
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import certifi
import httpcore
from standardwebhooks.webhooks import Webhook

from commerce_core import __version__
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.public_address import NotPublic, PublicUrl, public_url
from commerce_core.webhooks import ANSWERS_WITHIN, Answer, Post, Receivers
from commerce_webhooks.network import CheckedNetwork, Lookup, Resolver, Unreachable, addresses_of

_CHECKED_WITHIN: Final = 5.0
#: Bytes of an answer that are read: nobody looks at them.
_LONGEST_ANSWER: Final = 65_536
#: What OpenSSL calls a certificate that is for another name, or another address.
_OF_OTHERS: Final = (62, 64)
_AGENT: Final = f"commerce-core/{__version__}"


class HttpReceivers(Receivers):
    """Sends on an event loop of its own, on one thread: a receiver that hangs costs a socket.

    Redirects are not followed, no proxy of the environment is used, nothing of an answer but its
    status and Retry-After counts.

    Args:
        http: whether ``http://`` will do.
        private: whether any address will do, by any port: for development and tests.
        answers_within: how long connecting, sending and the whole answer may take.
        lookup: what resolves names, if not the system.
        trust: certificates beside those that the system and certifi trust.
    """

    def __init__(
        self,
        *,
        http: bool = False,
        private: bool = False,
        answers_within: timedelta = ANSWERS_WITHIN,
        lookup: Lookup = addresses_of,
        trust: str | None = None,
    ) -> None:
        self._http = http
        self._private = private
        self._seconds = answers_within.total_seconds()
        self._resolver = Resolver(private=private, lookup=lookup)
        self._network = CheckedNetwork(self._resolver)
        self._trust = trust
        self._tls: ssl.SSLContext | None = None
        self._starting = threading.Lock()
        self._running: tuple[int, asyncio.AbstractEventLoop] | None = None

    def check(self, url: str) -> None:
        try:
            to = self._parsed(url)
            if self._private:
                return
            looking = asyncio.run_coroutine_threadsafe(
                asyncio.wait_for(self._resolver.resolve(to.host), _CHECKED_WITHIN), self._loop()
            )
            looking.result()
        except TimeoutError:
            raise Invalid.at("/url", "its name cannot be looked up now") from None
        except (NotPublic, Unreachable) as error:
            raise Invalid.at("/url", str(error)) from None

    def post(self, post: Post) -> "Future[Answer]":
        return asyncio.run_coroutine_threadsafe(self._answer(post), self._loop())

    def close(self) -> None:
        """Give up what is under way. Idempotent."""
        with self._starting:
            running, self._running = self._running, None
        if running is not None and running[0] == os.getpid():
            running[1].call_soon_threadsafe(running[1].stop)

    def _loop(self) -> asyncio.AbstractEventLoop:
        """The event loop, begun where it is first needed: it belongs to one process."""
        with self._starting:
            if self._running is None or self._running[0] != os.getpid():
                loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(loop,), name="webhooks", daemon=True).start()
                self._running = (os.getpid(), loop)
            return self._running[1]

    def _parsed(self, url: str) -> PublicUrl:
        return public_url(url, http=self._http, private=self._private)

    async def _answer(self, post: Post) -> Answer:
        """What came of it; it never raises but when it is given up."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(self._parsed(post.url), post)
        except TimeoutError:
            return Answer(error=f"it did not answer within {self._seconds:g} s")
        except (NotPublic, Unreachable) as error:
            return Answer(error=str(error))
        except Exception as error:  # noqa: BLE001 (whatever goes wrong there concerns this alone)
            return Answer(error=_reason(error))

    async def _exchange(self, to: PublicUrl, post: Post) -> Answer:
        body = post.body.encode()
        request = httpcore.Request(
            "POST",
            httpcore.URL(
                scheme=to.scheme.encode(),
                host=to.host.encode(),
                port=to.port,
                target=to.target.encode(),
            ),
            headers=_headers(to, post, len(body)),
            content=body,
        )
        connection = httpcore.AsyncHTTPConnection(
            request.url.origin, ssl_context=self._context(), network_backend=self._network
        )
        async with connection:
            response = await connection.handle_async_request(request)
            try:
                await _read(response)
            finally:
                await response.aclose()
        headers = {name.lower(): value for name, value in response.headers}
        return Answer(
            status=response.status,
            error=None if 200 <= response.status < 300 else f"it answered {response.status}",
            retry_after=_retry_after(headers.get(b"retry-after"), post.at),
        )

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            made = ssl.create_default_context(cafile=self._trust)
            made.load_verify_locations(certifi.where())
            self._tls = made
        return self._tls


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in (tasks := asyncio.all_tasks(loop)):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()


def _headers(to: PublicUrl, post: Post, length: int) -> Sequence[tuple[bytes, bytes]]:
    at = post.at.astimezone(UTC)
    signatures = [Webhook(secret).sign(post.id, at, post.body) for secret in post.secrets]
    made: Mapping[str, str] = {
        "Host": to.authority,
        "Content-Type": "application/json",
        "Content-Length": str(length),
        "User-Agent": _AGENT,
        "Connection": "close",
        "webhook-id": post.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return [(name.encode(), value.encode()) for name, value in made.items()]


async def _read(response: httpcore.Response) -> None:
    """Take the answer to its end, so that the receiver is not cut off, but not at any length."""
    size = 0
    async for piece in response.aiter_stream():
        size += len(piece)
        if size > _LONGEST_ANSWER:
            return


def _retry_after(value: bytes | None, now: datetime) -> timedelta | None:
    text = (value or b"").decode("latin-1").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())


def _distrust(error: ssl.SSLCertVerificationError) -> str:
    """OpenSSL's words, but where they repeat the name."""
    ours = error.verify_code in _OF_OTHERS
    return "it is for another name" if ours else error.verify_message


def _reason(error: Exception) -> str:
    """One sentence that holds nothing of what was sent, nor where to."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {_distrust(cause)}"
        if isinstance(cause, ssl.SSLError):
            return "TLS cannot be agreed upon"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ConnectError):
        return "no connection can be made"
    if isinstance(error, httpcore.RemoteProtocolError | httpcore.LocalProtocolError):
        return "what it answered is no HTTP"
    return "the connection was lost"
