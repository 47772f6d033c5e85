"""What goes out: JSON made by msgspec from shapes that live in this package alone."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple, cast

import attrs
import msgspec
from litestar.types import Receive, Scope, Send

from commerce_core.kernel.money import Money as CoreMoney
from commerce_http.web.compression import SMALLEST, VARY, as_gzip, compressed, takes_gzip

_JSON: Final = b"application/json"
_encoder: Final = msgspec.json.Encoder()
#: Nobody guesses what an answer is, and nobody keeps one that is about a person, or a refusal.
NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
NO_STORE: Final = (b"cache-control", b"no-store")
#: Public data sent to an authenticated client: cached by that client alone, and revalidated.
PRIVATE: Final = (b"cache-control", b"private, no-cache")


class RequestInfo(NamedTuple):
    """What answers depend on: the request's id, its ``traceparent``, the prefix
    at which the application is mounted (percent-encoded; none is empty), and whether its client
    came by TLS.
    """

    id: str = ""
    trace: str | None = None
    root: str = ""
    secure: bool = False


_request: ContextVar[RequestInfo] = ContextVar("request", default=RequestInfo())  # noqa: B039


class Shape(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True, gc=False):
    """Base of everything that is answered: camelCase keys, nothing in it that its class does not
    name. The document knows it by its class's name without ``Out``.
    """


#: A time in UTC (RFC 3339).
Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]


class Money(Shape):
    """An amount in major units, as decimal text with the currency's own number of decimals."""

    amount: str
    currency: str


def money(value: CoreMoney) -> Money:
    """*value* in a response."""
    return Money(amount=value.amount, currency=value.currency)


@attrs.frozen(kw_only=True)
class Reply:
    """An answer with more than a body. ``status`` of ``None`` is the operation's own.

    A ``Location`` is given below the prefix at which the application is mounted. ``cookies`` are
    Set-Cookie values without ``Path`` and ``Secure``, which the request decides.
    """

    body: Shape | None = None
    status: int | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    cookies: Iterable[str] = ()


def is_head(scope: Scope) -> bool:
    """Whether a request wants headers alone."""
    return bool(cast("dict[str, Any]", scope)["method"] == "HEAD")


class Payload:
    """Bytes on their way out: an ASGI application of one answer. A HEAD request gets its headers
    alone. ``gzip`` is the body compressed beforehand; ``None``: that is done as it is sent; empty:
    it gains nothing by it.
    """

    __slots__ = ("body", "gzip", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        media: bytes = _JSON,
        gzip: bytes | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.gzip = gzip
        self.headers: list[tuple[bytes, bytes]] = [NOSNIFF, VARY]
        if status not in (204, 304):
            self.headers.append((b"content-length", str(len(body)).encode()))
        if body:
            self.headers.append((b"content-type", media))
        for name, value in (headers or {}).items():
            self.add_header(name, value)

    def add_header(self, name: str, value: str) -> None:
        """One more header line."""
        self.headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))

    def to_asgi_response(self, app: object, request: object, **_: Any) -> "Payload":
        """What Litestar asks of a response that an exception handler returns."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, headers = self.body, self.headers
        if len(body) >= SMALLEST and self.gzip != b"" and takes_gzip(scope["headers"]):
            body = self.gzip or await compressed(body)
            headers = as_gzip(headers, len(body))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send(
            {
                "type": "http.response.body",
                "body": b"" if is_head(scope) else body,
                "more_body": False,
            }
        )


#: The media type of server-sent events.
MEDIA_EVENTS: Final = b"text/event-stream"


class EventStream(ABC):
    """An answer that goes on: an ASGI application that sends events as they happen."""

    @abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell them until there are no more, or nobody listens."""


def encoded(shape: Shape) -> bytes:
    """*shape* as JSON."""
    return _encoder.encode(shape)


def payload(result: object, status: int) -> Payload | EventStream:
    """What a handler returned (a shape, ``None``, a :class:`Reply`, or a finished payload) as an
    answer.
    """
    if isinstance(result, Shape):
        return Payload(status, encoded(result))
    if result is None:
        return Payload(status, b"")
    if isinstance(result, Reply):
        body = b"" if result.body is None else encoded(result.body)
        made = Payload(result.status or status, body)
        for name, value in result.headers.items():
            made.add_header(name, link(value) if name == "Location" else value)
        for cookie in result.cookies:
            made.add_header("Set-Cookie", _placed(cookie))
        return made
    if isinstance(result, (Payload, EventStream)):
        return result
    raise TypeError(f"a handler answered with a {type(result).__name__}")


def link(path: str) -> str:
    """*path* of this application as clients reach it: below the prefix at which it is mounted."""
    return _request.get().root + path


def _placed(cookie: str) -> str:
    request = _request.get()
    return f"{cookie}; Path={request.root or '/'}{'; Secure' if request.secure else ''}"


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return _request.get().id


def request_trace() -> str | None:
    """The trace context of the current request (a W3C ``traceparent``); ``None`` outside of one."""
    return _request.get().trace


def set_request(request: RequestInfo) -> None:
    """Remember which request this task answers."""
    _request.set(request)
