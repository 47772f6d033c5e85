"""A list that loads a row at a time (29): the number of SQL statements of every endpoint is the
same for little and for much data.

Every operation of the shop has a row in ``ROWS``; a new one without a row fails.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import pytest

from commerce_core.catalog import ImportFormat
from commerce_http.main import OPERATIONS
from tests.fullstack import full_settings
from tests.integration.acceptance import desk, hooks, notices, own, pictured, tips, wishes
from tests.integration.acceptance.quarters import NDJSON, Quarter, built, newcomer
from tests.integration.http.people import Person, request_for, serving
from tests.integration.market import Market, open_market
from tests.integration.statements import counted
from tests.servers import SharedServers

MOST: Final = 25
FEW, MANY = 1, 50
PASSWORD: Final = "correct horse battery"
_numbers = itertools.count(1)


Found = Callable[[ExitStack], dict[str, str]]


@pytest.fixture(scope="module", params=["embedded", "full stack"])
def found(request: pytest.FixtureRequest, shared_servers: SharedServers) -> Found:
    """What gives the settings of another new shop."""
    return (
        (lambda _: {})
        if request.param == "embedded"
        else (lambda stack: full_settings(stack, shared_servers))
    )


@pytest.fixture(scope="module")
def quarters(
    found: Found, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Quarter, Quarter]]:
    with ExitStack() as stack:
        market = stack.enter_context(
            open_market(tmp_path_factory.mktemp("quarters"), **found(stack))
        )
        address = stack.enter_context(serving(market.shop))
        client = stack.enter_context(httpx.Client(base_url=address, timeout=60))
        yield built(market, client, FEW), built(market, client, MANY)


Send = Callable[[], object]


def _get(path: str, who: str = "buyer", status: int = 200) -> Callable[[Quarter], Send]:
    def prepared(q: Quarter) -> Send:
        q.market.shop.items.publish(q.owner, q.large_item.item.id)
        person = Person(q.client) if who == "guest" else getattr(q, who)
        target = path.format(item=q.large_item.item.id, order=q.order_id, import_id=q.import_id)
        return lambda: q.send(person, "GET", target, status=status)

    return prepared


def _register(q: Quarter) -> Send:
    body = {
        "email": f"new{next(_numbers)}@example.com",
        "password": PASSWORD,
        "name": "New",
        "role": "buyer",
    }
    return lambda: q.send(Person(q.client), "POST", "/accounts", body, 201)


def _log_in(q: Quarter) -> Send:
    """With a guest's cart that goes over."""
    email = f"holder{next(_numbers)}@example.com"
    q.send(
        Person(q.client),
        "POST",
        "/accounts",
        {"email": email, "password": PASSWORD, "name": "New", "role": "buyer"},
        201,
    )
    token = {"X-Cart-Token": q.market.shop.guest_tokens.new()}
    for item in q.items:
        q.send(
            Person(q.client),
            "PATCH",
            "/cart",
            {"itemId": item.item.id, "quantity": 1},
            headers=token,
        )
    return lambda: q.send(
        Person(q.client),
        "POST",
        "/sessions",
        {"email": email, "password": PASSWORD},
        201,
        headers=token,
    )


def _log_out(q: Quarter) -> Send:
    somebody, _ = newcomer(q.market, q.client)
    return lambda: q.send(somebody, "DELETE", "/sessions/current", status=204)


def _change_account(q: Quarter) -> Send:
    return lambda: q.send(q.buyer, "PATCH", "/accounts/me", {"name": f"Name {next(_numbers)}"})


def _onboard(q: Quarter) -> Send:
    forms = [{"variantId": f"V{no}", "price": "5.00", "stock": 5} for no in range(q.size)]
    new = {"name": f"New {next(_numbers)}", "variants": forms}
    return lambda: q.send(
        q.seller, "POST", "/items", new, 201, headers={"Idempotency-Key": f"k{next(_numbers)}"}
    )


def _change_item(q: Quarter) -> Send:
    forms = [{"variantId": f"V{no}", "price": f"{6 + next(_numbers)}.00"} for no in range(q.size)]
    path = f"/items/{q.large_item.item.id}"
    version = q.market.shop.items.details(q.large_item.item.id).item.version
    return lambda: q.send(
        q.seller, "PATCH", path, {"variants": forms}, headers={"If-Match": f'"{version}"'}
    )


def _withdraw(q: Quarter) -> Send:
    q.market.shop.items.publish(q.owner, q.large_item.item.id)
    return lambda: q.send(q.seller, "DELETE", f"/items/{q.large_item.item.id}/publication")


def _publish(q: Quarter) -> Send:
    q.market.shop.items.withdraw(q.owner, q.large_item.item.id)
    return lambda: q.send(q.seller, "POST", f"/items/{q.large_item.item.id}/publication")


def _receive(q: Quarter) -> Send:
    body = {"variantId": "V0", "quantity": 1, "reference": f"r{next(_numbers)}"}
    return lambda: q.send(
        q.seller, "POST", f"/items/{q.large_item.item.id}/stock-receipts", body, 201
    )


def _import(q: Quarter) -> Send:
    rows = b"\n".join(
        b'{"sku": "N%d", "name": "Row", "price": 1, "quantity": 1}' % no for no in range(q.size)
    )
    return lambda: q.send(
        q.seller, "POST", "/item-imports", status=202, content=rows, headers=NDJSON
    )


def _cancel_import(q: Quarter) -> Send:
    rows = b"\n".join(
        b'{"sku": "N%d", "name": "Row", "price": 1, "quantity": 1}' % no for no in range(q.size)
    )
    begun = q.send(
        q.seller, "POST", "/item-imports", status=202, content=rows, headers=NDJSON
    ).json()
    return lambda: q.send(q.seller, "DELETE", f"/item-imports/{begun['importId']}", status=204)


def _set_quantity(q: Quarter) -> Send:
    q.market.fill(q.account, *((item, 2) for item in q.items))
    return lambda: q.send(
        q.buyer,
        "PATCH",
        "/cart",
        {"itemId": q.items[0].item.id, "quantity": 3 + next(_numbers) % 5},
    )


def _empty_cart(q: Quarter) -> Send:
    q.market.fill(q.account, *((item, 2) for item in q.items))
    return lambda: q.send(q.buyer, "DELETE", "/cart", status=204)


def _check_out(q: Quarter) -> Send:
    q.market.fill(q.account, *((item, 2) for item in q.items))
    cart = q.send(q.buyer, "GET", "/cart").json()
    key = {"Idempotency-Key": f"c{next(_numbers)}"}
    return lambda: q.send(q.buyer, "POST", "/checkout", request_for(cart), 201, headers=key)


def _cancel(q: Quarter) -> Send:
    placed = q.market.place(q.account, q.market.fill(q.account, *((item, 1) for item in q.items)))
    return lambda: q.send(
        q.buyer, "POST", f"/orders/{placed.key.order_id}/cancellation", status=202
    )


def _return(q: Quarter) -> Send:
    """To an order that waits for its buyer, as it does."""
    cart_id = q.market.fill(q.account, *((item, 1) for item in q.items))
    placed = q.market.place(q.account, cart_id, "4000000000003220")
    q.market.run()
    path = f"/orders/{placed.key.order_id}/payment-return"
    return lambda: q.send(q.buyer, "POST", path, {"parameters": {"x": "1"}}, 202)


def _events(q: Quarter) -> Send:
    """Of an order that is over: the whole timeline at once."""

    def read() -> None:
        answer = q.send(q.buyer, "GET", f"/orders/{q.order_id}/events")
        assert answer.text.count("\nid:") + answer.text.startswith("id:") >= 5

    return read


ROWS: Final[dict[str, Callable[[Quarter], Send]]] = {
    "register": _register,
    "log_in": _log_in,
    "log_out": _log_out,
    "own_account": _get("/accounts/me"),
    "change_account": _change_account,
    "change_password": own.change_password,
    "list_sessions": own.list_sessions,
    "end_sessions": own.end_sessions,
    "end_session": own.end_session,
    "ask_password_reset": own.ask_reset,
    "choose_password": own.choose_password,
    "ask_email_change": own.ask_email_change,
    "confirm_email_change": own.confirm_email_change,
    "export_account": own.export_account,
    "close_account": own.close_account,
    "find_items": _get("/items?term=thing&size=100", "guest"),
    "suggest": _get("/suggestions?prefix=th&size=20", "guest"),
    "recommended": tips.home,
    "onboard_item": _onboard,
    "item_details": _get("/items/{item}", "guest"),
    "own_items": _get("/accounts/me/items?stockBelow=5&size=100", "seller"),
    "change_item": _change_item,
    "publish_item": _publish,
    "withdraw_item": _withdraw,
    "receive_stock": _receive,
    "upload_image": pictured.upload,
    "item_images": pictured.listed,
    "item_image": pictured.looked_up,
    "delete_image": pictured.deleted,
    "media_file": _get(f"/media/{'0' * 64}.webp", "guest", 404),
    "import_items": _import,
    "own_imports": _get("/item-imports?size=100", "seller"),
    "import_progress": _get("/item-imports/{import_id}", "seller"),
    "cancel_import": _cancel_import,
    "own_cart": _get("/cart"),
    "set_quantity": _set_quantity,
    "empty_cart": _empty_cart,
    "wishlist": wishes.listed,
    "put_on_wishlist": wishes.put,
    "wishlist_entry": wishes.looked_up,
    "take_off_wishlist": wishes.taken_off,
    "place_order": _check_out,
    "order_history": _get("/orders?size=100"),
    "order_details": _get("/orders/{order}"),
    "order_events": _events,
    "cancel_order": _cancel,
    "return_from_payment": _return,
    "notifications": _get("/notifications?size=100"),
    "read_notification": lambda q: (
        lambda: q.send(q.buyer, "POST", f"/notifications/{q.order_id}/read", status=404)
    ),
    "notification_preferences": _get("/notification-preferences"),
    "choose_notifications": lambda q: (
        lambda: q.send(
            q.buyer, "PUT", "/notification-preferences", {"order-completed": {"email": False}}
        )
    ),
    "unsubscribe_page": lambda q: lambda: q.send(q.buyer, "GET", notices.link_of(q)),
    "unsubscribe": lambda q: lambda: q.send(q.buyer, "POST", notices.link_of(q)),
    "add_webhook_endpoint": hooks.added,
    "webhook_endpoints": hooks.listed,
    "webhook_endpoint": hooks.looked_up,
    "change_webhook_endpoint": hooks.changed,
    "remove_webhook_endpoint": hooks.removed,
    "roll_webhook_secret": hooks.rolled,
    "webhook_deliveries": hooks.deliveries,
    "redeliver_webhook": hooks.redelivered,
    "list_sagas": desk.get("/ops/sagas?size=100"),
    "saga_details": desk.get("/ops/sagas/{order}"),
    "retry_saga": desk.decide("retry"),
    "resolve_saga": desk.decide("resolve", 409, outcome="declined"),
    "compensate_saga": desk.decide("compensate", 409),
    "list_messages": desk.get("/ops/messages?size=100"),
    "message_details": desk.letter(""),
    "replay_message": desk.letter("replay"),
    "discard_message": desk.letter("discard"),
    "receive_payment_notice": lambda q: (
        lambda: q.send(q.buyer, "POST", "/webhooks/payments/none", {}, status=404)
    ),
    "list_payment_notices": desk.notice(""),
    "retry_payment_notice": desk.notice("retry"),
    "request_refund": desk.refunded,
    "list_refunds": desk.get("/orders/{order}/refunds"),
    "refund_details": desk.refund,
    "list_refunds_for_review": desk.get("/ops/payments/refunds?size=100"),
    "retry_refund": desk.retried,
    "list_payment_strangers": desk.stranger(""),
    "settle_payment_stranger": desk.stranger("settle"),
    "list_decisions": desk.get("/ops/decisions?size=100"),
    "service": _get("/", "guest"),
    "live": _get("/health/live", "guest"),
    "ready": _get("/health/ready", "guest"),
    "metrics": _get("/metrics", "guest"),
    "schema_document": _get("/schema/openapi.json", "guest"),
    "schema_page": _get("/schema", "guest"),
    "schema_file": _get("/schema/start.js", "guest"),
    "problem_types": _get("/problems", "guest"),
    "problem_type": _get("/problems/not-found", "guest"),
}
#: What goes through all parts of a shop.
MOST_OF: Final = {own.close_account: 120, own.export_account: 40}
#: The same operations as somebody else uses them.
SELLERS: Final[dict[str, Callable[[Quarter], Send]]] = {
    "recommended": tips.home_of_a_guest,
    "order_history": _get("/orders?size=100", "seller"),
    "order_details": _get("/orders/{order}", "seller"),
    "own_cart": _get("/cart", "guest"),
    "item_details": _get("/items/{item}", "seller"),
}


def statements_of(q: Quarter, row: Callable[[Quarter], Send]) -> list[str]:
    """What the database is asked for one request."""
    send = row(q)
    with counted(q.market.database) as seen:
        send()
    return seen


def assert_fixed(quarters: tuple[Quarter, Quarter], row: Callable[[Quarter], Send]) -> None:
    few, many = (statements_of(quarter, row) for quarter in quarters)
    assert len(few) == len(many), "\n".join(["few:", *few, "many:", *many])
    assert len(many) <= MOST_OF.get(row, MOST)


def test_29_every_operation_has_a_row_here() -> None:
    assert {operation.name for operation in OPERATIONS} == set(ROWS)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_29_an_operation_asks_the_database_as_often_for_much_as_for_little(quarters, row) -> None:
    assert_fixed(quarters, row)


@pytest.mark.parametrize("row", SELLERS.values(), ids=SELLERS)
def test_29_an_operation_asks_as_often_whoever_asks(quarters, row) -> None:
    assert_fixed(quarters, row)


def test_29_what_goes_with_an_item_is_read_as_often_for_much_as_for_little(quarters) -> None:
    assert_fixed(quarters, tips.beside)


@pytest.mark.parametrize("work", ["sagas", "consumers", "imports", "reindex"])
def test_29_a_turn_of_the_worker_asks_as_often_for_many_as_for_one(
    found: Found, tmp_path: Path, work: str
) -> None:
    counts = []
    for size in (FEW, 16):
        with ExitStack() as stack:
            market = stack.enter_context(
                open_market(tmp_path / str(size), in_step=True, **found(stack))
            )
            turn = prepared_turn(market, work, size)
            with counted(market.database) as seen:
                assert turn() >= size
            counts.append(len(seen))
    assert counts[0] == counts[1] <= 3 * MOST


def prepared_turn(market: Market, work: str, size: int) -> Callable[[], int]:
    """A turn with *size* orders, messages, rows or items to it."""
    items = [market.item(10, name=f"Thing {no}") for no in range(size)]
    if work == "sagas":
        for item in items:
            market.buy(item)
        return lambda: market.shop.runner.run_once(16)
    if work == "imports":
        rows = b"\n".join(
            b'{"sku": "N%d", "name": "Row", "price": 1, "quantity": 1}' % no for no in range(size)
        )
        market.shop.imports.take(market.seller_id, ImportFormat.NDJSON, [rows])
        return lambda: market.shop.importer.run_once(500)
    if work == "reindex":
        market.shop.reindexer.request()
        return lambda: market.shop.reindexer.run_once(500)
    return lambda: market.shop.relay.run_once(500)
