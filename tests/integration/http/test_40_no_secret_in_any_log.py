"""A forced failure at every port, on every route and in every role of a worker: no secret is in any
log (acceptance 40).

Whatever is forced to fail tells all that it knows: an error with the arguments of the call and with
every secret of the request in its words, raised where local variables hold them too. Logs are read
in both formats, spans as a collector gets them.
"""

import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import httpx
import pytest
import structlog
from dependency_injector import providers
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.logging import configure_logging
from commerce_bootstrap.otel import tracer_to
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_testkit.canaries import Canaries
from commerce_worker.main import loops_of
from tests.integration.http.people import Person, Town, serving, until
from tests.integration.http.test_31_authorisation import TABLE, Stage
from tests.pictures import picture

FORMATS: Final = ("json", "plain")
#: Every port by its name in the container, with the methods that are forced to fail: all that are
#: public.
PORTS: Final = (
    "database", "held.accounts", "held.credential_requests",
    "held.items", "held.offers", "held.imports", "held.images",
    "held.stock",
    "held.carts", "held.orders",
    "held.seller_orders", "held.wishlists", "held.sagas", "held.outbox", "held.reindex",
    "webhooks.repo",
    "index",
    "gateway", "carrier", "broker", "hasher", "tokens",
    "checkout.orders", "carts.batcher", "placement.pricer", "ids",
)  # fmt: skip
_OF_HOLDERS: Final = ("/accounts/me", "/email-changes")
#: What no request asks, or what a request can do without.
FOR_WORKERS: Final = ("held.reindex", "index", "carrier", "broker")


@attrs.frozen
class Observation:
    """What a shop wrote, and the secrets that were shown to it."""

    town: Town
    container: Any
    stage: Stage
    secrets: Canaries
    spans: InMemorySpanExporter

    def with_a_cart(self) -> Stage:
        """The stage, its buyer having something to pay."""
        return attrs.evolve(
            self.stage, cart=self.town.filled_cart(self.stage.buyer, self.stage.item)
        )


def forced(secrets: Canaries) -> Callable[..., Any]:
    def fail(*arguments: Any, **named: Any) -> Any:
        local = f"{secrets.card} {secrets.bearer} {secrets.cart_token} {secrets.password}"
        try:
            raise ValueError(
                f"card {secrets.card}, password={secrets.password!r}, {secrets.bearer}\n{local}"
            )
        except ValueError as error:
            raise RuntimeError(
                f"forced with {arguments!r} {named!r}: Bearer {secrets.bearer}, cart "
                f"{secrets.cart_token}"
            ) from error

    return fail


@contextmanager
def broken(part: Any, secrets: Canaries) -> Iterator[None]:
    """*part* fails at whatever it is asked."""
    kind = type(part)
    names = [
        name
        for name in dir(kind)
        if not name.startswith("_")
        and callable(getattr(kind, name))
        and name not in ("close", "dispose")
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(kind, name, _only_of(part, getattr(kind, name), forced(secrets)))
        yield


def _only_of(part: Any, works: Callable[..., Any], fails: Callable[..., Any]) -> Callable[..., Any]:
    """A method that fails for *part* alone: other shops of this process go on, and end the
    transactions that they began.
    """

    def method(*arguments: Any, **named: Any) -> Any:
        is_other = bool(arguments) and type(arguments[0]) is type(part) and arguments[0] is not part
        return (works if is_other else fails)(*arguments, **named)

    return method


def part_of(container: Any, name: str) -> Any:
    if name == "gateway":
        return next(iter(container.gateways().values()))
    if name == "carrier":
        return next(iter(container.carriers().values()))
    if name.startswith("held."):
        return getattr(container.storage(), name.removeprefix("held."))
    if name in ("broker", "database"):
        return getattr(container.shop() if name == "broker" else container.storage(), name)
    service, _, inner = name.partition(".")
    if inner:
        found = getattr(container.shop(), service)
        return getattr(found, inner, None) or getattr(found, f"_{inner}")
    return getattr(container, name)()


def opened(
    folder: Path, stack: ExitStack, settings: Mapping[str, Any]
) -> tuple[Town, Any, InMemorySpanExporter]:
    """A shop that nobody works for, served; its container, and what its tracer collects."""
    container = ShopContainer(settings=Settings.in_folder(folder, **settings))
    spans = InMemorySpanExporter()
    container.tracer.override(providers.Object(tracer_to(spans, "here", stack)))
    shop: Shop = container.shop()
    stack.callback(shop.close)
    address = stack.enter_context(serving(shop))
    return (
        Town(shop, stack.enter_context(httpx.Client(base_url=address, timeout=30))),
        container,
        spans,
    )


def take_turns(shop: Shop) -> bool:
    """Have every role of a worker take a turn."""
    for loop in loops_of(shop):
        loop.turn()
    return True


def known_to(town: Town, seller: Person, card: str) -> tuple[Stage, Canaries]:
    """Somebody with a password, a session, a guest's cart and a card; and what routes are tried
    on.
    """
    secrets = Canaries(card=card)
    me = {"email": "canary@example.com", "password": secrets.password, "name": "Canary"}
    made = town.client.post("/accounts", json=me)
    assert made.status_code == 201, made.text
    session = town.client.post(
        "/sessions", json={name: me[name] for name in ("email", "password")}
    ).json()
    buyer = Person(town.client, session["token"], session["account"])
    item = town.item(seller, quantity=50)
    guest = town.client.patch("/cart", json={"itemId": item["itemId"], "quantity": 1})
    town.client.cookies.clear()
    secrets = attrs.evolve(
        secrets, bearer=session["token"], cart_token=guest.headers["x-cart-token"]
    )
    job = seller(
        "POST",
        "/item-imports",
        content=b"sku,name,price,quantity\nA,B,1,1\n",
        headers={"Content-Type": "text/csv"},
    ).json()
    order = town.order(buyer, item, card)
    until(
        lambda: (
            take_turns(town.shop)
            and buyer("GET", f"/orders/{order['orderId']}").json()["status"] == "COMPLETED"
        )
    )
    town.order(buyer, item, card)  # which waits for a worker
    cart = town.filled_cart(buyer, item)
    draft = town.item(seller, status="draft")
    image = seller(
        "POST", f"/items/{draft['itemId']}/images", content=picture(),
        headers={"Content-Type": "image/png"},
    ).json()["imageId"]  # fmt: skip
    stage = Stage(town, seller, buyer, item, draft, order, cart, job["importId"], image)
    return stage, secrets


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """What is configured within the block is undone."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


@pytest.fixture
def observed(tmp_path: Path, on_database: dict[str, Any]) -> Iterator[Observation]:
    with ExitStack() as stack, logging_as_it_was():
        town, container, spans = opened(tmp_path / "shop", stack, on_database)
        stage, secrets = known_to(town, town.newcomer("seller"), Canaries().card)
        yield Observation(town, container, stage, secrets, spans)


@contextmanager
def log_in(log_format: str) -> Iterator[io.StringIO]:
    """What is logged, in a format, by whomever."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", said)
        configure_logging(log_format)
        yield said


def ask_everything(observed: Observation, stage: Stage) -> set[int]:
    """Every route with every secret that it takes; the statuses of the answers."""
    statuses: set[int] = set()
    for (method, path), row in TABLE.items():
        person = stage.buyer if row.owner == "buyer" else stage.seller
        body = row.body(stage) if row.body else None
        if isinstance(body, dict) and "password" in body:
            body = body | {
                # not so that the account is closed, or has another address
                "password": ("not " if path in _OF_HOLDERS else "") + observed.secrets.password,
                "email": "canary@example.com" if path == "/sessions" else "new@example.com",
            }
        if path == "/checkout":
            body = body | {
                "paymentInfo": {
                    "paymentType": "card",
                    "cardNo": observed.secrets.card,
                    "cvc": "123",
                }
            }
        headers = {"X-Cart-Token": observed.secrets.cart_token, **row.headers}
        more = {"content": row.content} if row.content is not None else {}
        if isinstance(body, dict) and "current" in body:
            body = {"current": observed.secrets.password + "?", "new": observed.secrets.password}
        if method == "DELETE" and path in ("/sessions", "/sessions/current"):
            person = attrs.evolve(
                person, token=observed.secrets.bearer[:-1] + "x"
            )  # not the session that others are tried with
        answer = person(
            method, row.path(stage) if row.path else path, body, headers=headers, **more
        )
        statuses.add(answer.status_code)
        assert observed.secrets.found_in(_without_what_is_given(answer)) == [], (method, path)
    statuses.add(stage.seller("GET", "/orders").status_code)
    return statuses


def _without_what_is_given(answer: httpx.Response) -> str:
    """An answer but for a token that is handed over with it."""
    return answer.text if answer.status_code >= 400 else ""


@pytest.mark.parametrize("log_format", FORMATS)
def test_40_a_failure_at_any_port_shows_no_secret_of_a_request(
    observed: Observation, log_format: str
) -> None:
    for name in PORTS:
        part, stage = part_of(observed.container, name), observed.with_a_cart()
        with log_in(log_format) as said:
            with broken(part, observed.secrets):
                statuses = ask_everything(observed, stage)
            text = said.getvalue()
        assert observed.secrets.found_in(text) == [], f"{name}: {_lines(text, observed.secrets)}"
        assert name in FOR_WORKERS or 500 in statuses, f"{name} did not fail: nothing was looked at"
    assert observed.secrets.found_in(_spans(observed)) == []


@pytest.mark.parametrize("log_format", FORMATS)
def test_40_a_failure_at_any_port_shows_no_secret_of_a_worker(
    observed: Observation, log_format: str
) -> None:
    failed: dict[str, bool] = {}
    for name in PORTS:
        part = part_of(observed.container, name)
        with log_in(log_format) as said:
            with broken(part, observed.secrets):
                take_turns(observed.town.shop)
            text = said.getvalue()
        failed[name] = "forced with" in text
        assert observed.secrets.found_in(text) == [], f"{name}: {_lines(text, observed.secrets)}"
    assert sum(failed.values()) >= 6, f"hardly anything failed: {failed}"
    assert observed.secrets.found_in(_spans(observed)) == []


@pytest.mark.parametrize("log_format", FORMATS)
def test_40_a_table_that_is_missing_shows_no_value(observed: Observation, log_format: str) -> None:
    database = observed.container.storage().database
    with log_in(log_format) as said:
        stage = observed.with_a_cart()
        for table in ("saga", "cart", "account", "session", "outbox", "item"):
            with database.begin() as tx:
                tx.connection.exec_driver_sql(f'ALTER TABLE "{table}" RENAME TO gone')
                tx.commit()
            try:
                ask_everything(observed, stage)
                take_turns(observed.town.shop)
            finally:
                with database.begin() as tx:
                    tx.connection.exec_driver_sql(f'ALTER TABLE gone RENAME TO "{table}"')
                    tx.commit()
        text = said.getvalue()
    assert "caused by" in text or "OperationalError" in text or "ProgrammingError" in text
    assert observed.secrets.found_in(text) == [], _lines(text, observed.secrets)


def _lines(text: str, secrets: Canaries) -> list[str]:
    return [line[:600] for line in text.splitlines() if secrets.found_in(line)][:3]


def _spans(observed: Observation) -> str:
    observed.container.tracer().span_processor.force_flush()
    return "\n".join(span.to_json() for span in observed.spans.get_finished_spans())
