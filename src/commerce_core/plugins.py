"""Adapters found by name: one that is installed with an entry point can be chosen by the scheme
of a URL.

An entry point names a function of *(url, context)*; a broker's takes the consumers and where to
park messages as well. Only what is configured is loaded.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import NotFound
from commerce_core.kernel.messaging import LocalQueues

SEARCH: Final = "commerce_core.search"
BROKERS: Final = "commerce_core.brokers"
PAYMENT_GATEWAYS: Final = "commerce_core.payment_gateways"
CARRIERS: Final = "commerce_core.carriers"
CHANNELS: Final = "commerce_core.channels"
MEDIA_STORES: Final = "commerce_core.media_stores"


@attrs.frozen(kw_only=True)
class PluginContext:
    """What every plugin is given beside its URL: the shop's *currency* and *clock*, and how long a
    call to the outside may take.

    A gateway's or carrier's call is given up after ``call_timeout`` whatever the adapter does; one
    that keeps the limit itself frees its thread and its connection.

    A broker's finds here the queues of the shop's own database, a channel's whom messages come
    from.
    """

    currency: str
    clock: Clock
    call_timeout: timedelta = timedelta(seconds=8)
    queues: LocalQueues | None = None
    shop_name: str = "Shop"
    mail_from: str = "shop@localhost"


class PluginNotFound(NotFound):
    """Nothing that is installed answers to this scheme."""

    code = "plugin-not-found"


def load(group: str, url: str) -> Callable[..., Any]:
    """The function that the entry point of *group* called like the scheme of *url* names.

    Raises:
        PluginNotFound: nobody offers the scheme; the error names who is there.
    """
    name = scheme(url)
    known = {point.name: point for point in _installed().select(group=group)}
    if name not in known:
        raise PluginNotFound(
            f"{name!r} is none of {', '.join(sorted(known)) or 'nothing'} ({group})"
        )
    loaded: Callable[..., Any] = known[name].load()
    return loaded


@lru_cache(maxsize=1)
def _installed() -> Any:
    """What is installed when the first part is opened: to look takes longer than to open it."""
    return entry_points()


def scheme(url: str) -> str:
    """What *url* begins with, up to the colon, in small letters. Hosts may follow that no library
    reads as one address.
    """
    return url.partition(":")[0].lower()


def name_of(url: str) -> str:
    """What the part at *url* is called: what its option ``name`` says, else its scheme."""
    return options(url).get("name") or scheme(url)


def file_path(url: str, default: str) -> Path:
    """Where *url* points on this machine: three slashes begin a relative path, four an absolute
    one; none is *default*.
    """
    path = urlsplit(url).path
    return Path(path[1:]) if len(path) > 1 else Path(default)


def options(url: str) -> dict[str, str]:
    """What stands behind the question mark of *url*."""
    return dict(parse_qsl(url.partition("?")[2]))
