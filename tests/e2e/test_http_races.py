"""Crowds at a running shop, and many buyers at once: `commerce serve` alone, and the full stack
with two of it and two workers.

Numbers are those of the acceptance list.
"""

import asyncio
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import islice, repeat
from typing import Any, Final, Protocol

import httpx
import pytest

from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Role
from tests.fullstack import opened_full_stack, people_of
from tests.live import COMMERCE, LiveShop, live_shop
from tests.servers import SharedServers, shared_servers

__all__ = ["shared_servers"]

BUYERS: Final = 200
STOCK: Final = 50
ROUNDS: Final = int(os.environ.get("TEST_ROUNDS", "2"))
CARD: Final = "4242424242424242"


class Ground(Protocol):
    """A running shop."""

    @property
    def address(self) -> str:
        """Where it is asked."""
        ...

    @property
    def addresses(self) -> Iterator[str]:
        """Where each of many people asks it."""
        ...

    def people(self, count: int, role: Role = Role.BUYER) -> list[str]:
        """The bearer tokens of so many new people."""
        ...

    def check_at_rest(self) -> dict[str, Any]:
        """What `commerce check` finds once nothing is under way any more."""
        ...


class Embedded:
    """`commerce serve` alone, with its files."""

    def __init__(self, shop: LiveShop) -> None:
        self._folder = shop.folder
        self.address = shop.address

    @property
    def addresses(self) -> Iterator[str]:
        return repeat(self.address)

    def people(self, count: int, role: Role = Role.BUYER) -> list[str]:
        return people_of(Settings.in_folder(self._folder / "var"), count, role)

    def check_at_rest(self) -> dict[str, Any]:
        deadline = time.monotonic() + 90
        while not (found := self._checked())["atRest"]:
            assert time.monotonic() < deadline, found
        return found

    def _checked(self) -> dict[str, Any]:
        done = subprocess.run(
            (COMMERCE, "check", "--json"),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module", params=["embedded", "full stack"])
def shop(
    request: pytest.FixtureRequest,
    shared_servers: SharedServers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("shop")
    if request.param == "embedded":
        with live_shop(folder) as opened:
            yield Embedded(opened)
    else:
        with opened_full_stack(folder, shared_servers, shops=2, workers=(None, None)) as full:
            yield full


@pytest.fixture
def tokens(shop: Ground) -> dict[str, list[str]]:
    """Bearer tokens of a seller and of many buyers, who come anew for every test."""
    return {
        role.value: shop.people(count, role)
        for role, count in ((Role.SELLER, 1), (Role.BUYER, BUYERS))
    }


async def everyone(shop: Ground, tokens: Sequence[str], act: Any) -> list[Any]:
    """What *act* comes to for each token, all at once."""
    places = list(islice(shop.addresses, len(tokens)))
    limits = httpx.Limits(max_connections=len(tokens))
    async with AsyncExitStack() as stack:
        each = {
            address: await stack.enter_async_context(
                httpx.AsyncClient(base_url=address, timeout=60, limits=limits)
            )
            for address in set(places)
        }
        who = zip(places, tokens, strict=True)
        return await asyncio.gather(
            *(act(each[address], {"Authorization": f"Bearer {token}"}) for address, token in who)
        )


def onboarded(address: str, token: str, quantity: int) -> str:
    """The id of a new item with so many pieces."""
    body = {"name": "Hot lamp", "price": "10.00", "quantity": quantity}
    made = httpx.post(
        f"{address}/items", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    assert made.status_code == 201, made.text
    return str(made.json()["itemId"])


async def filled(client: httpx.AsyncClient, who: dict[str, str], item_id: str) -> dict[str, Any]:
    """The body of a checkout of one piece."""
    cart = await client.patch("/cart", json={"itemId": item_id, "quantity": 1}, headers=who)
    assert cart.status_code == 200, cart.text
    shown = cart.json()
    return {
        "cartId": shown["cartId"],
        "amount": shown["total"],
        "paymentInfo": {"paymentType": "card", "cardNo": CARD},
    }


@pytest.mark.parametrize("round_no", range(1, ROUNDS + 1))
def test_01_two_hundred_buyers_at_once_get_fifty_pieces_and_the_rest_a_clean_answer(
    shop: Ground, tokens, round_no: int
) -> None:
    item_id = onboarded(shop.address, tokens["seller"][0], STOCK)

    async def fill_all_then_pay_all() -> list[httpx.Response]:
        bodies = await everyone(
            shop, tokens["buyer"], lambda client, who: filled(client, who, item_id)
        )
        waiting = iter(bodies)

        async def pay(client: httpx.AsyncClient, who: dict[str, str]) -> httpx.Response:
            return await client.post(
                "/checkout", json=next(waiting), headers=who | {"Prefer": "wait=10"}
            )

        return await everyone(shop, tokens["buyer"], pay)

    answers = asyncio.run(fill_all_then_pay_all())
    assert Counter(answer.status_code for answer in answers) == {201: STOCK, 409: BUYERS - STOCK}
    for answer in answers:
        report = answer.json()
        if answer.status_code == 201:
            assert [(line["itemId"], line["quantity"]) for line in report["lines"]] == [
                (item_id, 1)
            ]
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            assert (report["code"], report["lines"][0]["itemId"]) == ("out-of-stock", item_id)
    assert (
        len({answer.json()["orderId"] for answer in answers if answer.status_code == 201}) == STOCK
    )
    found = shop.check_at_rest()
    assert (found["clean"], found["orders"], found["unfinished"]) == (True, STOCK * round_no, 0)
    assert httpx.get(f"{shop.address}/items/{item_id}", timeout=60).json()["stock"] == 0
    statuses = Counter(answer.json()["status"] for answer in answers if answer.status_code == 201)
    assert statuses == {"COMPLETED": STOCK}


def test_13_a_request_repeated_at_once_and_after_its_answer_was_lost_makes_one_order(
    shop: Ground, tokens
) -> None:
    item_id = onboarded(shop.address, tokens["seller"][0], 100)
    buyers = tokens["buyer"][:10]

    async def pay_ten_times(
        client: httpx.AsyncClient, who: dict[str, str]
    ) -> tuple[list[int], set[str], set[str]]:
        body = await filled(client, who, item_id)
        headers = who | {"Idempotency-Key": "one click"}

        async def pay() -> httpx.Response:
            return await client.post("/checkout", json=body, headers=headers)

        answers = await asyncio.gather(*(pay() for _ in range(10)))
        answers.append(await pay())
        codes, orders = (
            [a.status_code for a in answers],
            {a.json().get("orderId", a.text) for a in answers},
        )
        return codes, orders, {a.headers["location"] for a in answers}

    for codes, orders, locations in asyncio.run(everyone(shop, buyers, pay_ten_times)):
        assert codes == [201] * 11
        assert len(orders) == len(locations) == 1
    assert httpx.get(f"{shop.address}/items/{item_id}", timeout=60).json()["stock"] == 90
    assert shop.check_at_rest()["clean"]


def test_24_sold_out_is_seen_by_a_search_within_a_second_of_the_order(shop: Ground, tokens) -> None:
    item_id = onboarded(shop.address, tokens["seller"][0], 1)
    lags: list[float] = []

    def in_stock() -> bool | None:
        hits = httpx.get(f"{shop.address}/items", params={"term": item_id}, timeout=60).json()[
            "items"
        ]
        return next((hit["inStock"] for hit in hits if hit["itemId"] == item_id), None)

    def until(state: bool) -> float:
        began = time.monotonic()
        while in_stock() is not state:
            assert time.monotonic() < began + 10, f"it is not seen that inStock is {state}"
        return time.monotonic() - began

    until(True)
    for no, token in enumerate(tokens["buyer"][:3]):
        who = {"Authorization": f"Bearer {token}"}

        async def buy(client: httpx.AsyncClient, who: dict[str, str]) -> int:
            return (
                await client.post("/checkout", json=await filled(client, who, item_id), headers=who)
            ).status_code

        assert asyncio.run(everyone(shop, [token], buy)) == [201], who
        lags.append(until(False))
        receipt = {"quantity": 1, "reference": f"delivery {no}"}
        path = f"{shop.address}/items/{item_id}/stock-receipts"
        taken = httpx.post(
            path,
            json=receipt,
            headers={"Authorization": f"Bearer {tokens['seller'][0]}"},
            timeout=60,
        )
        assert taken.status_code == 201, taken.text
        lags.append(until(True))
    # Where more wait for a core than there are cores, only the quickest shows what the shop itself
    # takes.
    crowded = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    assert sorted(lags)[0 if crowded else len(lags) // 2] < 1.0, lags
