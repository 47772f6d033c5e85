"""A team's own users and its own routes, beside the shop's operations and below a prefix."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from litestar import Request, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, JSONBody
from starlette.applications import Starlette
from starlette.routing import Mount

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Buyer, LogIn, Origin, Register, SessionUnknown
from commerce_core.cart.service import Shopper
from commerce_core.catalog import NewItem
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import SellerId, UnusableId, derived_id
from commerce_core.kernel.money import Money
from commerce_http.main import create_app
from commerce_http.main import document as document_of
from commerce_http.web.callers import Callers, IdentityUnavailable
from commerce_worker.main import working
from tests.integration.http.people import CARD, problem, request_for
from tests.integration.http.test_embedded import TestClient

ADA = {"X-User": "ada"}
SUE = Register(email="sue@example.com", password="correct horse", name="Sue", role="seller")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    settings = Settings.in_folder(tmp_path, call_timeout=timedelta(seconds=1))
    with build_shop(settings) as opened, working(opened):
        yield opened


def lamp(shop: Shop) -> str:
    """An item of the shop's own seller."""
    seller = shop.accounts.register(SUE)
    price = Money.parse("15.99", "USD")
    made = shop.items.onboard(SellerId(seller.id), NewItem(name="Lamp", price=price, quantity=8))
    return made.item.id


def by_header(request: Request[Any, Any, Any]) -> Buyer | None:
    """Users as a gateway in front of the shop names them."""
    user = request.headers.get("x-user")
    return Buyer(id=f"user-{user}", email=f"{user}@example.com") if user else None


async def by_header_async(request: Request[Any, Any, Any]) -> Buyer | None:
    return by_header(request)


@pytest.mark.parametrize("authenticate", [by_header, by_header_async])
@pytest.mark.parametrize("prefix", ["", "/shop"])
def test_a_user_known_elsewhere_buys(shop: Shop, authenticate: Any, prefix: str) -> None:
    app: Any = create_app(shop, authenticate=authenticate)
    client = TestClient(Starlette(routes=[Mount(prefix, app=app)]) if prefix else app)
    body = {"itemId": lamp(shop), "quantity": 2}
    cart = client.patch(f"{prefix}/cart", json=body, headers=ADA).json()
    placed = client.post(
        f"{prefix}/checkout", json=request_for(cart, CARD), headers=ADA | {"Prefer": "wait=10"}
    )
    assert placed.json()["status"] == "COMPLETED", placed.text
    assert placed.headers["location"].startswith(f"{prefix}/orders/")
    assert client.get(placed.headers["location"], headers=ADA).status_code == 200
    problem_of_bob = client.get(placed.headers["location"], headers={"X-User": "bob"})
    assert problem_of_bob.status_code == 404
    assert len(client.get(f"{prefix}/orders", headers=ADA).json()["orders"]) == 1
    (kept,) = shop.orders.history("user-ada", None, 10).items  # type: ignore[arg-type]
    assert kept.order.id == placed.json()["orderId"]


def test_a_guest_stays_one_and_is_asked_to_log_in_where_none_may_be(shop: Shop) -> None:
    client = TestClient(create_app(shop, authenticate=by_header))
    assert client.get("/cart").headers["x-cart-token"]
    refused = client.get("/orders")
    assert problem(refused, 401, "unauthenticated")["detail"] == "log in first"


def test_another_role_is_refused(shop: Shop) -> None:
    client = TestClient(create_app(shop, authenticate=by_header))
    problem(client.post("/items", json={}, headers=ADA), 403, "forbidden")


def test_an_account_of_the_shop_may_be_answered_as_well(shop: Shop) -> None:
    item = lamp(shop)
    credentials = LogIn(email="sue@example.com", password="correct horse")
    seller = shop.accounts.log_in(credentials, Origin()).account
    client = TestClient(create_app(shop, authenticate=lambda _: seller))
    changed = client.patch(f"/items/{item}", json={"brand": "Lux"}, headers={"If-Match": "*"})
    assert changed.json()["brand"] == "Lux"


def test_what_needs_the_shops_own_accounts_is_not_there(shop: Shop) -> None:
    client = TestClient(create_app(shop, authenticate=by_header))
    for path in ("/accounts", "/sessions", "/sessions/current", "/accounts/me"):
        problem(client.get(path, headers=ADA), 404, "not-found")
    document = client.get("/schema/openapi.json").json()
    # A seller's own items are there: they are known by the seller's id, whoever gave it.
    assert [path for path in document["paths"] if "accounts" in path or "sessions" in path] == [
        "/accounts/me/items"
    ]
    named = document["paths"]["/orders"]["get"]["responses"]["503"]["content"]
    assert "identity-unavailable" in named["application/problem+json"]["examples"]
    assert "identity-unavailable" not in json.dumps(document_of("USD").data)


def test_a_failure_to_find_out_is_503_and_its_words_are_nowhere(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Request[Any, Any, Any]) -> Buyer | None:
        raise RuntimeError("token 5ecret was refused")

    client = TestClient(create_app(shop, authenticate=fails))
    refused = client.get("/orders")
    problem(refused, 503, "identity-unavailable")
    assert refused.headers["retry-after"]
    assert caplog.text
    assert "5ecret" not in refused.text + caplog.text


@pytest.mark.parametrize(
    ("answer", "status"), [("ada", 503), (SessionUnknown("log in again"), 401)]
)
def test_what_is_no_caller_is_refused(shop: Shop, answer: Any, status: int) -> None:
    async def authenticate(_: Request[Any, Any, Any]) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = TestClient(create_app(shop, authenticate=authenticate))
    assert client.get("/orders").status_code == status


@pytest.mark.parametrize(
    "wrong", ["", "x" * 65, "a b", "a\x00", "ä", derived_id("guest", "token"), 7]
)
def test_an_id_that_no_buyer_may_have_is_refused_in_words(
    shop: Shop, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """In the library, and to the client of a hook that says so."""
    for known_by in (Buyer, partial(attrs.evolve, shop.accounts.register(SUE))):
        with pytest.raises(UnusableId, match=r"a user's id (has 1 to 64|is text|is no UUID of)"):
            known_by(id=wrong)
    client = TestClient(create_app(shop, authenticate=lambda _: Buyer(id=wrong)))
    refused = problem(client.get("/orders"), 503, "identity-unavailable")
    assert "a user's id" in refused["detail"]
    assert "a user's id" in caplog.text
    shopping = Shopper if wrong != derived_id("guest", "token") else Buyer  # guests shop
    with pytest.raises(UnusableId):
        shopping(**{"id" if shopping is Buyer else "buyer_id": wrong})


def test_an_id_of_64_characters_buys(shop: Shop) -> None:
    longest = Buyer(id=("https://id.example.org/users/" + "x" * 64)[:64])
    client = TestClient(create_app(shop, authenticate=lambda _: longest))
    cart = client.patch("/cart", json={"itemId": lamp(shop), "quantity": 2}).json()
    placed = client.post("/checkout", json=request_for(cart, CARD), headers={"Prefer": "wait=10"})
    assert placed.json()["status"] == "COMPLETED", placed.text
    assert [o["orderId"] for o in client.get("/orders").json()["orders"]] == [
        placed.json()["orderId"]
    ]


def test_who_hangs_holds_up_nothing_but_is_refused_in_time(shop: Shop) -> None:
    """And what is open to all is answered meanwhile."""
    until = threading.Event()

    def hangs(_: Request[Any, Any, Any]) -> Buyer | None:
        until.wait(60)
        return None

    try:
        with TestClient(create_app(shop, authenticate=hangs)) as client:
            refused = problem(client.get("/orders"), 503, "identity-unavailable")
            assert "in time" in refused["detail"]
            assert client.get("/health/live").status_code == 200
            assert client.get("/items").status_code == 200
    finally:
        until.set()


def test_calls_that_hang_are_counted_until_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce_http.web.callers._THREADS", 1)
    monkeypatch.setattr("commerce_http.web.callers._WAITING", 1)
    until, calls = threading.Event(), []

    def hangs(_: Any) -> Buyer | None:
        calls.append(1)
        until.wait(60)
        return None

    async def play() -> None:
        callers, request = Callers(hangs, 0.05), Request({"type": "http"})
        for sentence in ("in time", "in time", "too many requests", "too many requests"):
            with pytest.raises(IdentityUnavailable, match=sentence):
                await callers.of(request)
        until.set()
        async with asyncio.timeout(10):
            while callers.waiting:  # noqa: ASYNC110 (a thread ends, and tells nobody)
                await asyncio.sleep(0)
        assert await callers.of(request) is None
        callers.close()

    asyncio.run(play())
    assert len(calls) == 3


class Full(Conflict):
    """The guest book has no page left."""

    code = "full"


@get("/hello/{name:str}")
async def hello(name: FromPath[str]) -> dict[str, str]:
    return {"hello": name}


@post("/guest-book")
async def write(data: JSONBody[dict[str, str]]) -> None:
    raise Full(f"no room for {len(data)}")


@get("/teapot")
async def teapot() -> None:
    raise HTTPException(status_code=418, detail="short and stout")


@get("/broken")
async def broken() -> None:
    raise RuntimeError("5ecret")


@pytest.mark.parametrize("prefix", ["", "/shop"])
def test_routes_of_a_team_are_answered_beside_the_shops(shop: Shop, prefix: str) -> None:
    app: Any = create_app(shop, routes=[hello, write, teapot, broken])
    client = TestClient(Starlette(routes=[Mount(prefix, app=app)]) if prefix else app)
    answer = client.get(f"{prefix}/hello/ada", headers={"X-Request-ID": "mine"})
    assert (answer.status_code, answer.json()) == (200, {"hello": "ada"})
    assert answer.headers["x-request-id"] == "mine"
    assert client.get(f"{prefix}/items").status_code == 200
    full = client.post(f"{prefix}/guest-book", json={"a": "b"})
    assert (full.status_code, full.json()["type"]) == (409, f"{prefix}/problems/full")
    failed = client.get(f"{prefix}/broken")
    assert failed.status_code == 500
    assert "5ecret" not in failed.text
    metrics = client.get(f"{prefix}/metrics").text
    assert 'route="/hello/{name}"' in metrics
    assert "/hello" not in json.dumps(client.get(f"{prefix}/schema/openapi.json").json())


def test_a_route_that_the_shop_has_already_is_refused_when_it_is_built(shop: Shop) -> None:
    @get("/cart")
    async def theirs() -> str:
        return "theirs"

    with pytest.raises(Exception, match="cart"):
        create_app(shop, routes=[theirs])


def test_a_team_may_have_a_root_of_its_own(shop: Shop) -> None:
    @get("/")
    async def theirs() -> str:
        return "theirs"

    client = TestClient(create_app(shop, routes=[theirs]))
    assert client.get("/").text == "theirs"
    assert "/" not in client.get("/schema/openapi.json").json()["paths"]
