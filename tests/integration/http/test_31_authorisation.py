"""Who may do what: every route for everybody (acceptance 31). A route without a row here fails."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import pytest

from commerce_core.accounts.service import digest_of
from commerce_http.main import OPERATIONS
from tests.integration.http.people import PASSWORD, Person, Town, request_for
from tests.pictures import picture

ROLES: Final = ("owner", "other buyer", "other seller", "guest", "operator")
ANYONE: Final = (200, 200, 200, 200, 200)
OPERATORS_ALONE: Final = (403, 403, 403, 401, 200)
WHY: Final = {"reason": "it takes too long", "evidence": "ticket 7"}


@attrs.frozen
class Stage:
    """What the routes are tried on: everything belongs to the buyer or the seller called owner."""

    town: Town
    seller: Person
    buyer: Person
    item: Mapping[str, Any]
    draft: Mapping[str, Any]
    order: Mapping[str, Any]
    cart: Mapping[str, Any]
    job: str
    image: str


def _item(stage: Stage) -> str:
    return f"/items/{stage.item['itemId']}"


def _draft(stage: Stage) -> str:
    return f"/items/{stage.draft['itemId']}"


def _wished(stage: Stage) -> str:
    return f"/wishlist{_item(stage)}"


def _order(stage: Stage) -> str:
    return f"/orders/{stage.order['orderId']}"


def _hook(stage: Stage) -> str:
    """The seller's one endpoint of a webhook; none where the shop is made to fail."""
    listed = stage.seller("GET", "/webhook-endpoints").json().get("endpoints")
    found = listed or [stage.seller("POST", "/webhook-endpoints", HOOK).json()]
    return f"/webhook-endpoints/{found[0].get('endpointId', 'none')}"


#: Nothing is sent there: no such thing happens on this stage.
HOOK: Final = {"url": "https://93.184.215.14/", "events": ["orders.step_answered.v1"]}


def _saga(stage: Stage) -> str:
    return f"/ops/sagas/{stage.order['orderId']}"


@attrs.frozen
class Row:
    """One route: who its owner is, what is sent, and what each of ROLES is answered."""

    owner: str
    expected: tuple[int, int, int, int, int]
    path: Callable[[Stage], str] | None = None
    body: Callable[[Stage], Any] | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)
    content: bytes | None = None


TABLE: Final[Mapping[tuple[str, str], Row]] = {
    ("POST", "/accounts"): Row(
        "buyer",
        (409,) * 5,
        body=lambda s: {"email": s.buyer.account["email"], "password": PASSWORD, "name": "x"},
    ),
    ("POST", "/sessions"): Row(
        "buyer",
        (201,) * 5,
        body=lambda s: {"email": s.buyer.account["email"], "password": PASSWORD},
    ),
    ("GET", "/accounts/me"): Row("buyer", (200, 200, 200, 401, 200)),
    ("PATCH", "/accounts/me"): Row(
        "buyer", (200, 200, 200, 401, 200), body=lambda _: {"name": "New"}
    ),
    ("PUT", "/accounts/me/password"): Row(
        "buyer",
        (422, 422, 422, 401, 422),
        body=lambda _: {"current": "not " + PASSWORD, "new": PASSWORD},
    ),
    ("GET", "/accounts/me/export"): Row("buyer", (200, 200, 200, 401, 200)),
    ("DELETE", "/accounts/me"): Row(
        "buyer", (422, 422, 422, 401, 422), body=lambda _: {"password": "not " + PASSWORD}
    ),
    ("POST", "/password-resets"): Row(
        "buyer", (202,) * 5, body=lambda s: {"email": s.buyer.account["email"]}
    ),
    ("PUT", "/password-resets/{token}"): Row(
        "buyer", (404,) * 5, lambda _: "/password-resets/none.x", lambda _: {"new": PASSWORD}
    ),
    ("POST", "/email-changes"): Row(
        "buyer",
        (422, 422, 422, 401, 422),
        body=lambda _: {"email": "new@example.com", "password": "not " + PASSWORD},
    ),
    ("PUT", "/email-changes/{token}"): Row("buyer", (404,) * 5, lambda _: "/email-changes/none.x"),
    ("GET", "/sessions"): Row("buyer", (200, 200, 200, 401, 200)),
    ("DELETE", "/sessions"): Row("buyer", (204, 204, 204, 401, 204)),
    ("DELETE", "/sessions/{session_id}"): Row(
        "buyer",
        (404, 404, 404, 401, 404),
        lambda s: f"/sessions/{digest_of(s.seller.token or '')}",
    ),
    ("DELETE", "/sessions/current"): Row("buyer", (204, 204, 204, 401, 204)),
    ("GET", "/items"): Row("seller", ANYONE),
    ("GET", "/suggestions"): Row("seller", ANYONE),
    ("GET", "/recommendations"): Row("buyer", ANYONE),
    ("POST", "/items"): Row(
        "seller", (201, 403, 201, 401, 403), body=lambda _: {"name": "x", "price": 1, "quantity": 1}
    ),
    ("GET", "/accounts/me/items"): Row("seller", (200, 403, 200, 401, 403)),
    ("GET", "/items/{item_id}"): Row("seller", (200, 404, 404, 404, 404), _draft),
    ("PATCH", "/items/{item_id}"): Row(
        "seller", (200, 403, 404, 401, 403), _item, lambda _: {"brand": "x"}, {"If-Match": "*"}
    ),
    ("POST", "/items/{item_id}/publication"): Row(
        "seller", (200, 403, 404, 401, 403), lambda s: _item(s) + "/publication"
    ),
    ("DELETE", "/items/{item_id}/publication"): Row(
        "seller", (200, 403, 404, 401, 403), lambda s: _draft(s) + "/publication"
    ),
    ("POST", "/items/{item_id}/stock-receipts"): Row(
        "seller",
        (201, 403, 404, 401, 403),
        lambda s: _item(s) + "/stock-receipts",
        lambda _: {"quantity": 1, "reference": "r"},
    ),
    ("POST", "/items/{item_id}/images"): Row(
        "seller",
        (201, 403, 404, 401, 403),
        lambda s: f"{_item(s)}/images",
        headers={"Content-Type": "image/png"},
        content=picture(),
    ),
    ("GET", "/items/{item_id}/images"): Row("seller", ANYONE, lambda s: f"{_item(s)}/images"),
    ("GET", "/items/{item_id}/images/{image_id}"): Row(
        "seller", (200, 404, 404, 404, 404), lambda s: f"{_draft(s)}/images/{s.image}"
    ),
    ("DELETE", "/items/{item_id}/images/{image_id}"): Row(
        "seller", (204, 403, 404, 401, 403), lambda s: f"{_draft(s)}/images/{s.image}"
    ),
    ("GET", "/media/{name}"): Row("buyer", (404,) * 5, lambda _: f"/media/{'0' * 64}.webp"),
    ("POST", "/item-imports"): Row(
        "seller",
        (202, 403, 202, 401, 403),
        headers={"Content-Type": "text/csv"},
        content=b"sku,name\n",
    ),
    ("GET", "/item-imports"): Row("seller", (200, 403, 200, 401, 403)),
    ("GET", "/item-imports/{import_id}"): Row(
        "seller", (200, 403, 404, 401, 403), lambda s: f"/item-imports/{s.job}"
    ),
    ("DELETE", "/item-imports/{import_id}"): Row(
        "seller", (204, 403, 404, 401, 403), lambda s: f"/item-imports/{s.job}"
    ),
    ("GET", "/cart"): Row("buyer", (200, 200, 403, 200, 403)),
    ("PATCH", "/cart"): Row(
        "buyer",
        (200, 200, 403, 200, 403),
        body=lambda s: {"itemId": s.item["itemId"], "quantity": 1},
    ),
    ("POST", "/checkout"): Row(
        "buyer", (201, 404, 403, 401, 403), body=lambda s: request_for(s.cart)
    ),
    ("DELETE", "/cart"): Row("buyer", (204, 204, 403, 204, 403)),
    ("GET", "/wishlist"): Row("buyer", (200, 200, 403, 401, 403)),
    ("PUT", "/wishlist/items/{item_id}"): Row(
        "buyer", (201, 201, 403, 401, 403), _wished, lambda _: {}
    ),
    ("GET", "/wishlist/items/{item_id}"): Row(
        "buyer", (404, 404, 403, 401, 403), lambda s: f"/wishlist{_draft(s)}"
    ),
    ("DELETE", "/wishlist/items/{item_id}"): Row("buyer", (204, 204, 403, 401, 403), _wished),
    ("GET", "/orders"): Row("buyer", (200, 200, 200, 401, 403)),
    ("GET", "/orders/{order_id}"): Row("buyer", (200, 404, 404, 401, 403), _order),
    ("GET", "/orders/{order_id}/events"): Row(
        "buyer",
        (204, 404, 403, 401, 403),
        lambda s: _order(s) + "/events",
        headers={"Last-Event-ID": "99"},
    ),
    ("POST", "/orders/{order_id}/cancellation"): Row(
        "buyer", (409, 404, 403, 401, 403), lambda s: _order(s) + "/cancellation"
    ),
    ("POST", "/orders/{order_id}/payment-return"): Row(
        "buyer",
        (202, 404, 403, 401, 403),
        lambda s: _order(s) + "/payment-return",
        lambda _: {"parameters": {"result": "approved"}},
    ),
    ("GET", "/notifications"): Row("buyer", (200, 200, 200, 401, 200)),
    ("POST", "/notifications/{notification_id}/read"): Row(
        "buyer", (404, 404, 404, 401, 404), lambda _: "/notifications/unknown/read"
    ),
    ("GET", "/notification-preferences"): Row("buyer", (200, 200, 200, 401, 200)),
    ("PUT", "/notification-preferences"): Row(
        "buyer", (200, 200, 200, 401, 200), body=lambda _: {"new-sign-in": {"inbox": True}}
    ),
    ("GET", "/unsubscribe/{token}"): Row("buyer", (404,) * 5, lambda _: "/unsubscribe/unknown"),
    ("POST", "/unsubscribe/{token}"): Row("buyer", (404,) * 5, lambda _: "/unsubscribe/unknown"),
    ("POST", "/webhook-endpoints"): Row("seller", (201, 403, 201, 401, 201), body=lambda _: HOOK),
    ("GET", "/webhook-endpoints"): Row("seller", (200, 403, 200, 401, 200)),
    ("GET", "/webhook-endpoints/{endpoint_id}"): Row("seller", (200, 403, 404, 401, 404), _hook),
    ("PATCH", "/webhook-endpoints/{endpoint_id}"): Row(
        "seller", (200, 403, 404, 401, 404), _hook, lambda _: {"description": "other"}
    ),
    ("POST", "/webhook-endpoints/{endpoint_id}/secret"): Row(
        "seller", (201, 403, 404, 401, 404), lambda s: _hook(s) + "/secret"
    ),
    ("GET", "/webhook-endpoints/{endpoint_id}/deliveries"): Row(
        "seller", (200, 403, 404, 401, 404), lambda s: _hook(s) + "/deliveries"
    ),
    (
        "POST",
        "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redelivery",
    ): Row(
        "seller",
        (404, 403, 404, 401, 404),
        lambda s: _hook(s) + "/deliveries/none/redelivery",
    ),
    ("DELETE", "/webhook-endpoints/{endpoint_id}"): Row("seller", (204, 403, 404, 401, 404), _hook),
    ("GET", "/ops/sagas"): Row("buyer", OPERATORS_ALONE),
    ("GET", "/ops/sagas/{order_id}"): Row("buyer", OPERATORS_ALONE, _saga),
    ("POST", "/ops/sagas/{order_id}/retry"): Row(
        "buyer", OPERATORS_ALONE, lambda s: _saga(s) + "/retry", lambda _: WHY
    ),
    ("POST", "/ops/sagas/{order_id}/resolve"): Row(
        "buyer",
        (403, 403, 403, 401, 409),
        lambda s: _saga(s) + "/resolve",
        lambda _: {"outcome": "declined", **WHY},
    ),
    ("POST", "/ops/sagas/{order_id}/compensate"): Row(
        "buyer", (403, 403, 403, 401, 409), lambda s: _saga(s) + "/compensate", lambda _: WHY
    ),
    ("GET", "/ops/messages"): Row("buyer", OPERATORS_ALONE),
    ("GET", "/ops/messages/{message_id}"): Row(
        "buyer", (403, 403, 403, 401, 404), lambda _: "/ops/messages/none"
    ),
    ("POST", "/ops/messages/{message_id}/replay"): Row(
        "buyer", (403, 403, 403, 401, 404), lambda _: "/ops/messages/none/replay", lambda _: WHY
    ),
    ("POST", "/ops/messages/{message_id}/discard"): Row(
        "buyer", (403, 403, 403, 401, 404), lambda _: "/ops/messages/none/discard", lambda _: WHY
    ),
    ("POST", "/webhooks/payments/{gateway}"): Row(
        "buyer", (404, 404, 404, 404, 404), lambda _: "/webhooks/payments/none", lambda _: {}
    ),
    ("POST", "/orders/{order_id}/refunds"): Row(
        "buyer",
        (403, 403, 404, 401, 201),
        lambda s: f"{_order(s)}/refunds",
        lambda _: {"amount": "1.00", "reason": "broken"},
        {"Idempotency-Key": "refund"},
    ),
    ("GET", "/orders/{order_id}/refunds"): Row(
        "buyer", (200, 404, 404, 401, 200), lambda s: f"{_order(s)}/refunds"
    ),
    ("GET", "/orders/{order_id}/refunds/{no}"): Row(
        "buyer", (404, 404, 404, 401, 404), lambda s: f"{_order(s)}/refunds/9"
    ),
    ("GET", "/ops/payments/refunds"): Row("buyer", OPERATORS_ALONE),
    ("POST", "/ops/payments/refunds/{order_id}/{no}/retry"): Row(
        "buyer",
        (403, 403, 403, 401, 404),
        lambda s: f"/ops/payments/refunds/{s.order['orderId']}/9/retry",
        lambda _: WHY,
    ),
    ("GET", "/ops/payments/notices"): Row("buyer", OPERATORS_ALONE),
    ("POST", "/ops/payments/notices/{gateway}/{event_id}/retry"): Row(
        "buyer",
        (403, 403, 403, 401, 404),
        lambda _: "/ops/payments/notices/a/b/retry",
        lambda _: WHY,
    ),
    ("GET", "/ops/payments/strangers"): Row("buyer", OPERATORS_ALONE),
    ("POST", "/ops/payments/strangers/{gateway}/{ref}/settle"): Row(
        "buyer",
        (403, 403, 403, 401, 404),
        lambda _: "/ops/payments/strangers/a/b/settle",
        lambda _: WHY,
    ),
    ("GET", "/ops/decisions"): Row("buyer", OPERATORS_ALONE),
    ("GET", "/"): Row("buyer", ANYONE),
    ("GET", "/health/live"): Row("buyer", ANYONE),
    ("GET", "/health/ready"): Row("buyer", ANYONE),
    ("GET", "/metrics"): Row("buyer", ANYONE),
    ("GET", "/problems"): Row("buyer", ANYONE),
    ("GET", "/problems/{code}"): Row("buyer", ANYONE, lambda _: "/problems/not-found"),
    ("GET", "/schema"): Row("buyer", ANYONE),
    ("GET", "/schema/openapi.json"): Row("buyer", ANYONE),
    ("GET", "/schema/{file}"): Row("buyer", ANYONE, lambda _: "/schema/start.js"),
}


@pytest.fixture(scope="module")
def stage(town: Town) -> Stage:
    seller, buyer = town.newcomer("seller"), town.newcomer()
    item = town.item(seller)
    job = seller("POST", "/item-imports", content=b"", headers={"Content-Type": "text/csv"}).json()[
        "importId"
    ]
    order = town.order(buyer, item, Prefer="wait=10")
    assert order["status"] == "COMPLETED"
    cart = town.filled_cart(buyer, item)
    draft = town.item(seller, status="draft")
    image = seller(
        "POST", f"/items/{draft['itemId']}/images", content=picture(),
        headers={"Content-Type": "image/png"},
    ).json()["imageId"]  # fmt: skip
    return Stage(town, seller, buyer, item, draft, order, cart, job, image)


def who(stage: Stage, role: str, row: Row) -> Person:
    """Somebody in *role*, with a session that a test may end."""
    if role == "guest":
        return stage.town.guest
    if role != "owner":
        return stage.town.newcomer(
            {"other buyer": "buyer", "other seller": "seller"}.get(role, role)
        )
    owner = stage.buyer if row.owner == "buyer" else stage.seller
    session = stage.town.client.post(
        "/sessions", json={"email": owner.account["email"], "password": PASSWORD}
    )
    return Person(stage.town.client, session.json()["token"], owner.account)


def test_31_every_route_has_a_row() -> None:
    assert {(o.method, o.path) for o in OPERATIONS} == set(TABLE)


# The owner comes last: what the owner is allowed to do changes the stage.
@pytest.mark.parametrize(("method", "path"), TABLE)
@pytest.mark.parametrize("role", [*ROLES[1:], "owner"])
def test_31_a_route_answers_everybody_as_the_table_says(
    stage: Stage, method: str, path: str, role: str
) -> None:
    row = TABLE[method, path]
    stage.town.client.cookies.clear()
    person = who(stage, role, row)
    body = row.body(stage) if row.body else None
    more = {"content": row.content} if row.content is not None else {}
    answer = person(
        method, row.path(stage) if row.path else path, body, headers=row.headers, **more
    )
    assert answer.status_code == row.expected[ROLES.index(role)], answer.text
    if answer.status_code in (401, 403, 404):
        assert answer.headers["content-type"] == "application/problem+json"
        assert stage.buyer.account["email"] not in answer.text


@pytest.mark.parametrize(
    ("method", "path"), [key for key, row in TABLE.items() if row.expected[3] == 401]
)
def test_31_a_token_that_is_none_is_401_everywhere(stage: Stage, method: str, path: str) -> None:
    row = TABLE[method, path]
    stranger = Person(stage.town.client, "nonsense")
    body = row.body(stage) if row.body else None
    more = {"content": row.content} if row.content is not None else {}
    answer = stranger(
        method, row.path(stage) if row.path else path, body, headers=row.headers, **more
    )
    assert answer.status_code == 401
