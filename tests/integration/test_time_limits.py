"""Gateways and carriers that hang: each call has its time, each slot is its own, and threads that
hang are bounded in number.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Role
from commerce_core.catalog import ItemView
from commerce_core.checkout import Placed
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderStatus
from commerce_core.payment import (
    BookEntry,
    CardNumber,
    Charge,
    ChargeOutcome,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnavailable,
    Prepared,
)
from commerce_core.plugins import PluginContext
from commerce_local.clock import SystemClock
from commerce_local.deadline import Deadline, NoAnswer
from commerce_local.sandbox_gateway import SandboxGateway
from commerce_local.timed import TimedCarrier, TimedGateway
from commerce_testkit.crowd import crowd
from commerce_worker.main import working
from tests.integration.market import Market, Outside

SECONDS = 20.0
QUICK = timedelta(seconds=0.5)
CARD = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))


class Hanging(SandboxGateway):
    """Some orders hang in it until the test is over."""

    answers_at_once = False  # type: ignore[misc]
    over: threading.Event
    hangs: frozenset[str] = frozenset()
    hangs_at_prepare = False
    attempts: int = 0

    def prepare(self, *arguments: Any, **named: Any) -> Prepared:
        if self.hangs_at_prepare:
            self.over.wait(SECONDS)
        return super().prepare(*arguments, **named)

    def confirm(self, charge: Charge) -> ChargeOutcome:
        self._hang(charge.handle)
        return super().confirm(charge)

    def fetch(self, handle: Handle) -> ChargeOutcome:
        self._hang(handle)
        return super().fetch(handle)

    def close(self) -> None:
        """Several shops use it, one after the other, and each closes what it was given."""

    def _hang(self, handle: Handle) -> None:
        self.attempts += 1
        if handle.reference in self.hangs:
            self.over.wait(SECONDS)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Hanging]:
    made = Hanging(tmp_path / "hanging.db", SystemClock())
    made.over = threading.Event()
    yield made
    made.over.set()
    SandboxGateway.close(made)


@contextmanager
def open_shop(folder: Path, **gateways: PaymentGateway) -> Iterator[Market]:
    settings = Settings.in_folder(
        folder, call_timeout=QUICK, lease=timedelta(seconds=3), retry=timedelta(seconds=0.2)
    )
    container = ShopContainer(settings=settings)
    container.gateways.override(providers.Object(gateways))
    shop = container.shop()
    try:
        storage = container.storage()
        (seller,) = crowd(
            storage.database, storage.accounts, shop.clock, container.ids(), 1, Role.SELLER
        )
        yield Market(
            shop=shop, container=container, seller_id=SellerId(seller.account.id), outside=Outside()
        )
    finally:
        shop.close()


def until(true: Callable[[], bool], seconds: float = 60.0) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, "it did not come true in time"
        time.sleep(0.01)
    return time.monotonic() - began


def bought(market: Market, lamp: ItemView, count: int) -> list[Placed]:
    return [market.buy(lamp)[1] for _ in range(count)]


def statuses(market: Market, placed: Sequence[Placed]) -> set[OrderStatus]:
    return {market.order(p).status for p in placed}


def test_46_two_calls_that_hang_hold_up_none_of_ten_later_orders(
    tmp_path: Path, gateway: Hanging
) -> None:
    with open_shop(tmp_path, sandbox=gateway) as market:
        lamp = market.item(50)
        stuck = bought(market, lamp, 2)
        gateway.hangs = frozenset(market.order(p).order.handle.reference for p in stuck)
        with working(market.shop, {"sagas"}, drain=2.0):
            until(lambda: gateway.attempts >= 2)
            later = bought(market, lamp, 10)
            assert until(lambda: statuses(market, later) == {OrderStatus.COMPLETED}) < 3
            assert statuses(market, stuck) == {OrderStatus.PENDING}
            gateway.hangs = frozenset()
            gateway.over.set()
            until(lambda: statuses(market, stuck) == {OrderStatus.COMPLETED})
        assert market.shop.checker.check().violations == ()


def test_46_a_gateway_that_hangs_is_not_noticed_by_the_orders_of_another(
    tmp_path: Path, gateway: Hanging
) -> None:
    with open_shop(tmp_path, sandbox=gateway) as market:
        lamp = market.item(90)
        stuck = bought(market, lamp, 40)
        gateway.hangs = frozenset(market.order(p).order.handle.reference for p in stuck)
    other = SandboxGateway(tmp_path / "other.db", SystemClock())
    with (
        open_shop(tmp_path, other=other, sandbox=gateway) as market,
        working(market.shop, {"sagas"}, drain=2.0),
    ):
        until(lambda: gateway.attempts >= 3)
        later = bought(market, lamp, 10)
        assert until(lambda: statuses(market, later) == {OrderStatus.COMPLETED}) < 5
        assert statuses(market, stuck) == {OrderStatus.PENDING}
        gateway.hangs = frozenset()
        gateway.over.set()
        until(lambda: statuses(market, stuck) == {OrderStatus.COMPLETED}, 30)
    other.close()


def test_a_payment_that_is_prepared_too_slowly_is_refused_in_time(
    tmp_path: Path, gateway: Hanging
) -> None:
    gateway.hangs_at_prepare = True
    with open_shop(tmp_path, sandbox=gateway) as market:
        began = time.monotonic()
        with pytest.raises(PaymentUnavailable, match="within"):
            market.buy(market.item(5))
        assert time.monotonic() - began < 3
        assert market.rows("SELECT 1 FROM orders") == []


def test_the_limit_reaches_adapters(tmp_path: Path) -> None:
    context: PluginContext = ShopContainer(
        settings=Settings.in_folder(tmp_path, call_timeout=QUICK)
    ).context()
    assert context.call_timeout == QUICK


# The time limit itself


def test_every_call_of_a_gateway_has_its_time(gateway: Hanging) -> None:
    handle = gateway.prepare(OrderId("o"), BuyerId("b"), Money(5, "USD"), CARD).handle

    class Deaf:
        def __getattr__(self, name: str) -> Callable[..., object]:
            return lambda *_: gateway.over.wait(SECONDS)

    deaf: Any = Deaf()
    timed = TimedGateway(deaf, Deadline("deaf", timedelta(seconds=0.05), 20))
    calls: list[Callable[[], object]] = [
        lambda: timed.confirm(Charge(handle, "k")),
        lambda: timed.fetch(handle),
        lambda: timed.cancel(handle),
        lambda: timed.refund(handle, 1, Money(5, "USD"), "k"),
        lambda: timed.unclaimed(datetime.now(UTC), 5),
        lambda: timed.books([OrderId("o")]),
        lambda: timed.entries(datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC), None),
    ]
    for call in calls:
        with pytest.raises(NoAnswer, match="deaf has not answered within"):
            call()
    with pytest.raises(PaymentUnavailable):
        timed.prepare(OrderId("o"), BuyerId("b"), Money(5, "USD"), CARD)
    carrier = TimedCarrier(deaf, Deadline("deaf", timedelta(seconds=0.05), 20))
    for call in (
        lambda: carrier.book("r", "k", None, []),
        lambda: carrier.find_by_reference("r"),
        lambda: carrier.cancel("r", "k"),
    ):
        with pytest.raises(NoAnswer):
            call()


def test_the_books_of_many_orders_are_read_in_calls_of_few_each_in_time() -> None:
    asked: list[int] = []

    class Slow:
        def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
            asked.append(len(order_ids))
            return [entry_of(one) for one in order_ids]

    def entry_of(order_id: OrderId) -> BookEntry:
        return BookEntry(order_id=order_id, ref=order_id, kind="capture", amount=Money(5, "USD"))

    slow: Any = Slow()
    timed = TimedGateway(slow, Deadline("slow", timedelta(seconds=5), 20))
    order_ids = [OrderId(f"o{n}") for n in range(45)]
    assert timed.books(order_ids) == [entry_of(one) for one in order_ids]
    assert (max(asked), sum(asked)) == (10, 45)
    assert timed.books([]) == []


def test_calls_that_hang_are_bounded_in_number_and_their_threads_are_used_again() -> None:
    gate, deadline = threading.Event(), Deadline("it", timedelta(seconds=0.05), 3)
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(NoAnswer, match="has not answered within"):
            deadline.call(lambda: gate.wait(SECONDS))
    made = []
    with pytest.raises(NoAnswer, match="3 calls that are still under way"):
        deadline.call(lambda: made.append(1))
    assert (made, deadline.busy, threading.active_count() - before) == ([], 3, 3)
    gate.set()
    until(lambda: deadline.busy == 0)
    assert [deadline.call(partial(str, n)) for n in range(20)] == [str(n) for n in range(20)]
    assert threading.active_count() - before == 3
    deadline.close()
    until(lambda: threading.active_count() == before)


def test_what_a_call_raises_is_its_own_and_its_log_context_goes_with_it() -> None:
    deadline, named = Deadline("it", timedelta(seconds=5), 3), ContextVar("named", default="")
    with pytest.raises(TimeoutError, match="its own"):
        deadline.call(lambda: (_ for _ in ()).throw(TimeoutError("its own")))
    named.set("order 7")
    assert deadline.call(named.get) == "order 7"
    deadline.close()
