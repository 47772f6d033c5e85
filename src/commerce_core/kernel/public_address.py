"""Addresses of the public internet, for requests to where a client of ours says.

Such an address must not lead back into the network that the shop stands in. It is looked at twice:
the text when it is given, and every address that its name has at the moment of connecting.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import attrs

LONGEST_URL: Final = 2_000
_LONGEST_NAME: Final = 253
#: Neither what libraries read differently, as a backslash, nor what must be escaped.
_VISIBLE: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_DOTTED: Final = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")
_PORTS: Final = {"https": (443, 8443), "http": (80, 8080)}
#: Names that lead nowhere outside.
_LOCAL: Final = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp",
    "private", "arpa", "invalid", "test", "example", "onion")  # fmt: skip

#: What the registry of special-purpose addresses keeps from being reached, and multicast.
_NOT_PUBLIC: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
)  # fmt: skip
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: Parts of it that are no hosts', or in which an address of IPv4 is hidden: protocols and Teredo,
#: documentation, 6to4, routing.
_NOT_HOSTS: Final = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)
#: The addresses of ISATAP, which hide one of IPv4 in any network.
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_MOST_PORTS: Final = 65_535


class NotPublic(ValueError):
    """An address cannot be used; the sentence says why and does not repeat it."""


@attrs.frozen(kw_only=True)
class PublicUrl:
    """A URL in its parts. *host* is in small letters, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as they are sent."""

    @property
    def authority(self) -> str:
        """Host, and port where it is not the scheme's own: the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme][0] else f"{host}:{self.port}"


def public_url(text: str, *, http: bool = False, private: bool = False) -> PublicUrl:
    """*text* as a URL that a request may go to, as far as its text says.

    Args:
        text: as a client wrote it.
        http: whether ``http://`` will do.
        private: whether it may lead anywhere, by any port: for development and tests.

    Raises:
        NotPublic: it may not.
    """
    if len(text) > LONGEST_URL or not _VISIBLE.fullmatch(text):
        raise NotPublic(f"must be a URL of up to {LONGEST_URL} visible characters of ASCII")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotPublic("is no URL") from None
    scheme = parts.scheme
    if scheme not in (("https", "http") if http else ("https",)):
        raise NotPublic("must begin with https://" + (" or http://" if http else ""))
    if "@" in parts.netloc:
        raise NotPublic("must not hold a user's name or password")
    if parts.fragment or "#" in text:
        raise NotPublic("must not have a fragment")
    if parts.netloc.endswith(":") or (port is not None and not 0 < port <= _MOST_PORTS):
        raise NotPublic("has a port that is none")
    if port is not None and not private and port not in _PORTS[scheme]:
        allowed = " or ".join(map(str, _PORTS[scheme]))
        raise NotPublic(f"must have the port {allowed}")
    host = _host(parts.netloc, parts.hostname or "", private=private)
    path = parts.path or "/"
    return PublicUrl(
        scheme=scheme,
        host=host,
        port=port or _PORTS[scheme][0],
        target=f"{path}?{parts.query}" if parts.query else path,
    )


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether *address* is a host's on the public internet. One of IPv6 in which one of IPv4 is
    hidden (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is not, whatever it hides.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    hidden = (int(address) >> 32) & 0xFFFF_FFFF
    return hidden not in _ISATAP and not any(address in network for network in _NOT_HOSTS)


def _host(netloc: str, host: str, *, private: bool) -> str:
    if netloc.startswith("["):
        try:
            address = IPv6Address(host)
        except ValueError:
            raise NotPublic("has a host that is no address of IPv6") from None
        return _checked(address, private=private)
    labels = host.split(".")
    if not host or len(host) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise NotPublic(
            "has a host that is no name: letters, digits, hyphens, dots, and none at its end"
        )
    if labels[-1][0].isdigit():  # whatever ends in a number is read as an address somewhere
        if not _DOTTED.fullmatch(host):
            raise NotPublic("has a host that is no address of IPv4: four numbers from 0 to 255")
        try:
            return _checked(ip_address(host), private=private)
        except ValueError as error:
            raise (
                error
                if isinstance(error, NotPublic)
                else NotPublic("has a host that is no address of IPv4: four numbers from 0 to 255")
            ) from None
    if not private and (len(labels) == 1 or labels[-1] in _LOCAL):
        raise NotPublic("has a host that is not on the public internet")
    return host


def _checked(address: IPv4Address | IPv6Address, *, private: bool) -> str:
    if not private and not is_public(address):
        raise NotPublic("leads to an address that is not on the public internet")
    return str(address)
