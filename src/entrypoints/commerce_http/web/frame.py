"""What is put in order before anything else sees a request, whichever server or application hands
it over.
"""

import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from commerce_http.web.errors import RouteNotFound, problem_of
from commerce_http.web.proxies import TrustedProxies

#: Where the headers of a request are kept once they were read.
_HEADERS: Final = "commerce.headers"
#: What another application left in a scope, which ours would take for its own.
_OF_OTHERS: Final = (
    "_ls_connection_state", "path_params", "path_template", "route_handler", _HEADERS
)  # fmt: skip
#: The code of a close before a connection was accepted, which servers answer with 403.
_NOT_SPOKEN: Final = 1000
#: Letters, digits, ``-._~`` and the slash written as ``%XX``.
_NEEDLESSLY_ENCODED: Final = re.compile(
    rb"%(?:2[DEF]|3\d|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE
)


class Frame:
    """Wraps *app*: every key that a server may leave out of a scope is there, and ``client`` and
    ``scheme`` are those of the client and not of *proxies*. What is neither HTTP nor a lifespan is
    refused: nothing else is spoken here.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if str(scope["type"]) == "http":
            scope = cast("Scope", self._complete(cast("dict[str, Any]", scope)))
        elif str(scope["type"]) != "lifespan":
            return send({"type": "websocket.close", "code": _NOT_SPOKEN, "reason": None})
        return self._app(scope, receive, send)

    def _complete(self, given: dict[str, Any]) -> dict[str, Any]:
        scope: dict[str, Any] = {"query_string": b"", "raw_path": None, **given}
        for key in _OF_OTHERS:
            scope.pop(key, None)
        if not isinstance(scope.get("headers"), list):
            scope["headers"] = [
                (bytes(name), bytes(value)) for name, value in scope.get("headers") or ()
            ]
        root = scope["root_path"] = (scope.get("root_path") or "").rstrip("/")
        if root and not f"{scope['path']}/".startswith(
            f"{root}/"
        ):  # some servers take the prefix off
            scope["path"] = root + scope["path"]
        scope["client"], scope["scheme"] = self._proxies.client_of(scope)
        return scope


class OneSpelling:
    """Wraps *app*: an address counts as it is written in the contract alone.

    A proxy that keeps ``/metrics`` to itself must not be passed by with ``//metrics``,
    ``/metrics/`` or ``/%6Detrics``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if str(scope["type"]) == "http" and not _is_plain(cast("dict[str, Any]", scope)):
            return problem_of(RouteNotFound("there is nothing at this address"))(
                scope, receive, send
            )
        return self._app(scope, receive, send)


def _is_plain(scope: dict[str, Any]) -> bool:
    raw: bytes = scope["raw_path"] or scope["path"].encode(
        errors="replace"
    )  # as it was sent, where the server provides it
    raw = raw.partition(b"?")[0]
    if b"//" in raw or (raw.endswith(b"/") and local_path(scope) != "/"):
        return False
    return b"%" not in raw or not scope["raw_path"] or not _NEEDLESSLY_ENCODED.search(raw)


def headers_of(scope: Any) -> Mapping[str, str]:
    """The headers of a request by their names in small letters, of several lines the first. Made
    once a request, where Litestar's own are made anew for each look.
    """
    known: dict[str, str] | None = scope.get(_HEADERS)
    if known is None:
        known = scope[_HEADERS] = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in reversed(scope["headers"])
        }
    return known


def lines_of(scope: Any, name: str) -> list[str]:
    """The values of every line of header *name*."""
    wanted = name.encode()
    return [value.decode("latin-1") for given, value in scope["headers"] if given == wanted]


def local_path(scope: Any) -> str:
    """The path of a scope without the prefix at which the application is mounted."""
    path: str = scope["path"]
    return path[len(scope["root_path"]) :] or "/"
