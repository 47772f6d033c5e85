"""How the text of a setting is read: one function for each kind of value, which says what is wrong
in a sentence that names the setting.
"""

import re
from collections.abc import Callable
from datetime import UTC, timedelta, tzinfo
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from commerce_core.kernel.service_address import ServiceAddress, masked

#: Characters that a file with a setting may have.
_LONGEST_FILE: Final = 65_536
Network = IPv4Network | IPv6Network


class WrongSetting(Exception):
    """A setting cannot be used; the text is one sentence that names it."""


class PartAway(WrongSetting):
    """The server at an address does not answer, and may do so later; *part* is what it is to the
    shop.
    """

    def __init__(self, part: str, text: str) -> None:
        super().__init__(text)
        self.part = part


def url(name: str, text: str) -> str:
    """The address, its login spelled so that every library reads it alike. What cannot be used is
    not repeated: it may be a secret.
    """
    if not re.match(r"[a-z][a-z0-9+]*://", text):
        raise WrongSetting(f"{name} must be an address like sqlite:///var/shop.db.")
    address = ServiceAddress.parse(text)
    try:
        address.check_ports()
        return address.spelled() if address.login is not None else text
    except ValueError as error:
        raise WrongSetting(f"{name}: {error}.") from error


def urls(name: str, text: str) -> tuple[str, ...]:
    return tuple(url(name, part.strip()) for part in text.split(",") if part.strip())


def seconds(name: str, text: str) -> timedelta:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.001 <= seconds <= 86_400:
        raise WrongSetting(f"{name} must be seconds between 0.001 and 86400, not {text!r}.")
    return timedelta(seconds=seconds)


def integer(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise WrongSetting(
                f"{name} must be a whole number between {least} and {most}, not {text!r}."
            )
        return int(text)

    return read


def one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in words:
            raise WrongSetting(f"{name} must be {' or '.join(words)}, not {text!r}.")
        return text

    return read


def some_of(*words: str) -> Callable[[str, str], tuple[str, ...]]:
    """Reads any of *words*, a comma between them."""

    def read(name: str, text: str) -> tuple[str, ...]:
        found = tuple(word.strip() for word in text.split(",") if word.strip())
        if strange := [word for word in found if word not in words]:
            raise WrongSetting(f"{name} must be some of {', '.join(words)}, not {strange[0]!r}.")
        return tuple(word for word in words if word in found)

    return read


def currency(name: str, text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise WrongSetting(
            f"{name} must be a currency code of three capital letters, not {text!r}."
        )
    return text


def text_of(name: str, text: str) -> str:
    if not text.strip():
        raise WrongSetting(f"{name} must not be empty.")
    return text


def language(name: str, text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", text):
        raise WrongSetting(f"{name} must be a language like en, de or de-CH, not {text!r}.")
    return text


def time_zone(name: str, text: str) -> str:
    try:
        zone_of(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise WrongSetting(
            f"{name} must be a time zone like Europe/Berlin, not {text!r}."
        ) from error
    return text


def zone_of(name: str) -> tzinfo:
    """The time zone of this name."""
    return UTC if name == "UTC" else ZoneInfo(name)


def function(name: str, text: str) -> str:
    """Where a function lies, as ``module:function``."""
    if not re.fullmatch(r"[^\W\d][\w.]*:[^\W\d]\w*", text):
        raise WrongSetting(f"{name} must be module:function, not {text!r}.")
    return text


def origins(name: str, text: str) -> tuple[str, ...]:
    found = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for origin in found:
        if found != ("*",) and not re.fullmatch(r"https?://[^/?#@*,\s]+", origin):
            raise WrongSetting(
                f"{name} must be origins like https://shop.example.com, or * alone, not {origin!r}."
            )
    return tuple(_without_default_port(origin) for origin in found)


def hosts(name: str, text: str) -> tuple[str, ...]:
    found = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for host in found:
        if not re.fullmatch(r"(?=.{1,253}(:|$))[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", host):
            raise WrongSetting(f"{name} must be hosts like images.example.com, not {host!r}.")
    return tuple(host.removesuffix(":443") for host in dict.fromkeys(found))


def _without_default_port(origin: str) -> str:
    """As a browser sends it (RFC 6454, section 6.1)."""
    scheme, _, _ = origin.partition(":")
    return origin.removesuffix(":443" if scheme == "https" else ":80")


def networks(name: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise WrongSetting(
            f"{name} must be addresses or networks, comma between them, not {text!r}: {error}."
        ) from error


def masked_addresses(value: str | tuple[str, ...]) -> str:
    """One address or several, without what may be secret in them."""
    return ",".join(masked(url) for url in ((value,) if isinstance(value, str) else value) if url)


def content(name: str, file: Path) -> str:
    """What *file* holds, which the setting *name* names."""
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(_LONGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise WrongSetting(f"{name}: {file} cannot be read ({reason}).") from error
    if not text.strip() or len(text) > _LONGEST_FILE:
        raise WrongSetting(f"{name}: {file} must hold the value, and nothing else.")
    return text.strip()
