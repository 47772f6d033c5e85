"""Searches of one address leave room for those of others."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from commerce_http.web.answers import Shape
from commerce_http.web.app import build_app
from commerce_http.web.dependencies import HttpContext
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import Runs, operation
from commerce_http.web.shares import Shares, TooManySearches, too_many_searches


class Found(Shape):
    """What is answered."""

    count: int


@operation("GET", "/things", answer=Found, runs=Runs.SEARCH, public=True)
async def find(gate: asyncio.Event) -> Found:
    """Search until the gate is open."""
    await gate.wait()
    return Found(count=1)


def test_39_of_one_address_so_many_searches_are_done_beside_one_another_and_others_have_theirs(
) -> None:  # fmt: skip
    gate, executor = asyncio.Event(), BlockingExecutor(threads=1, on_event_loop=set(Runs))
    around = HttpContext(
        shop=object(),
        more={"gate": gate},
        authenticate=lambda _: None,
        currency="USD",
        executor=executor,
        searches=Shares(2, too_many_searches),
    )
    app = build_app([find], around, CollectorRegistry())

    async def asked(address: str) -> tuple[int, list[Any]]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Any = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "path": "/things", "headers": [], "query_string": b"", "client": (address, 4000),
        }  # fmt: skip
        await app(scope, receive, send)
        return sent[0]["status"], sent[0]["headers"]

    async def crowd() -> tuple[list[int], int, list[Any], int]:
        waiting = [asyncio.create_task(asked("192.0.2.1")) for _ in range(2)]
        await asyncio.sleep(0)
        refused, headers = await asked("192.0.2.1")
        other = asyncio.create_task(asked("192.0.2.2"))
        await asyncio.sleep(0)
        gate.set()
        first = [(await one)[0] for one in waiting]
        again, _ = await asked("192.0.2.1")
        return [*first, (await other)[0]], refused, headers, again

    taken, refused, headers, again = asyncio.run(crowd())
    executor.close()
    assert taken == [200, 200, 200]
    assert (refused, again) == (429, 200)
    assert (b"retry-after", b"1") in headers


def test_a_place_is_free_again_however_it_was_left() -> None:
    shares = Shares(1, too_many_searches)
    with pytest.raises(ZeroDivisionError), shares.room("a"):
        raise ZeroDivisionError
    with shares.room("a"), shares.room("b"), pytest.raises(TooManySearches), shares.room("a"):
        raise AssertionError
    assert not shares._of_one
