"""Styles and scripts, each under a name that holds its digest: a browser keeps it for good."""

import hashlib
import zlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import attrs
from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from commerce_http.web.answers import Payload, link
from commerce_http.web.errors import RouteNotFound

_FOLDER: Final = resources.files("commerce_pages") / "static"
#: What is served; everything else in the folder says where it comes from.
SERVED: Final[Mapping[str, bytes]] = {
    "pico.min.css": b"text/css; charset=utf-8",
    "shop.css": b"text/css; charset=utf-8",
    "htmx.min.js": b"text/javascript; charset=utf-8",
    "sse.min.js": b"text/javascript; charset=utf-8",
}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@attrs.frozen
class _Asset:
    body: bytes
    gzip: bytes
    media: bytes


@cache
def _assets() -> tuple[Mapping[str, str], Mapping[str, _Asset]]:
    """Where each file is, and what is there. Compressed once: it costs no processor time after."""
    paths: dict[str, str] = {}
    found: dict[str, _Asset] = {}
    for file, media in SERVED.items():
        body = (_FOLDER / file).read_bytes()
        stem, _, ending = file.rpartition(".")
        name = f"{stem}-{hashlib.sha256(body).hexdigest()[:16]}.{ending}"
        paths[file] = f"/static/{name}"
        found[name] = _Asset(body, zlib.compress(body, wbits=31), media)
    return paths, found


def asset(file: str) -> str:
    """Where *file* is served."""
    return link(_assets()[0][file])


def assets_route() -> HTTPRouteHandler:
    """What serves them."""

    async def serve_asset(request: Request[Any, Any, Any]) -> ASGIApp:
        found = _assets()[1].get(request.path_params["file"])
        if found is None:
            raise RouteNotFound("the pages have no such file")
        headers = {"Cache-Control": _FOR_GOOD}
        return Payload(200, found.body, headers, media=found.media, gzip=found.gzip)

    return HTTPRouteHandler(
        "/static/{file:str}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        status_code=200,
        include_in_schema=False,
    )(serve_asset)
