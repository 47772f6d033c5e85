"""Connections to addresses that were looked at before."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias, cast

import httpcore
from httpcore import SOCKET_OPTION

from commerce_core.kernel.public_address import is_public

Address: TypeAlias = IPv4Address | IPv6Address
#: What a name leads to: every address that it has at this moment. It may block, or raise OSError.
Lookup: TypeAlias = Callable[[str], Sequence[str]]

#: Lookups under way, those that hang included.
_LOOKUPS: Final = 64
#: Addresses of a name that a connection is tried with.
_TRIED: Final = 3


class Unreachable(Exception):
    """There is no way to a host; the sentence tells neither its name nor its addresses."""


def addresses_of(host: str) -> Sequence[str]:
    """What the system's resolver says of *host*."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Resolver:
    """Finds the addresses of a host, all of which must be public unless *private* ones will do.

    Lookups are made on threads of their own: nobody waits for a server of names that hangs, and of
    those there are only so many.
    """

    def __init__(self, *, private: bool, lookup: Lookup = addresses_of) -> None:
        self._private = private
        self._lookup = lookup
        self._room = threading.BoundedSemaphore(_LOOKUPS)

    async def resolve(self, host: str) -> Sequence[Address]:
        """The addresses of *host*, each once, in their order.

        Raises:
            Unreachable: it has none, or one that nothing may be sent to.
        """
        try:
            found = list(dict.fromkeys(map(ip_address, await self._texts(host))))
        except ValueError:
            raise Unreachable("its name leads to something that is no address") from None
        if not found:
            raise Unreachable("its name has no address")
        if not self._private and not all(map(is_public, found)):
            raise Unreachable("it leads to an address that is not on the public internet")
        return found

    async def _texts(self, host: str) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        if not self._room.acquire(blocking=False):
            raise Unreachable("too many names are being looked up")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def tell(found: Sequence[str]) -> None:
            if not answer.done():
                answer.set_result(found)

        def run() -> None:
            try:
                found = self._lookup(host)
            except (OSError, UnicodeError):
                found = ()
            finally:
                self._room.release()
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, found)

        threading.Thread(target=run, name="webhook-lookup", daemon=True).start()
        return await answer


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects by an address that has just been looked at, and asks for no name again: between the
    look and the connection nobody can exchange it. TLS and the header Host have the name.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._network = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's own signature)
        local_address: str | None = None,
        socket_options: "Iterable[SOCKET_OPTION] | None" = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = Unreachable("its name has no address")
        for address in (await self._resolver.resolve(host))[:_TRIED]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's own signature)
        socket_options: "Iterable[SOCKET_OPTION] | None" = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Unreachable("it is no host")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
