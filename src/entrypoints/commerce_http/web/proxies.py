"""The client's address behind a proxy: the proxy's headers are used if it is one
of our own.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_PAIR: Final = re.compile(r'(?<![a-z])([a-z]+)=("(?:[^"\\]|\\.)*"|[^;,\s"]*)', re.IGNORECASE)
_SCHEMES: Final = frozenset({"http", "https"})


class TrustedProxies:
    """Reads ``X-Forwarded-For`` and ``-Proto``, or else ``Forwarded`` (RFC 7239), of requests that
    come from *networks*.

    From the right, each hop is used as long as the one that reported it is trusted. A proxy has
    to set one of the two kinds itself, whatever its client sent.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)

    def client_of(self, scope: Mapping[str, Any]) -> tuple[Any, str]:
        """``client`` and ``scheme`` of an ASGI scope as they were where the request left its
        client.
        """
        peer, scheme = scope.get("client"), scope.get("scheme") or "http"
        if not self._networks or not peer or not self._trusts(_address(str(peer[0]))):
            return peer, scheme
        for depth, (forwarded, by) in enumerate(_hops(scope["headers"])):
            scheme = by if by in _SCHEMES else scheme
            address = _address(forwarded)
            if address is None:  # it names nobody, or there is nothing but a scheme
                break
            peer = (str(address), 0)
            if depth == _MOST_HOPS or not self._trusts(address):
                break
        return peer, scheme

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


#: The most hops that are read.
_MOST_HOPS: Final = 20
#: The most characters read of one hop.
_LONGEST_HOP: Final = 500
NOBODY: Final = TrustedProxies(())


def _hops(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Address and scheme of every hop, the nearest first."""
    fors, protos = _listed(headers, b"x-forwarded-for"), _listed(headers, b"x-forwarded-proto")
    if fors or protos:
        fors, protos = fors[::-1] or [""], [proto.lower() for proto in protos[::-1]] or [""]
        return [(forwarded, protos[min(at, len(protos) - 1)]) for at, forwarded in enumerate(fors)]
    hops: list[tuple[str, str]] = []
    for element in _listed(headers, b"forwarded")[::-1]:
        pairs = {name.lower(): value.strip('"') for name, value in _PAIR.findall(element)}
        hops.append((pairs.get("for", ""), pairs.get("proto", "").lower()))
    return hops


def _listed(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    """The last elements of a list header, all of its lines together: as many as are read."""
    text = ",".join(value.decode("latin-1") for name, value in headers if name == wanted)
    forwarded = [
        element.strip()[:_LONGEST_HOP]
        for element in text.rsplit(",", _MOST_HOPS + 1)
        if element.strip()
    ]
    return forwarded[-_MOST_HOPS - 1 :]


def _address(text: str) -> Address | None:
    """The address in ``10.0.0.1``, ``10.0.0.1:80``, ``2001:db8::1`` or ``[2001:db8::1]:80``;
    ``None`` if there is none.
    """
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
