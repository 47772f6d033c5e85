"""How a page is drawn: templates that name every value they use, and headers that let a browser
run nothing but what comes from here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from commerce_core.kernel.money import Money
from commerce_http.web.answers import NO_STORE, Payload, link, request_id
from commerce_pages.web.assets import asset
from commerce_pages.web.sessions import placed
from commerce_pages.web.visits import Visit

_HTML: Final = b"text/html; charset=utf-8"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src {}; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_OWN_IMAGES: Final = ("'self'", "data:")
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY.format(" ".join(_OWN_IMAGES)),
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Pages:
    """Draws the pages of a shop called *name*, of which the *parts* are there; *hints* are log-ins
    that anybody may try, *image_hosts* those whose pictures are shown beside the shop's own.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[str],
        hints: Sequence[tuple[str, str, str]] = (),
        image_hosts: Sequence[str] = (),
    ) -> None:
        self._image_hosts = frozenset(image_hosts)
        images = (*_OWN_IMAGES, *(f"https://{host}" for host in image_hosts))
        self._headers = {
            **HEADERS, "Content-Security-Policy": _POLICY.format(" ".join(images)),
        }  # fmt: skip
        self._environment = Environment(
            loader=PackageLoader("commerce_pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        known: dict[str, Any] = {
            "shop_name": name, "parts": tuple(parts), "hints": tuple(hints), "link": link,
            "asset": asset, "query": _query, "request_id": request_id,
        }  # fmt: skip
        self._environment.globals.update(known)
        filters: dict[str, Callable[..., Any]] = {
            "money": _amount,
            "at": _moment,
            "machine_time": datetime.isoformat,
            "shown_picture": self._shown_picture,
        }
        self._environment.filters.update(filters)

    def draw(
        self,
        template: str,
        visit: Visit | None,
        *,
        status: int = 200,
        cookies: Sequence[str] = (),
        **values: Any,
    ) -> Payload:
        """A page: *template* with *values* for *visit*. Nobody keeps it."""
        caller = visit.caller if visit else None
        text = self._environment.get_template(template).render(caller=caller, **values)
        made = Payload(status, text.encode(), self._headers, media=_HTML)
        made.headers.append(NO_STORE)
        for cookie in cookies:
            made.add_header("Set-Cookie", cookie)
        return made

    def _shown_picture(self, url: str | None) -> str | None:
        """Where a browser gets a picture that is shown; of other hosts than those that are named
        none is fetched.
        """
        if not url:
            return None
        if url.startswith("/media/"):
            return link(url)
        try:
            found = urlsplit(url)
        except ValueError:
            return None
        is_named = found.scheme == "https" and found.netloc.lower() in self._image_hosts
        return url if is_named else None


def redirect(path: str, cookies: Sequence[str] = ()) -> Payload:
    """Go on at *path*, by a GET."""
    made = Payload(303, b"", {"Location": link(path), "Referrer-Policy": "same-origin"})
    made.headers.append(NO_STORE)
    for cookie in cookies:
        made.add_header("Set-Cookie", cookie)
    return made


def shared_cookies(visit: Visit, *cookies: str) -> list[str]:
    """*cookies* that the API knows as well, as this visit's browser is to keep them."""
    return [placed(visit.scope, cookie) for cookie in cookies]


def _amount(value: Money) -> str:
    return f"{value.amount} {value.currency}"


def _moment(value: datetime) -> str:
    return f"{value:%d %b %Y, %H:%M:%S} UTC"


def _query(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The address of *path* with a query of *pairs*."""
    return link(path) + ("?" + urlencode(pairs) if pairs else "")
