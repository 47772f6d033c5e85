"""The timeline of an order as server-sent events."""

import asyncio
import re
from typing import Final

import msgspec
from litestar.types import Receive, Scope, Send

from commerce_core.orders import TimelineCursor, TimelineEntry
from commerce_http.orders.watch import TimelineWatch
from commerce_http.web.answers import MEDIA_EVENTS, NO_STORE, NOSNIFF, EventStream, is_head
from commerce_http.web.errors import Malformed

_KEEP_ALIVE: Final = 15.0
_NUMBER: Final = re.compile("[0-9]{1,9}")


def entry_number(last_event_id: str | None) -> int:
    """The number of the entry that a client saw last; 0 when it saw none.

    Raises:
        Malformed: no number that a stream of ours gave out.
    """
    if last_event_id is None:
        return 0
    if not _NUMBER.fullmatch(last_event_id):
        raise Malformed("Last-Event-ID is no number of an event")
    return int(last_event_id)


class TimelineStream(EventStream):
    """What stands behind *cursor*, and everything that follows up to the last entry. Ends early
    when the process does.
    """

    def __init__(self, watch: TimelineWatch, cursor: TimelineCursor) -> None:
        self._watch = watch
        self._cursor = cursor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._watch.enter(self._cursor.key.buyer_id)  # before anything is sent: it may refuse
        try:
            await self._answer(scope, receive, send)
        finally:
            self._watch.leave(self._cursor.key.buyer_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", MEDIA_EVENTS),
            NO_STORE,
            NOSNIFF,
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if is_head(scope):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        disconnected = asyncio.create_task(_disconnected(receive))
        sending = asyncio.create_task(self._send_events(send))
        try:
            await asyncio.wait((disconnected, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (disconnected, sending):
                task.cancel()
            await asyncio.gather(disconnected, sending, return_exceptions=True)

    async def _send_events(self, send: Send) -> None:
        cursor, over = self._cursor, False
        while not over and self._watch.is_open:
            entries = await self._watch.after(cursor, _KEEP_ALIVE)
            text = b"".join(event(entry) for entry in entries) or b": still here\n\n"
            await send({"type": "http.response.body", "body": text, "more_body": True})
            if entries:
                cursor = TimelineCursor(cursor.key, entries[-1].seq)
                over = any(entry.fact.is_last for entry in entries)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(entry: TimelineEntry) -> bytes:
    """*entry* as one event."""
    data = msgspec.json.encode(
        {"type": entry.fact.value, "at": entry.at, "detail": dict(entry.detail)}
    )
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.seq, entry.fact.value.encode(), data)
