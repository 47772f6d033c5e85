"""A shop at an address."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import urlopen

from commerce_cli.output import WrongCall
from commerce_core.kernel.service_address import masked

_TIMEOUT = 10.0


def get(url: str, path: str, **query: str | int) -> Any:
    """What the shop at *url* answers to a GET.

    Raises:
        WrongCall: nothing answers there, or not as a shop does.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        shown = masked(url) if "@" in url or "?" in url else repr(url)
        raise WrongCall(f"{shown} is no address of a shop, like http://127.0.0.1:8000.")
    target = f"{url.rstrip('/')}{path}{'?' + urlencode(query, quote_via=quote) if query else ''}"
    try:
        with urlopen(target, timeout=_TIMEOUT) as answer:  # noqa: S310 (the scheme was checked)
            return json.load(answer)
    except HTTPError as error:
        raise WrongCall(f"{masked(url)}{path} answers {error.code}.") from error
    except (URLError, TimeoutError, ConnectionError) as error:
        raise WrongCall(
            f"No shop answers at {masked(url)} ({getattr(error, 'reason', None) or error})."
        ) from error
    except ValueError as error:
        raise WrongCall(f"What answers at {masked(url)} is no shop.") from error


def reachable(url: str) -> None:
    """Make sure that a shop answers at *url*.

    Raises:
        WrongCall: none does.
    """
    get(url, "/health/live")
