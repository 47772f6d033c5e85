"""Orders with numbers that people call them by, on SQLite and on PostgreSQL: those of
``examples/order_numbers.py``, and numbers that are late, taken or wrong.
"""

import importlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.assembly import Parts
from commerce_core.checkout import (
    OrderNumbers,
    OrderNumberUnavailable,
    Placed,
    PlaceOrder,
    ProposedOrder,
)
from commerce_core.checkout.service.prepare import PreparedPayment
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_sqlalchemy.joined import join
from commerce_testkit.contracts.order_numbers import OrderNumbersContract
from commerce_testkit.memory.clock import SettableClock
from tests.integration.http.people import Town, problem, request_for, serving
from tests.integration.market import GOOD, Market, open_market, side_by_side
from tests.integration.statements import counted

EXAMPLES: Final = Path(__file__).parents[2] / "examples"


@pytest.fixture
def url(tmp_path: Path, on_database: dict[str, Any]) -> str:
    """SQLAlchemy's address of the shop's own database."""
    own = str(on_database.get("database_url", f"sqlite:///{tmp_path}/shop.db"))
    return own.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def daily(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Makes the example's numbers, as many times as there are processes."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    example: Any = importlib.import_module("order_numbers")
    made: list[Any] = []

    def make() -> Any:
        made.append(example.DailyNumbers(url, SettableClock()))
        made[0].create_table()
        return made[-1]

    yield make
    for numbers in made:
        numbers.close()


class TestDailyNumbers(OrderNumbersContract):
    @pytest.fixture
    def numbers(self, daily: Callable[[], OrderNumbers]) -> OrderNumbers:
        return daily()

    @pytest.fixture
    def elsewhere(self, numbers: OrderNumbers, daily: Callable[[], OrderNumbers]) -> OrderNumbers:
        return daily()


@pytest.fixture
def town(tmp_path: Path, on_database: dict[str, Any], daily: Callable[[], Any]) -> Iterator[Town]:
    settings = Settings.in_folder(
        tmp_path, **{"database_url": f"sqlite:///{tmp_path}/shop.db", **on_database}
    )
    with (
        build_shop(settings, parts=partial(Parts, numbers=daily())) as shop,
        serving(shop) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Town(shop, client)


def test_an_order_is_shown_and_found_by_its_number(town: Town) -> None:
    seller, other, buyer, stranger = (
        town.newcomer(role) for role in ("seller", "seller", "buyer", "buyer")
    )
    lamp = town.item(seller)
    key = {"Idempotency-Key": "k"}
    request = request_for(town.filled_cart(buyer, lamp))
    placed = buyer("POST", "/checkout", request, headers=key).json()
    number, order_id = placed["number"], placed["orderId"]
    assert number.endswith("-00001")
    assert len(number) == 14
    assert buyer("POST", "/checkout", request, headers=key).json()["number"] == number
    assert town.order(buyer, lamp)["number"].endswith("-00002")
    while town.shop.runner.run_once(10) + town.shop.relay.run_once(100):
        pass

    def found(who: Any, **asked: str) -> list[tuple[str, str]]:
        answer = who("GET", "/orders", params=asked)
        assert answer.status_code == 200, answer.text
        return [(order["orderId"], order["number"]) for order in answer.json()["orders"]]

    assert buyer("GET", f"/orders/{order_id}").json()["number"] == number
    assert seller("GET", f"/orders/{order_id}").json()["number"] == number
    for who in (buyer, seller):
        assert found(who, number=number) == [(order_id, number)]
        assert found(who, number=number, status="CANCELLED") == []
        assert len(found(who)) == 2
    assert found(stranger, number=number) == found(other, number=number) == []
    assert found(buyer, number="nothing") == found(buyer, number=order_id) == []
    refused = problem(buyer("GET", "/orders", params={"number": "9" * 65}), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["/number"]
    assert town.shop.checker.check().clean


def test_a_list_by_number_takes_one_statement_more_than_without(town: Town) -> None:
    buyer = town.newcomer()
    number = town.order(buyer, town.item(town.newcomer("seller")))["number"]
    seen = []
    for asked in ({}, {"number": number}, {"number": "nothing"}):
        with counted(town.shop.database) as statements:
            assert buyer("GET", "/orders", params=asked).status_code == 200
        seen.append(len(statements))
    whole, one, none = seen
    assert one == whole + 1
    assert none < one


class Scripted(OrderNumbers):
    """Gives what it is told to, or waits for what never comes; else it counts."""

    def __init__(self, *, answers_at_once: bool) -> None:
        self.answers_at_once = answers_at_once
        self.next: list[object] = []
        self.over, self.hangs = threading.Event(), threading.Event()
        self.groups: list[int] = []
        self.closed = 0
        self._last = 0
        self._lock = threading.Lock()

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        with self._lock:
            self.groups.append(len(orders))
            said = [self._number() for _ in orders]
        if "hang" in said:
            self.hangs.set()
            self.over.wait(30)
        return said  # type: ignore[return-value]

    def _number(self) -> object:
        if self.next:
            if isinstance(said := self.next.pop(0), Exception):
                raise said
            return said
        self._last += 1
        return f"N-{self._last}"

    def close(self) -> None:
        self.over.set()
        self.closed += 1


@pytest.fixture(params=[True, False], ids=["at once", "may wait"])
def numbers(request: pytest.FixtureRequest) -> Scripted:
    return Scripted(answers_at_once=request.param)


@pytest.fixture
def scripted(tmp_path: Path, on_database: dict[str, Any], numbers: Scripted) -> Iterator[Town]:
    settings = Settings.in_folder(tmp_path, call_timeout=timedelta(seconds=0.5), **on_database)
    with (
        build_shop(settings, parts=partial(Parts, numbers=numbers)) as shop,
        serving(shop) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Town(shop, client)
    assert numbers.closed == 1


@pytest.mark.parametrize("wrong", ["N-1", "9" * 65, ZeroDivisionError("a: secret")])
def test_a_number_that_cannot_be_had_is_a_503_and_asking_again_gives_another(
    scripted: Town, numbers: Scripted, wrong: object
) -> None:
    seller, buyer = scripted.newcomer("seller"), scripted.newcomer()
    lamp = scripted.item(seller, quantity=3)
    assert scripted.order(scripted.newcomer(), lamp)["number"] == "N-1"
    numbers.next.append(wrong)
    request, key = request_for(scripted.filled_cart(buyer, lamp)), {"Idempotency-Key": "k"}
    refused = buyer("POST", "/checkout", request, headers=key)
    told = problem(refused, 503, "order-number-unavailable")
    assert refused.headers["retry-after"]
    assert "secret" not in refused.text
    assert "Nobody was charged" in scripted.guest("GET", told["type"]).json()["whatToDo"]
    assert scripted.guest("GET", f"/items/{lamp['itemId']}").json()["stock"] == 2
    placed = buyer("POST", "/checkout", request, headers=key)
    assert (placed.status_code, placed.json()["number"]) == (201, "N-2")
    assert scripted.shop.checker.check().violations == ()


@pytest.mark.parametrize("numbers", [False], indirect=True, ids=["may wait"])
def test_numbers_that_hang_have_their_time_and_hold_up_nobody(
    scripted: Town, numbers: Scripted
) -> None:
    seller, unlucky, buyer = (scripted.newcomer(role) for role in ("seller", "buyer", "buyer"))
    lamp = scripted.item(seller, quantity=3)
    numbers.next.append("hang")
    answers: list[httpx.Response] = []
    request = request_for(scripted.filled_cart(unlucky, lamp))
    waits = threading.Thread(target=lambda: answers.append(unlucky("POST", "/checkout", request)))
    waits.start()
    assert numbers.hangs.wait(10)
    assert scripted.order(buyer, lamp)["number"] == "N-1"
    waits.join(20)
    problem(answers[0], 503, "order-number-unavailable")
    assert unlucky("POST", "/checkout", request).json()["number"] == "N-2"


@pytest.fixture
def market(tmp_path: Path, on_database: dict[str, Any], numbers: Scripted) -> Iterator[Market]:
    with open_market(tmp_path, numbers=numbers, **on_database) as opened:
        yield opened


@pytest.mark.parametrize("numbers", [True], indirect=True, ids=["at once"])
def test_a_crowd_gets_a_number_each_and_whoever_is_given_a_taken_one_gets_nothing(
    market: Market, numbers: Scripted
) -> None:
    lamp, buyers = market.item(500), market.buyers(120)
    carts = [market.fill(buyer, (lamp, 1)) for buyer in buyers]
    numbers.next += [f"N-{n // 2}" for n in range(1, 41)]  # nearly all of them twice
    answers = side_by_side(lambda no: market.place(buyers[no], carts[no]), range(120), 64)
    placed = [one for one in answers if isinstance(one, Placed)]
    assert {type(one) for one in answers} == {Placed, OrderNumberUnavailable}
    given = {market.order(one).order.number for one in placed}
    assert None not in given
    assert market.rows("SELECT count(*) FROM order_number") == [(len(placed),)]
    assert len(given) == len(placed)
    assert len(numbers.groups) < 120
    assert market.stock_of(lamp) == 500 - len(placed)
    again = [market.place(buyers[no], carts[no]) for no in range(120)]
    assert len({market.order(one).order.number for one in again}) == 120
    market.run()
    market.assert_sound()


def statements(market: Market) -> list[str]:
    """What is asked of the database for an order."""
    (buyer,) = market.buyers(1)
    cart = market.fill(buyer, (market.item(5), 1))
    with counted(market.database) as seen:
        market.place(buyer, cart)
    return seen


@pytest.mark.parametrize("numbers", [True], indirect=True, ids=["at once"])
def test_numbers_take_two_statements_and_a_shop_without_them_none(
    market: Market, tmp_path_factory: pytest.TempPathFactory
) -> None:
    numbered = statements(market)
    assert sum("order_number" in statement for statement in numbered) == 2
    with open_market(tmp_path_factory.mktemp("plain")) as plain:
        alone = statements(plain)
        assert plain.rows("SELECT number FROM orders") == [(None,)]
    assert not [statement for statement in alone if "order_number" in statement]
    if market.database.is_sqlite:
        assert len(alone) == len(numbered) - 2


@pytest.mark.parametrize("kept", [True, False], ids=["committed", "rolled back"])
def test_a_number_is_given_before_a_hosts_transaction_and_kept_or_gone_with_it(
    tmp_path: Path, shop_url: str, kept: bool
) -> None:
    numbers = Scripted(answers_at_once=True)
    with open_market(tmp_path, database_url=shop_url, numbers=numbers) as market:
        (buyer,) = market.buyers(1)
        cart = market.fill(buyer, (market.item(5), 1))
        card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(GOOD))
        command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
        ready = market.shop.checkout.prepare(market.shop.checkout.request(buyer, command))
        assert isinstance(ready, PreparedPayment)
        asked = [*numbers.groups]
        host = sa.create_engine(shop_url.replace("postgresql://", "postgresql+psycopg://"))
        with host.connect() as connection, connection.begin() as transaction:
            market.shop.placement.within(join(market.database, connection)).place(ready)
            transaction.commit() if kept else transaction.rollback()
        host.dispose()
        assert numbers.groups == asked == [1]
        numbered = market.rows("SELECT number FROM order_number")
        assert numbered == ([("N-1",)] if kept else [])
        market.run()
        market.assert_sound()
