"""The application inside others: under Starlette's test client, httpx's transport, and mounted in
Starlette (which FastAPI's mounts are) and Litestar.
"""

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, asgi
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another client than httpx
    from starlette.testclient import TestClient

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_http.main import create_app
from commerce_worker.main import working
from tests.integration.http.people import CARD, PASSWORD, request_for


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = build_shop(Settings.in_folder(tmp_path))
    try:
        with working(opened):
            yield opened
    finally:
        opened.close()


def journey(client: Any, prefix: str = "") -> None:
    """Everything from registering to the order's events, by what the answers name."""

    def who(role: str) -> dict[str, str]:
        person = {"email": f"{role}@example.com", "password": PASSWORD}
        assert (
            client.post(
                f"{prefix}/accounts", json=person | {"name": "Ada", "role": role}
            ).status_code
            == 201
        )
        session = client.post(f"{prefix}/sessions", json=person).json()
        return {"Authorization": f"Bearer {session['token']}"}

    seller, buyer = who("seller"), who("buyer")
    made = client.post(
        f"{prefix}/items", json={"name": "Kettle", "price": "15.99", "quantity": 8}, headers=seller
    )
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{prefix}/items/{made.json()['itemId']}"
    assert client.get(made.headers["location"]).json()["name"] == "Kettle"
    rows = client.post(
        f"{prefix}/item-imports",
        content=b'{"name":"Pot","price":1,"quantity":1}',
        headers=seller | {"Content-Type": "application/x-ndjson"},
    )
    assert client.get(rows.headers["location"], headers=seller).status_code == 200
    guest = client.patch(f"{prefix}/cart", json={"itemId": made.json()["itemId"], "quantity": 1})
    assert f"Path={prefix or '/'}" in guest.headers["set-cookie"].split("; ")
    cart = client.get(f"{prefix}/cart", headers=buyer).json()
    assert len(cart["lines"]) == 1  # the client kept the guest's cookie
    placed = client.post(
        f"{prefix}/checkout", json=request_for(cart, CARD), headers=buyer | {"Prefer": "wait=10"}
    )
    assert placed.json()["status"] == "COMPLETED", placed.text
    order = placed.headers["location"]
    assert order.startswith(f"{prefix}/orders/")
    assert client.get(order, headers=buyer).json()["status"] == "COMPLETED"
    assert "event: OrderCompleted" in client.get(f"{order}/events", headers=buyer).text
    document = client.get(f"{prefix}/schema/openapi.json").json()
    assert document["servers"] == [{"url": prefix or "/"}]
    page = client.get(f"{prefix}/schema").text
    assert f'src="{prefix}/schema/start.js"' in page
    assert "SwaggerUIBundle" in client.get(f"{prefix}/schema/start.js").text
    missing = client.get(f"{prefix}/nothing")
    assert (missing.status_code, missing.json()["type"]) == (404, f"{prefix}/problems/not-found")


class Sync:
    """An asynchronous client, one request at a time in a loop of its own."""

    def __init__(self, app: Any, **more: Any) -> None:
        self._app, self._more, self._cookies = app, more, httpx.Cookies()

    def __getattr__(self, method: str) -> Any:
        async def ask(*arguments: Any, **named: Any) -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, **self._more)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://shop", cookies=self._cookies
            ) as client:
                answer = await client.request(method.upper(), *arguments, **named)
                self._cookies = client.cookies
                return answer

        return lambda *arguments, **named: asyncio.run(ask(*arguments, **named))


def test_under_starlettes_test_client_with_its_lifespan(shop: Shop) -> None:
    with TestClient(create_app(shop)) as client:
        journey(client)


def test_under_starlettes_test_client_without_a_lifespan(shop: Shop) -> None:
    journey(TestClient(create_app(shop)))


def test_under_the_transport_of_httpx(shop: Shop) -> None:
    journey(Sync(create_app(shop)))


def test_a_server_that_tells_of_a_prefix_and_takes_it_off(shop: Shop) -> None:
    client = TestClient(create_app(shop), root_path="/shop")
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/schema/openapi.json").json()["servers"] == [{"url": "/shop"}]
    assert Sync(client.app, root_path="/shop").get("/schema/openapi.json").json()["servers"] == [
        {"url": "/shop"}
    ]


@pytest.mark.parametrize("prefix", ["/shop", "/a/shop", "/items"])
def test_mounted_in_starlette(shop: Shop, prefix: str) -> None:
    journey(TestClient(Starlette(routes=[Mount(prefix, app=create_app(shop))])), prefix)


def test_mounted_beside_routes_of_its_hosts_own(shop: Shop) -> None:
    host = Starlette(
        routes=[
            Route("/cart", lambda _: PlainTextResponse("theirs")),
            Mount("/shop", create_app(shop)),
        ]
    )
    client = TestClient(host)
    journey(client, "/shop")
    assert client.get("/cart").text == "theirs"


def test_mounted_in_a_host_that_stands_behind_a_prefix_itself(shop: Shop) -> None:
    host = Starlette(routes=[Mount("/a", Starlette(routes=[Mount("/shop", create_app(shop))]))])
    document = TestClient(host, root_path="/api").get("/api/a/shop/schema/openapi.json").json()
    assert document["servers"] == [{"url": "/api/a/shop"}]


def test_mounted_in_litestar(shop: Shop) -> None:
    inside: Any = create_app(shop)

    @asgi("/shop", is_mount=True, copy_scope=True)
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await inside({**scope, "root_path": "/shop"}, receive, send)

    journey(TestClient(Litestar([mounted])), "/shop")
