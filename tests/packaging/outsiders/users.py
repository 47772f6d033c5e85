"""Users and routes of the host's, in a shop below a prefix of its application, by the
documentation alone.
"""

import asyncio
from pathlib import Path

import httpx
from litestar import get
from litestar.params import FromPath
from starlette.applications import Starlette
from starlette.routing import Mount

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Buyer
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_http.main import create_app
from commerce_worker import working

USERS = {"secret-of-ada": "https://id.example.org/" + "a" * 41, "secret-of-ben": "b" * 65}


def authenticate(request):
    user = USERS.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    return Buyer(id=user, email="ada@example.org") if user else None


@get("/hello/{name:str}")
async def hello(name: FromPath[str]) -> dict[str, str]:
    return {"hello": name}


def known_by(secret):
    return {"Authorization": f"Bearer {secret}"}


async def try_it(host, lamp):
    transport = httpx.ASGITransport(app=host)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        assert (await client.get("/shop/hello/ada")).json() == {"hello": "ada"}
        assert (await client.get("/shop/orders")).status_code == 401
        assert (await client.get("/shop/accounts/me")).status_code == 404
        ada = known_by("secret-of-ada")
        put = {"itemId": lamp, "quantity": 1}
        cart = (await client.patch("/shop/cart", json=put, headers=ada)).json()
        body = {
            "cartId": cart["cartId"],
            "amount": cart["total"],
            "paymentInfo": {"paymentType": "card", "token": "tok_visa"},
        }
        waits = ada | {"Prefer": "wait=10", "Idempotency-Key": "one"}
        placed = await client.post("/shop/checkout", json=body, headers=waits)
        assert placed.json()["status"] == "COMPLETED", placed.text
        where = placed.headers["location"]
        assert where.startswith("/shop/orders/"), where
        assert (await client.get(where, headers=ada)).json()["total"] == cart["total"]
        assert (await client.get(where)).status_code == 401
        refused = (await client.get("/shop/orders", headers=known_by("secret-of-ben"))).json()
        assert refused["type"] == "/shop/problems/identity-unavailable", refused
        assert "has 1 to 64" in refused["detail"], refused


with build_shop(Settings.in_folder(Path("var-users").absolute())) as shop, working(shop):
    new = NewItem(name="Lamp", price=Money.parse("49.90", "USD"), quantity=2)
    lamp = shop.items.onboard(SellerId("anna"), new).item.id
    app = create_app(shop, authenticate=authenticate, routes=[hello])
    asyncio.run(try_it(Starlette(routes=[Mount("/shop", app)]), lamp))
    assert len(shop.orders.history(USERS["secret-of-ada"], None, 10).items) == 1
