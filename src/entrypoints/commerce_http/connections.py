"""Connections with an end to what a client may send before its request begins."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes that a request line and its headers may have; the parser itself sets no bound.
LARGEST_HEAD: Final = 1 << 17
#: Seconds that they may take.
LONGEST_HEAD: Final = 20.0


class Together:
    """A transport that sends what is written in one turn of the event loop together: an answer's head and body in one packet."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send *data* when this turn of the event loop ends."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)

    def close(self) -> None:
        """Send what is left, and hang up."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._held:
            self._transport.write(b"".join(self._held))
            self._held = []


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's connection, ended where a request's head is too long or too slow."""

    _head: int | None = 0  # bytes since the head began; None: it is complete, or none has begun since the last one
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Together(transport, self.loop))  # type: ignore[arg-type]
        self._late = self.loop.call_later(LONGEST_HEAD, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._arrived()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is None or self.transport.is_closing():
            return
        self._head += len(data)
        if self._head > LARGEST_HEAD:
            self.send_400_response("The head of the request is too long.")
        elif self._late is None:
            self._late = self.loop.call_later(LONGEST_HEAD, self.transport.close)

    def _arrived(self) -> None:
        self._head = None
        if self._late is not None:
            self._late.cancel()
            self._late = None
