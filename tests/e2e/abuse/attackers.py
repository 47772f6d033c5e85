"""Sixty connections that mean no good, in a process of their own: ``python attackers.py KIND HOST
PORT SECONDS`` with a plan as JSON.

Each kind is one connection's way of being a nuisance, begun anew until the time is over. What was
answered is counted by status; a connection that the shop refused or ended counts as ``closed``, one
that it lets hang as ``hung``.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

CONNECTIONS: Final = 60
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Line:
    """One connection, opened when it is needed."""

    def __init__(self, host: str, port: int, counts: Counter[str]) -> None:
        self._at = (host, port)
        self._counts = counts
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> asyncio.StreamWriter:
        """The connection's writing end."""
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection(*self._at, limit=1 << 26)
        return self.writer

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        """Send a request, and count how it is answered."""
        writer = await self.open()
        writer.write(
            head(method, path, None if body is None else len(body), **headers) + (body or b"")
        )
        return await self.answered()

    async def answered(self) -> int:
        """Read one answer to its end."""
        response_head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(response_head[9:12])
        self._counts[str(status)] += 1
        _, found, length = response_head.partition(b"content-length: ")
        if found:
            await self.reader.readexactly(int(length.partition(b"\r\n")[0]))
        if b"connection: close" in response_head:
            self.close()
        return status

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None


def head(method: str, path: str, length: int | None = None, **headers: str) -> bytes:
    """A request's head."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop"]
    if length is not None:
        lines += [f"Content-Length: {length}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def word(length: int = 9) -> str:
    """A word that nobody has typed before."""
    return "".join(random.choices(_LETTERS, k=length))


def bearer(plan: Any) -> dict[str, str]:
    """The one account that all sixty share."""
    return {"Authorization": f"Bearer {plan['token']}"}


async def wrong_log_ins(line: Line, plan: Any) -> None:
    """Guess at one account's password."""
    body = json.dumps({"email": plan["victim"], "password": word()}).encode()
    await line.ask("POST", "/sessions", body)


async def sprayed_log_ins(line: Line, plan: Any) -> None:
    """Guess at another account each time."""
    await line.ask(
        "POST",
        "/sessions",
        json.dumps({"email": f"{word()}@shop.example", "password": "password"}).encode(),
    )


async def registrations(line: Line, plan: Any) -> None:
    """Open accounts."""
    body = {"email": f"{word(20)}@shop.example", "password": "correct horse", "name": "Nobody"}
    await line.ask("POST", "/accounts", json.dumps(body).encode())


async def guest_carts(line: Line, plan: Any) -> None:
    """Have a cart made, and forget it."""
    await line.ask("PATCH", "/cart", json.dumps({"itemId": plan["item"], "quantity": 1}).encode())


async def filters(line: Line, plan: Any) -> None:
    """198 filters and 32 words that nothing is called."""
    wanted = "&".join(f"attributes.a{n}=x{n}" for n in range(198))
    await line.ask("GET", f"/items?term={'+'.join(word() for _ in range(32))}&{wanted}")


async def mistyped_words(line: Line, plan: Any) -> None:
    """As much of it as is allowed: ten filters, 32 words that are near to others."""
    wanted = "&".join(f"attributes.a{n}=x{n}" for n in range(10))
    words = [mistyped(random.choice(plan["words"])) for _ in range(32)]
    await line.ask("GET", f"/items?term={'+'.join(words)}&{wanted}")


def mistyped(known: str) -> str:
    """*known* with two letters wrong."""
    letters = list(known)
    for at in random.sample(range(len(letters)), 2):
        letters[at] = random.choice(_LETTERS)
    return "".join(letters)


async def suggestions(line: Line, plan: Any) -> None:
    """Ask for what begins with something new each time."""
    await line.ask("GET", f"/suggestions?prefix={word(3)}&size=100")


async def unknown_keys(line: Line, plan: Any) -> None:
    """95,000 keys that nobody knows."""
    await line.ask("PATCH", "/cart", plan["unknown_keys"])


async def wrong_list(line: Line, plan: Any) -> None:
    """A list of wrong values in a seller's item."""
    await line.ask("POST", "/items", plan["wrong_list"], Authorization=f"Bearer {plan['seller']}")


async def deep_values(line: Line, plan: Any) -> None:
    """A seller's item of as many small values as a megabyte holds."""
    await line.ask("POST", "/items", plan["deep_values"], Authorization=f"Bearer {plan['seller']}")


async def big_bodies_of_nobody(line: Line, plan: Any) -> None:
    """A megabyte for a route that is not open to strangers."""
    await line.ask("POST", "/items", plan["unknown_keys"])


async def slow_senders(line: Line, plan: Any) -> None:
    """A body, byte by byte."""
    writer = await line.open()
    writer.write(head("POST", "/accounts", 100_000) + b"{")
    while True:
        await asyncio.wait_for(writer.drain(), 1)
        if line.reader.at_eof():
            raise ConnectionError
        await asyncio.sleep(0.2)
        writer.write(b" ")


async def slow_readers(line: Line, plan: Any) -> None:
    """Ask for big answers, and read none of them."""
    writer = await line.open()
    cast("asyncio.Transport", writer.transport).pause_reading()
    writer.write(head("GET", "/schema/openapi.json") * 50)
    await asyncio.sleep(60)


async def hasty_senders(line: Line, plan: Any) -> None:
    """Ask on and on, and wait for no answer."""
    writer = await line.open()
    while True:
        writer.write(head("GET", "/schema/openapi.json") * 10)
        await writer.drain()


async def slow_heads(line: Line, plan: Any) -> None:
    """A head, byte by byte."""
    writer = await line.open()
    writer.write(b"GET /items HTTP/1.1\r\nHost: shop\r\nX-More: ")
    while True:
        if line.reader.at_eof():
            raise ConnectionError
        await asyncio.sleep(0.2)
        writer.write(b"a")


async def streams(line: Line, plan: Any) -> None:
    """One buyer's streams of one order, begun and left again."""
    writer = await line.open()
    writer.write(head("GET", f"/orders/{plan['order']}/events", **bearer(plan)))
    if await line.answered() == 200:
        await asyncio.sleep(0.5)
    line.close()


async def waits(line: Line, plan: Any) -> None:
    """One buyer's checkouts that wait for their end."""
    await line.ask(
        "POST", "/checkout", json.dumps(plan["checkout"]).encode(), Prefer="wait=10", **bearer(plan)
    )


KINDS: Final[dict[str, Callable[[Line, Any], Awaitable[None]]]] = {
    kind.__name__: kind
    for kind in (
        wrong_log_ins, sprayed_log_ins, registrations, guest_carts, filters, mistyped_words,
        suggestions, unknown_keys, wrong_list,
        deep_values, big_bodies_of_nobody, slow_senders, slow_readers, hasty_senders, slow_heads,
        streams, waits,
    )
}  # fmt: skip


def bodies() -> dict[str, bytes]:
    """Bodies of a megabyte, made once."""
    return {
        "unknown_keys": json.dumps(
            {f"k{n}": 1 for n in range(85_000)}, separators=(",", ":")
        ).encode(),
        "wrong_list": b'{"name": "Lamp", "price": 1, "quantity": 1, "tags": ['
        + b"1," * 490_000
        + b"1]}",
        "deep_values": b'{"name": "Lamp", "price": 1, "quantity": 1, "attributes": {"a": ['
        + b"[]," * 320_000
        + b"1]}}",
    }


async def pester(kind: str, host: str, port: int, seconds: float, plan: Any) -> Counter[str]:
    """Sixty connections of one *kind* for some *seconds*."""
    counts: Counter[str] = Counter()
    until = time.monotonic() + seconds

    async def one() -> None:
        line = Line(host, port, counts)
        while (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    await KINDS[kind](line, plan)
            except TimeoutError:
                counts["hung"] += 1
            except (OSError, EOFError, ValueError):
                counts["closed"] += 1
                line.close()
                await asyncio.sleep(0.05)
        line.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return counts


if __name__ == "__main__":
    os.nice(
        10
    )  # the two share a machine here: what attackers do must not take the shop's own processor
    _, chosen, where, at, how_long = sys.argv
    print(
        json.dumps(
            asyncio.run(
                pester(chosen, where, int(at), float(how_long), json.load(sys.stdin) | bodies())
            )
        )
    )
