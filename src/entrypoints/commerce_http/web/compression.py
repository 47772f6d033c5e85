"""Answers in fewer bytes, for clients that take gzip.

An answer of our own is one body that is ready when it is sent, so it is compressed where it is
sent: events are never held up, and requests that do not ask for it pay for one look at their
headers. Litestar's middleware leaves a strong ETag as it is on bytes that are other bytes.
"""

import asyncio
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Headers = Iterable[tuple[bytes, bytes]]

VARY: Final = (b"vary", b"Accept-Encoding")
#: What the entity tag of a compressed answer ends with: its bytes are others.
SUFFIX: Final = "-gzip"
#: Bytes below which an answer fits into one packet as it is.
SMALLEST: Final = 1_024
#: Bytes from which it takes long enough to be done beside the event loop.
_LARGE: Final = 1 << 15
#: A third of the time of zlib's default, for a tenth more bytes.
_LEVEL: Final = 2
_GZIP: Final = 31
_LONGEST_HEADER: Final = 500


def takes_gzip(headers: Headers) -> bool:
    """Whether the client of a request with *headers* would rather have gzip than no coding."""
    accepted = b",".join(value for name, value in headers if name == b"accept-encoding")
    return bool(accepted) and len(accepted) <= _LONGEST_HEADER and _prefers_gzip(accepted)


async def compressed(body: bytes) -> bytes:
    """*body* as gzip."""
    if len(body) < _LARGE:
        return zlib.compress(body, _LEVEL, _GZIP)
    return await asyncio.to_thread(zlib.compress, body, _LEVEL, _GZIP)


def as_gzip(headers: Headers, length: int) -> list[tuple[bytes, bytes]]:
    """*headers* of an answer once its body is gzip of *length* bytes."""
    made = [(b"content-encoding", b"gzip"), (b"content-length", str(length).encode())]
    for name, value in headers:
        if name == b"etag":
            made.append((name, value[:-1] + SUFFIX.encode() + value[-1:]))
        elif name != b"content-length":
            made.append((name, value))
    return made


@lru_cache(256)
def _prefers_gzip(accepted: bytes) -> bool:
    weights = dict(map(_weighted, accepted.decode("latin-1").lower().split(",")))
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weighted(element: str) -> tuple[str, float]:
    coding, *parameters = element.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return coding.strip(), float(value)
            except ValueError:
                return coding.strip(), 0.0
    return coding.strip(), 1.0
