"""What comes in: raw bytes, read exactly. Numbers with a point become ``Decimal``; every wrong
field is named at once.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, TypeVar

from litestar import Request

from commerce_core.kernel.bounded import MOST_NODES
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.json_text import decode_json
from commerce_http.web.errors import BODY, Malformed, TooLarge, UnsupportedMediaType
from commerce_http.web.frame import headers_of
from commerce_http.web.long_bodies import LONG_BODY

T = TypeVar("T")

#: Bytes that an ordinary JSON body may have.
BODY_LIMIT: Final = 1 << 20
#: Stands for all of them: the bytes are taken as they are.
ANY_MEDIA: Final = "*/*"


async def read_raw(request: "Request[Any, Any, Any]", limit: int, seconds: float) -> bytes:
    """The body's bytes.

    Raises:
        TooLarge: there are more than *limit*; the rest is not read.
        Malformed: the client went away in the middle of it, or took longer than *seconds* for the
            whole of it.
    """
    announced = headers_of(request.scope).get("content-length") or "0"
    if announced.isdecimal() and int(announced) > limit:
        raise TooLarge(f"at most {limit} bytes are taken here")
    chunks: list[bytes] = []
    size = 0
    async for chunk in pieces(request, pause=seconds, total=seconds):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"at most {limit} bytes are taken here")
        chunks.append(chunk)
    raw = (
        bytes(chunks[0]) if len(chunks) == 1 else b"".join(chunks)
    )  # a server may send any kind of buffer
    scope: Any = request.scope
    scope[BODY] = raw
    return raw


async def pieces(
    request: "Request[Any, Any, Any]", *, pause: float, total: float
) -> AsyncIterator[bytes]:
    """The body as it arrives.

    Raises:
        Malformed: the client went away in the middle of it, paused longer than *pause* seconds, or
            took longer than *total* for all of it.
    """
    now = asyncio.get_running_loop().time
    deadline = now() + total
    while True:
        try:
            async with asyncio.timeout_at(min(now() + pause, deadline)):
                message = await request.receive()
        except TimeoutError:
            raise Malformed("the body did not arrive in time") from None
        if message["type"] != "http.request":
            raise Malformed("the body is incomplete")
        if body := message.get("body"):
            yield body
        if not message.get("more_body"):  # ASGI lets a server leave out either
            return


def check_media(headers: Any, accepted: tuple[str, ...]) -> str:
    """The media type of the body.

    Raises:
        UnsupportedMediaType: not one of *accepted*, not UTF-8, or compressed.
    """
    first, *parameters = (headers.get("content-type") or "").lower().split(";")
    media = first.strip()
    if ANY_MEDIA in accepted:
        return media
    if media not in accepted:
        raise UnsupportedMediaType(f"the body must be {' or '.join(accepted)}")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType("the body must be UTF-8")
    if (headers.get("content-encoding") or "identity").lower() != "identity":
        raise UnsupportedMediaType("the body must not be compressed")
    return media


def decode(raw: bytes) -> Any:
    """*raw* as plain data.

    Raises:
        Malformed: not JSON, or not UTF-8.
        Invalid: an object in it has a name twice.
    """
    try:
        return decode_json(raw.decode())
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error
    except RecursionError as error:
        raise Malformed("the body is nested too deeply") from error
    except ValueError as error:
        raise Malformed(f"the body is no JSON: {error}") from error


def read(raw: bytes, kind: type[T], currency: str) -> T:
    """*raw* JSON as a *kind*.

    Raises:
        Malformed: not JSON.
        Invalid: names every wrong field; or there are more values than anything here has.
    """
    # Looked at before it is decoded: to make so many values takes long.
    if len(raw) > LONG_BODY and values_in(raw) > MOST_NODES:
        raise Invalid(
            [FieldProblem("", f"must not have more than {MOST_NODES:,} values")], truncated=True
        )
    return reader(currency).read(decode(raw), kind)


def values_in(raw: bytes) -> int:
    """How many values there are in *raw* JSON; an empty list counts as two."""
    bare = (
        b"".join(raw.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
        if b'"' in raw
        else raw
    )  # without texts
    return 1 + bare.count(b",") + bare.count(b"[") + bare.count(b"{")
