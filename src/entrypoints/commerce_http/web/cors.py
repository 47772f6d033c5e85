"""Cross-origin requests: which other sites' pages may call the shop from a browser.

Litestar's own middleware replaces ``Vary``, and says nothing of ``Origin`` in it to a request
without one: a cache would give one site's answer to another.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from commerce_http.web.answers import Payload
from commerce_http.web.operations import Operation

#: Request headers that no operation names, and which clients send.
_REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "X-Cart-Token",
    "X-Request-ID",
    "traceparent",
)
_RESPONSE_HEADERS: Final = ("ETag", "Retry-After", "WWW-Authenticate", "X-Request-ID")
#: Seconds for which a browser remembers what it may send.
_REMEMBERED: Final = 600
_ANY: Final = "*"

Lines = list[tuple[bytes, bytes]]


class Cors:
    """Wraps *app*: pages of *origins* may call it, with the guest's cookie unless they are all
    (``*``).
    """

    def __init__(
        self, app: ASGIApp, origins: Sequence[str], operations: Sequence[Operation]
    ) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins if origin != _ANY)
        self._any = _ANY in origins
        named = (a.header.name for o in operations for a in o.arguments if a.header)
        exposed = (name for o in operations for name in o.headers if name != "Set-Cookie")
        self._exposed = [(b"access-control-expose-headers", _joined(_RESPONSE_HEADERS, exposed))]
        self._allowed = [
            (
                b"access-control-allow-methods",
                _joined(("GET", "HEAD"), (o.method for o in operations)),
            ),
            (b"access-control-allow-headers", _joined(_REQUEST_HEADERS, named)),
            (b"access-control-max-age", str(_REMEMBERED).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return
        request_headers = dict(scope["headers"])
        origin = request_headers.get(b"origin")
        if origin and _is_preflight(cast("dict[str, Any]", scope)["method"], request_headers):
            preflight = Payload(204, b"")
            preflight.headers += [
                *self._origin_headers(origin),
                *(self._allowed if self._admits(origin) else ()),
            ]
            await preflight(scope, receive, send)
            return
        more = [*self._origin_headers(origin), *(self._exposed if self._admits(origin) else ())]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _admits(self, origin: bytes | None) -> bool:
        return origin is not None and (self._any or origin in self._origins)

    def _origin_headers(self, origin: bytes | None) -> Lines:
        """Headers that say who may read the response: with a list of origins they depend on it."""
        if self._any:
            return [(b"access-control-allow-origin", b"*")] if origin else []
        vary = (b"vary", b"Origin")
        if origin is None or origin not in self._origins:
            return [vary]
        return [
            vary,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
        ]


def _is_preflight(method: str, headers: dict[bytes, bytes]) -> bool:
    return method == "OPTIONS" and b"access-control-request-method" in headers


def _joined(always: Iterable[str], others: Iterable[str]) -> bytes:
    return ", ".join(dict.fromkeys([*always, *sorted({*others})])).encode()
