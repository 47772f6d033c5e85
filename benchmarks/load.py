"""A load client of its own process: HTTP/1.1 over raw sockets, kept alive, one request at a time on
each connection.

It reads a plan as JSON from standard input, drives the shop at its address, and writes what it saw
to standard output. A client library would take more of the machine's cores than the shop that is
measured.
"""

import asyncio
import heapq
import json
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

import attrs
import uvloop

_CARD: Final = {
    "paymentType": "card",
    "cardNo": "4242424242424242",
    "expiry": "12/40",
    "cvc": "123",
}


@attrs.frozen
class Answer:
    """What came back."""

    status: int
    body: bytes


class Wire(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._held = b""
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held = self._held + data if self._held else data
        head = self._held.find(b"\r\n\r\n")
        if head < 0 or self._waiting is None:
            return
        end = head + 4 + _length(self._held[:head])
        if len(self._held) >= end:
            answer = Answer(int(self._held[9:12]), self._held[head + 4 : end])
            self._held = self._held[end:]
            waiting, self._waiting = self._waiting, None
            waiting.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionError("the shop closed the connection"))

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Send *request* and wait for its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


class Tally:
    """Statuses and the time that each request took."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.spent: list[float] = []
        self.began = time.monotonic()

    async def ask(self, wire: Wire, request: bytes) -> Answer:
        """Send *request*, and note how it went."""
        sent = time.perf_counter()
        answer = await wire.ask(request)
        self.spent.append(time.perf_counter() - sent)
        self.statuses[answer.status] += 1
        return answer

    def report(self) -> dict[str, Any]:
        """As JSON. ``began`` and ``ended`` are of the machine's monotonic clock, which all its
        processes share.
        """
        ended = time.monotonic()
        ordered = sorted(self.spent)
        shares = {
            f"p{share}_ms": round(
                ordered[min(len(ordered) * share // 100, len(ordered) - 1)] * 1e3, 3
            )
            for share in (50, 95, 99)
        }
        times = {"began": self.began, "ended": ended, "seconds": ended - self.began}
        return {"requests": len(ordered), "statuses": dict(self.statuses), **times, **shares}


def request(method: str, path: str, token: str | None = None, body: Any = None) -> bytes:
    """A request as bytes."""
    content = json.dumps(body, separators=(",", ":")).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: shop\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


async def gets(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask for the plan's paths round and round for some seconds, after a warm-up that is not
    counted.
    """
    requests = [request("GET", path) for path in plan["paths"]]
    tally = Tally()
    until = time.monotonic() + plan["warm"]
    counting = False

    async def go(wire: Wire, no: int) -> None:
        at = no * 7919
        while time.monotonic() < until:
            await tally.ask(wire, requests[at % len(requests)])
            at += 1

    async with _wires(plan, plan["connections"]) as wires:
        for counting in (False, True):
            tally = Tally()
            until = time.monotonic() + plan["seconds" if counting else "warm"]
            await asyncio.gather(*(go(wire, no) for no, wire in enumerate(wires)))
        return tally.report()


async def journeys(plan: dict[str, Any]) -> dict[str, Any]:
    """Every buyer puts the two items into the cart, one after the other, and checks out."""
    tally = Tally()

    async def go(wire: Wire, buyer: dict[str, Any]) -> None:
        cart: Any = None
        for item in buyer["items"]:
            answer = await tally.ask(
                wire, request("PATCH", "/cart", buyer["token"], {"itemId": item, "quantity": 1})
            )
            cart = json.loads(answer.body)
        await tally.ask(wire, _checkout(buyer["token"], cart["cartId"], cart["total"]))

    await _each(plan, plan["buyers"], go)
    return tally.report()


async def fill(plan: dict[str, Any]) -> dict[str, Any]:
    """Fill every buyer's cart; the carts with what they cost."""
    tally = Tally()
    carts: dict[str, Any] = {}

    async def go(wire: Wire, buyer: dict[str, Any]) -> None:
        for item in buyer["items"]:
            answer = await tally.ask(
                wire, request("PATCH", "/cart", buyer["token"], {"itemId": item, "quantity": 1})
            )
            cart = json.loads(answer.body)
            carts[buyer["token"]] = {
                "token": buyer["token"],
                "cartId": cart["cartId"],
                "amount": cart["total"],
            }

    await _each(plan, plan["buyers"], go)
    return tally.report() | {"carts": list(carts.values())}


async def checkouts(plan: dict[str, Any]) -> dict[str, Any]:
    """Check out carts that are filled already."""
    requests = [_checkout(cart["token"], cart["cartId"], cart["amount"]) for cart in plan["carts"]]
    tally = Tally()

    async def go(wire: Wire, one: bytes) -> None:
        await tally.ask(wire, one)

    await _each(plan, requests, go)
    return tally.report()


async def history(plan: dict[str, Any]) -> dict[str, Any]:
    """Orders in the order of time, those of one buyer one after the other: one request fills the
    cart, one checks it out.
    """
    tally = Tally()
    left: defaultdict[str, deque[tuple[int, Any]]] = defaultdict(deque)
    for no, order in enumerate(plan["orders"]):
        left[order["token"]].append((no, order["lines"]))
    free = [(orders[0][0], token) for token, orders in left.items()]
    heapq.heapify(free)

    async def drain(wire: Wire) -> None:
        while free:  # what is left otherwise is of buyers whom others serve just now
            _, token = heapq.heappop(free)
            _, lines = left[token].popleft()
            await _order(tally, wire, token, lines)
            if left[token]:
                heapq.heappush(free, (left[token][0][0], token))

    async with _wires(plan, plan["connections"]) as wires:
        await asyncio.gather(*(drain(wire) for wire in wires))
    return tally.report()


async def _order(tally: Tally, wire: Wire, token: str, lines: list[Any]) -> None:
    answer = await tally.ask(wire, request("PATCH", "/cart", token, {"lines": lines}))
    cart = json.loads(answer.body)
    if answer.status != 200 or cart["problems"] or len(cart["lines"]) != len(lines):
        raise RuntimeError(f"a cart was answered with {answer.status}: {answer.body[:1000]!r}")
    placed = await tally.ask(wire, _checkout(token, cart["cartId"], cart["total"]))
    if placed.status != 201:
        raise RuntimeError(f"a checkout was answered with {placed.status}: {placed.body[:1000]!r}")


async def patches(plan: dict[str, Any]) -> dict[str, Any]:
    """Change the quantity of one line of a cart again and again."""
    tally = Tally()
    async with _wires(plan, 1) as wires:
        for turn in range(plan["count"]):
            body = {"itemId": plan["items"][turn % len(plan["items"])], "quantity": 1 + turn % 9}
            await tally.ask(wires[0], request("PATCH", "/cart", plan["token"], body))
    return tally.report()


async def _each(
    plan: dict[str, Any], work: Sequence[Any], go: Callable[[Wire, Any], Awaitable[None]]
) -> None:
    """Do *work*, each piece once, on as many connections as the plan says."""
    left: Iterator[Any] = iter(work)

    async def drain(wire: Wire) -> None:
        for piece in left:
            await go(wire, piece)

    async with _wires(plan, plan["connections"]) as wires:
        await asyncio.gather(*(drain(wire) for wire in wires))


class _wires:  # noqa: N801 (used as a block)
    """Open connections while the block lasts."""

    def __init__(self, plan: dict[str, Any], count: int) -> None:
        self._to = (plan["host"], plan["port"])
        self._count = count
        self._open: list[Wire] = []

    async def __aenter__(self) -> list[Wire]:
        loop = asyncio.get_running_loop()
        for _ in range(self._count):
            _, wire = await loop.create_connection(Wire, *self._to)
            self._open.append(wire)
        return self._open

    async def __aexit__(self, *_: object) -> None:
        for wire in self._open:
            wire.close()


def _checkout(token: str, cart_id: str, amount: Any) -> bytes:
    return request(
        "POST", "/checkout", token, {"cartId": cart_id, "amount": amount, "paymentInfo": _CARD}
    )


_KINDS: Final = {one.__name__: one for one in (gets, journeys, fill, checkouts, history, patches)}


def main() -> None:
    """Carry out the plan."""
    plan = json.load(sys.stdin)
    json.dump(uvloop.run(_KINDS[plan["kind"]](plan)), sys.stdout)


if __name__ == "__main__":
    main()
