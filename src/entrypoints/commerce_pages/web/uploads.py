"""A file that a form brings: handed on as it arrives, and kept nowhere on the way."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

import attrs
from litestar import Request
from multipart import (  # pyright: ignore[reportMissingTypeStubs] (annotated, and does not say so)
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from commerce_core.kernel.errors import Invalid
from commerce_http.web.body import check_media, pieces
from commerce_http.web.errors import Malformed
from commerce_http.web.frame import headers_of

_Event = MultipartSegment | bytes | bytearray | None
_BOUNDARY: Final = re.compile(r';\s*boundary="?([^\s";,]{1,70})', re.IGNORECASE)
_MEDIA: Final = "multipart/form-data"
#: Parts of a form with a file: what stands beside it is little.
_MOST_PARTS: Final = 8


@attrs.frozen
class SentFile:
    """What a file is called where it comes from, and its bytes as they arrive: to be read once, to
    the end.
    """

    name: str
    content: AsyncIterator[bytes]


async def sent_file(request: "Request[Any, Any, Any]", *, pause: float, total: float) -> SentFile:
    """The file of the form that *request* sends, which may take *total* seconds to arrive and
    pause for *pause*. Its other parts are passed over.

    Raises:
        UnsupportedMediaType: it sends no form with a file.
        Malformed: the form is broken, incomplete, or does not arrive in time; also while the
            content is read.
        Invalid: no file was chosen.
    """
    headers = headers_of(request.scope)
    check_media(headers, (_MEDIA,))
    boundary = _BOUNDARY.search(headers.get("content-type") or "")
    events = _events(request, boundary[1] if boundary else "", pause, total)
    async for event in events:
        if isinstance(event, MultipartSegment) and event.filename is not None:
            if not event.filename:
                break
            return SentFile(event.filename, _content(events))
    await events.aclose()
    raise Invalid.at("/file", "must be chosen")


async def _events(
    request: "Request[Any, Any, Any]", boundary: str, pause: float, total: float
) -> AsyncGenerator[_Event]:
    try:
        with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS) as parser:
            async for piece in pieces(request, pause=pause, total=total):
                for event in parser.parse(bytes(piece)):
                    yield event
    except MultipartError as error:
        raise Malformed(f"the form is broken: {error}") from error


async def _content(
    events: AsyncIterator[_Event],
) -> AsyncIterator[bytes]:
    is_over = False
    async for event in events:
        is_over = is_over or event is None
        if not is_over and isinstance(event, bytes | bytearray):
            yield bytes(event)
