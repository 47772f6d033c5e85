"""A page of another site must not have a visitor's browser change anything here."""

from collections.abc import Mapping
from typing import Any

from commerce_http.web.frame import headers_of


def is_ours(scope: Any) -> bool:
    """Whether a page of ours has sent a request.

    Browsers say so by ``Sec-Fetch-Site``; those that do not send it, by ``Origin``. What says
    neither is refused: no token has to be kept, and none can be lost.
    """
    headers: Mapping[str, str] = headers_of(scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin, host = headers.get("origin"), headers.get("host")
    return bool(host) and origin == f"{scope['scheme']}://{host}"
