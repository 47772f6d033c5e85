"""The OpenAPI document for people: Swagger UI, served by the shop itself and loading nothing from
anywhere else.
"""

import zlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import attrs

from commerce_http.web.answers import Payload, link
from commerce_http.web.errors import RouteNotFound
from commerce_http.web.operations import operation

#: What is served, by name; everything else in the folder tells where it comes from.
MEDIA: Final[Mapping[str, bytes]] = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
    "start.js": b"text/javascript; charset=utf-8",
    "favicon-32x32.png": b"image/png",
}
# Swagger UI draws with data: images; its scripts and styles need nothing but to be loaded from
# here.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_AN_HOUR: Final = "public, max-age=3600"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Shop</title>
<link rel="stylesheet" href="{base}/swagger-ui.css">
<link rel="icon" type="image/png" href="{base}/favicon-32x32.png">
<script src="{base}/swagger-ui-bundle.js"></script>
<script src="{base}/start.js"></script>
</head>
<body>
<div id="document"></div>
<noscript><a href="{base}/openapi.json">openapi.json</a></noscript>
</body>
</html>
"""


@operation("GET", "/schema", answer_media=("text/html",), public=True)
def schema_page() -> Payload:
    """The document, for people."""
    # The prefix of a mount is percent-encoded: nothing of it can end an attribute.
    page = _PAGE.format(base=link("/schema")).encode()
    headers = {"Content-Security-Policy": _POLICY}
    return Payload(200, page, headers, media=b"text/html; charset=utf-8")


@operation(
    "GET", "/schema/{file}", problems=(RouteNotFound,), public=True,
    answer_media=("text/css", "text/javascript", "image/png"),
    headers={"Cache-Control": "It may be kept for an hour."},
)  # fmt: skip
def schema_file(file: str) -> Payload:
    """A style, script or picture of the page."""
    if file not in MEDIA:
        raise RouteNotFound("the page has no such file")
    asset = _asset(file)
    headers = {"Cache-Control": _AN_HOUR}
    return Payload(200, asset.body, headers, media=MEDIA[file], gzip=asset.gzip)


@attrs.frozen
class _Asset:
    body: bytes
    gzip: bytes


@cache
def _asset(file: str) -> _Asset:
    """A file of the page, compressed once: what anybody may ask for costs no processor time."""
    body = (resources.files("commerce_http.web") / "swagger_ui" / file).read_bytes()
    return _Asset(body, zlib.compress(body, wbits=31))
