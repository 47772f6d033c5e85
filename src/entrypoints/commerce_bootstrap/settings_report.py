"""Settings as they may be shown and logged, and the secrets in them."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, cast
from urllib.parse import unquote

import attrs

from commerce_bootstrap.setting_values import masked_addresses
from commerce_bootstrap.settings import PREFIX, Settings
from commerce_core.kernel.service_address import ServiceAddress

_SHORTEST_SECRET: Final = 8
_OTLP_HEADERS: Final = re.compile("OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?HEADERS")


def described(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Name, value and meaning of every setting; what may be secret in an address is left out."""
    for a in attrs.fields(Settings):
        value = getattr(settings, a.name)
        text = f"{value.total_seconds():g}" if isinstance(value, timedelta) else _shown(value)
        if a.metadata["is_address"]:
            text = masked_addresses(cast("str | tuple[str, ...]", value))
        yield PREFIX + a.name.upper(), text, a.metadata["meaning"]


def known_secrets(settings: Settings, environment: Mapping[str, str]) -> frozenset[str]:
    """What is secret in the addresses of *settings*, and what collectors of traces are shown, as
    far as it is long enough to be no word.
    """
    fields = [a.name for a in attrs.fields(Settings) if a.metadata["is_address"]]
    values = [getattr(settings, name) for name in fields]
    addresses = [url for value in values for url in ((value,) if isinstance(value, str) else value)]
    headers = [text for name, text in environment.items() if _OTLP_HEADERS.fullmatch(name)]
    shown = [word for text in headers for word in re.split(r"[\s,;=:]+", text)]
    found = {
        *shown,
        *map(unquote, shown),
        *(secret for url in addresses for secret in ServiceAddress.parse(url).secrets()),
    }
    return frozenset(text for text in found if len(text) >= _SHORTEST_SECRET)


def _shown(value: object) -> str:
    return (
        ",".join(map(str, cast("tuple[object, ...]", value)))
        if isinstance(value, tuple)
        else str(value)
    )
