"""Where a request comes from: what limits of one client are counted by."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

#: A peer without an address, such as one at a socket in the file system.
NOWHERE: Final = "local"
#: Somebody who has one address of IPv6 has a network of so many bits.
_HOUSEHOLD: Final = 64


def origin_of(scope: Any) -> str:
    """The origin of a request: its client's address, which only a trusted proxy may have named in
    place of its own.
    """
    client = scope.get("client")
    return origin(client[0]) if client else NOWHERE


@lru_cache(4_096)
def origin(peer: str) -> str:
    """What the address *peer* counts as."""
    address = address_of(peer)
    if address is None:
        return NOWHERE
    return (
        str(address)
        if isinstance(address, IPv4Address)
        else str(ip_network((address, _HOUSEHOLD), strict=False))
    )


def address_of(peer: str) -> Address | None:
    """The address that *peer* is; ``None`` if it is none."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
