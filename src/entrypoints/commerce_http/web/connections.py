"""Connections with an end to what a client may send, how long it may take for that, and how many it
may have.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import attrs
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from commerce_bootstrap.settings import Settings
from commerce_core.kernel.batching import Overloaded
from commerce_http.web.errors import problem_of
from commerce_http.web.origin import Network, address_of, origin

#: Bytes that a request line and its headers may have; the parser itself sets no bound.
LARGEST_HEAD: Final = 1 << 17
#: Bytes of framing (sizes and extensions of chunks, trailers) for each byte of a body, beside as
#: many as a head may have.
_FRAMING: Final = 8
#: Seconds in which the rest of a request may arrive that is answered already: closing at once
#: would lose the answer.
LONGEST_REST: Final = 2.0
#: Seconds between two looks at what follows such an answer, and bytes that are read at each: a
#: picture that is too large is sent to its end.
_REST_EVERY: Final = 0.05
_REST_PIECE: Final = 1 << 19
#: Requests that may be sent ahead of the answer to the one before them.
MOST_AHEAD: Final = 64
#: Such requests from which on no more is read until they are answered.
_ENOUGH_AHEAD: Final = 16
#: Seconds in which a client that is one too many may send its request, and read that it is.
_LONGEST_REFUSAL: Final = 1.0


@attrs.frozen
class Times:
    """Seconds that a client may take: for a head, and to read what was sent."""

    head: float = 20.0
    send: float = 30.0


class Crowd:
    """How many connections are open, in all and by origin. Lives on the event loop.

    Args:
        most: in all.
        most_of_one: of one origin.
        proxies: networks of proxies, each of which speaks for many.
    """

    def __init__(self, most: int, most_of_one: int, proxies: Sequence[Network]) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._proxies = tuple(proxies)
        self._open: Counter[str] = Counter()
        self._all = 0

    def enter(self, peer: str) -> str | None:
        """Count a connection of *peer*: the name under which it is to :meth:`leave`; ``None``:
        there are too many already.
        """
        name = origin(peer)
        if self._all >= self._most or (
            self._open[name] >= self._most_of_one and not self._is_proxy(peer)
        ):
            return None
        self._all += 1
        self._open[name] += 1
        return name

    def leave(self, name: str) -> None:
        """It is closed."""
        self._all -= 1
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]

    def _is_proxy(self, peer: str) -> bool:
        address = address_of(peer)
        return address is not None and any(address in network for network in self._proxies)


class CoalescingTransport:
    """A transport that sends what is written in one turn of the event loop together: an answer's
    head and body in one packet.

    A client that does not read what it was sent within *seconds* is hung up on: it would be kept,
    and the answer with it.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, seconds: float
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._seconds = seconds
        self._held: list[bytes] = []
        self._sent = 0  # bytes, from the beginning
        self._due = 0  # so many of them have to be read by the time that is waited for
        self._unread: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        """Send *data* when this turn of the event loop ends."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)

    def close(self) -> None:
        """Send what is left, and hang up."""
        self._send()
        self._transport.close()

    def forget(self) -> None:
        """The connection is lost: there is nobody to wait for."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def is_closing(self) -> bool:
        """Whether nothing more is to be sent; checked with each piece that arrives."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._transport.write(data)
            self._held = []
            self._sent += len(data)
            if self._unread is None and self._transport.get_write_buffer_size():
                self._wait()

    def _wait(self) -> None:
        self._due = self._sent
        self._unread = self._loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        self._unread = None
        waiting = self._transport.get_write_buffer_size()
        if self._sent - waiting < self._due:
            self._transport.abort()
        elif waiting:
            self._wait()


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's connection, ended where a request's head is too long or too slow, where a body is
    nearly nothing but its framing, where what follows an early answer does not end, where answers
    are not read or not waited for, and at once where there are too many of them.

    Trailers are not read: they are no headers, and nobody here asks for them.
    """

    times: ClassVar[Times] = Times()
    crowd: ClassVar[Crowd | None] = None

    _head: int | None = (
        0  # bytes since the head began; None: it is complete, or none has begun since the last one
    )
    _rest = 0  # bytes that followed an answer since the last look
    _framed = 0  # bytes since the head ended, less those that the body makes up for
    _late: asyncio.TimerHandle | None = None
    _entered: str | None = None
    _answered: RequestResponseCycle | None = None  # the request that is being answered
    _is_complete = True  # whether the whole of the last request that began has arrived

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        coalescing: Any = CoalescingTransport(transport, self.loop, self.times.send)
        super().connection_made(coalescing)
        if self.crowd is not None:
            self._entered = self.crowd.enter(self.client[0] if self.client else "")
            if self._entered is None:
                self._refuse()
                self._late = self.loop.call_later(_LONGEST_REFUSAL, self._hang_up)
                return
        self._late = self.loop.call_later(self.times.head, self._hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        if self.crowd is not None and self._entered is not None:
            self.crowd.leave(self._entered)
            self._entered = None
        self.transport.forget()  # type: ignore[attr-defined]
        super().connection_lost(exc)
        # Requests that were sent ahead and this object hold one another: they would stay until
        # the collector comes round. The one being answered need not be the last that was sent.
        self.pipeline.clear()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        self._answered = None

    def on_message_begin(
        self,
    ) -> None:  # of the next request, perhaps behind one that is being answered
        self._head, self._framed, self._is_complete = 0, 0, False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is not None:  # else it is a trailer
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._framed -= (1 + _FRAMING) * len(body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) < MOST_AHEAD:
            super().on_headers_complete()  # raises where the address cannot be read
            self._arrived()
        else:
            self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        self._is_complete = True
        self._arrived()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.pipeline:  # what was sent ahead is answered before more is read
            self.flow.pause_reading()
        if self._is_over and self._late is None:
            self._late = self.loop.call_later(LONGEST_REST, self._hang_up)

    def data_received(self, data: bytes) -> None:
        if self.crowd is not None and self._entered is None:
            self.transport.close()
            return
        super().data_received(data)
        if len(self.pipeline) >= _ENOUGH_AHEAD:
            self.flow.pause_reading()
        # What follows is read for the sender's sake alone, and not at full speed.
        if self._is_over and not self.transport.is_closing():
            self._rest += len(data)
            if self._rest >= _REST_PIECE:
                self._rest = 0
                self.flow.pause_reading()
                self.loop.call_later(_REST_EVERY, self._read_on)
        if self.transport.is_closing():
            return
        if self._head is None:
            self._framed += len(data)
            if not self._is_complete and self._framed > LARGEST_HEAD:
                self.transport.abort()
            return
        self._head += len(data)
        if self._head > LARGEST_HEAD:
            self.send_400_response("The head of the request is too long.")
        elif self._late is None:
            self._late = self.loop.call_later(self.times.head, self._hang_up)

    @property
    def _is_over(self) -> bool:
        """Whether a request is answered of which not everything has arrived."""
        return self._head is None and not self._is_complete and self.cycle.response_complete

    def _unsupported_upgrade_warning(self) -> None:
        """Upgrades to another protocol than HTTP/1.1 are not supported: the request is answered as
        it is.
        """

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _arrived(self) -> None:
        self._head = None
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _hang_up(self) -> None:
        self._late = None
        self.transport.close()

    def _refuse(self) -> None:
        refusal = problem_of(Overloaded("too many connections are open"))
        head = [
            b"HTTP/1.1 503 Service Unavailable",
            *(b"%s: %s" % pair for pair in refusal.headers),
            b"connection: close",
            b"",
            b"",
        ]
        self.transport.write(b"\r\n".join(head) + refusal.body)


def bounded_by(settings: Settings) -> type[BoundedConnection]:
    """Connections within the bounds of *settings*, counted together."""

    class Bounded(BoundedConnection):
        times = Times(
            head=settings.head_timeout.total_seconds(), send=settings.send_timeout.total_seconds()
        )
        crowd = Crowd(
            settings.connections, settings.connections_per_origin, settings.trusted_proxies
        )

    return Bounded
