"""The money of an order: what is charged, what goes back, and when a gateway is asked at all."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from commerce_core.checkout import CallStatus, Operation
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderState, OrderStatus
from commerce_core.payment import Handle, Prepared, Refunded, RefundOutcome
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from commerce_testkit.memory.transaction import MemoryDatabase
from tests.unit.checkout.doubles import ScriptedGateway, scripted
from tests.unit.checkout.test_running import LEASE, steps
from tests.unit.people import order, register, see, sell, usd

HOURS_23 = timedelta(hours=23)


def sums(gateway: ScriptedGateway, order_id: OrderId) -> dict[str, int]:
    """What the gateway's books sum to, by kind."""
    kinds = {"capture": 0, "refund": 0}
    for entry in gateway.books([order_id]):
        kinds[entry.kind] += entry.amount.minor
    return kinds


def at_the_desk(gateway: ScriptedGateway, order_id: OrderId, amount: Money) -> None:
    """Somebody gives *amount* back at the gateway's own desk."""
    refunds = gateway._entries[f"handle-{order_id}"].refunds
    refunds[f"desk-{len(refunds)}"] = Refunded(ref=f"desk-{len(refunds)}", amount=amount)


def run(shop: MemoryShop, times: int = 12) -> None:
    for _ in range(times):
        shop.runner.run_once(10)
        shop.clock.advance(LEASE)


# Nothing to pay


class NeverAsked(ScriptedGateway):
    """Nobody may ask it for anything."""

    def prepare(self, *_: object) -> Prepared:
        raise AssertionError("the gateway was asked")

    confirm = fetch = cancel = refund = prepare  # type: ignore[assignment]


def put(
    gateway_of: Callable[[SettableClock, MemoryDatabase], ScriptedGateway],
) -> tuple[MemoryShop, ScriptedGateway]:
    """A shop whose gateway is another one."""
    made = MemoryParts()
    gateway = gateway_of(made.clock, made.database)
    object.__setattr__(made, "gateway", gateway)
    return memory_shop(made), gateway


@pytest.mark.parametrize(
    ("country", "status"), [("DE", OrderStatus.COMPLETED), ("AQ", OrderStatus.CANCELLED)]
)
def test_a_total_of_nothing_asks_no_gateway_and_ends(country: str, status: OrderStatus) -> None:
    shop, _ = put(NeverAsked)
    placed = order(shop, register(shop), sell(shop, price="0.00"), country=country)
    shop.run_to_rest()
    view = see(shop, placed)
    row, _ = shop.operations.show(placed.key.order_id)
    assert (view.status, row.saga.status(Operation.CHARGE), row.saga.status(Operation.REFUND)) == (
        status,
        None,
        None,
    )
    assert not {"PaymentCompleted", "PaymentRefunded"} & set(steps(shop, placed))
    assert (shop.checker.check().violations, shop.checker.check().at_rest) == ((), True)


def test_a_cancelled_order_of_nothing_asks_no_gateway() -> None:
    shop, _ = put(NeverAsked)
    placed = order(shop, register(shop), sell(shop, price="0.00"))
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.run_to_rest()
    assert (see(shop, placed).status, shop.checker.check().violations) == (
        OrderStatus.CANCELLED,
        (),
    )


def test_an_order_of_nothing_that_an_earlier_release_has_left_undone_ends(shop: MemoryShop) -> None:
    """It was charged nothing, and its refund of nothing was refused for ever."""
    placed = order(shop, register(shop), sell(shop))
    rows = shop.parts.database.tables["saga"]
    row = rows[placed.key.order_id]
    stuck = attrs.evolve(row.saga, total=usd("0.00"), state=OrderState.COMPENSATING).with_result(
        Operation.CHARGE, CallStatus.OK
    )
    rows[placed.key.order_id] = attrs.evolve(
        row, saga=stuck.with_result(Operation.REFUND, CallStatus.UNKNOWN)
    )
    shop.runner.run_once(10)
    assert see(shop, placed).state is OrderState.CANCELLED


def test_the_check_names_an_old_order_that_nobody_is_alarmed_about(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.clock.advance(timedelta(minutes=59))
    assert (shop.checker.check().violations, shop.checker.check().alarmed) == ((), 0)
    shop.clock.advance(timedelta(minutes=2))
    report = shop.checker.check()
    assert (report.violations, report.alarmed_orders) == ((), (placed.key.order_id,))
    monkeypatch.setattr(shop.parts.sagas, "alarmed", lambda *_: [])
    assert [(v.invariant, v.subject) for v in shop.checker.check().violations] == [
        ("L1", f"order {placed.key.order_id}")
    ]


# Another amount than the total


@pytest.mark.parametrize("captured", [usd("4.99"), usd("5.01"), Money(500, "EUR"), Money(0, "USD")])
def test_another_amount_than_the_total_is_given_back_as_it_was_captured(captured: Money) -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop))
    gateway._entries[f"handle-{placed.key.order_id}"].amount = captured
    shop.runner.run_once(10)
    row, view = shop.operations.show(placed.key.order_id)
    assert view.status is OrderStatus.CANCELLED
    assert view.cancellation is not None
    assert (view.cancellation.code, row.attention) == ("amount-differs", True)
    assert row.last_error is not None
    assert str(captured) in row.last_error
    entries = gateway.books([placed.key.order_id])
    assert [e.amount for e in entries if e.kind == "refund"] == (
        [captured] if captured.minor else []
    )
    assert shop.checker.check().violations == ()


def test_another_amount_is_flagged_while_it_waits_to_be_given_back() -> None:
    shop, gateway = scripted()
    gateway.refunds_fail = 1
    placed = order(shop, register(shop), sell(shop))
    gateway._entries[f"handle-{placed.key.order_id}"].amount = usd("50.00")
    shop.runner.run_once(10)
    assert [(r.saga.state, r.saga.key) for r in shop.operations.alarmed()] == [
        (OrderState.COMPENSATING, placed.key)
    ]
    run(shop)
    assert sums(gateway, placed.key.order_id) == {"capture": 5000, "refund": 5000}


def test_another_amount_that_the_fence_meets_is_given_back_as_it_was_captured() -> None:
    shop, gateway = scripted()
    gateway.before_confirm = lambda: (
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id) and None
    )
    placed = order(shop, register(shop), sell(shop))
    gateway._entries[f"handle-{placed.key.order_id}"].amount = usd("4.00")
    run(shop)
    assert see(shop, placed).state is OrderState.CANCELLED
    assert sums(gateway, placed.key.order_id) == {"capture": 400, "refund": 400}


# Refunds in parts


def refunding(gateway: ScriptedGateway, shop: MemoryShop, fails: int) -> OrderId:
    """An order whose refund has not been answered *fails* times."""
    gateway.refunds_fail = fails
    placed = order(shop, register(shop), sell(shop), country="AQ")
    shop.runner.run_once(10)
    assert see(shop, placed).state is OrderState.COMPENSATING
    return placed.key.order_id


@pytest.mark.parametrize("cents", [1, 499])
def test_a_part_given_back_at_the_desk_is_not_taken_for_the_whole(cents: int) -> None:
    shop, gateway = scripted()
    order_id = refunding(gateway, shop, fails=1)
    at_the_desk(gateway, order_id, Money(cents, "USD"))
    run(shop)
    assert sums(gateway, order_id) == {"capture": 500, "refund": 500}
    assert shop.operations.show(order_id)[1].state is OrderState.CANCELLED
    assert gateway.keys[-1] == f"{order_id}:refund:1:2"
    assert shop.checker.check().violations == ()


def test_parts_given_back_one_after_the_other_sum_up_to_the_whole() -> None:
    shop, gateway = scripted()
    order_id = refunding(gateway, shop, fails=3)
    for cents in (1, 98, 1):
        at_the_desk(gateway, order_id, Money(cents, "USD"))
        shop.clock.advance(timedelta(minutes=6))
        shop.runner.run_once(10)
    run(shop)
    assert sums(gateway, order_id) == {"capture": 500, "refund": 500}
    assert shop.checker.check().violations == ()


def test_the_whole_given_back_at_the_desk_is_done_and_nothing_more_is_sent() -> None:
    shop, gateway = scripted()
    order_id = refunding(gateway, shop, fails=1)
    at_the_desk(gateway, order_id, Money(200, "USD"))
    at_the_desk(gateway, order_id, Money(300, "USD"))
    sent = len(gateway.keys)
    run(shop)
    assert (len(gateway.keys), shop.operations.show(order_id)[1].state) == (
        sent,
        OrderState.CANCELLED,
    )
    assert shop.checker.check().violations == ()


def test_a_partial_refund_where_the_whole_was_requested_is_not_done() -> None:
    shop, gateway = scripted()
    truth = gateway.refund

    def part(handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        return truth(handle, refund_no, Money(min(amount.minor, 300), "USD"), key)

    gateway.refund = part  # type: ignore[method-assign]
    placed = order(shop, register(shop), sell(shop), country="AQ")
    run(shop)
    assert sums(gateway, placed.key.order_id) == {"capture": 500, "refund": 500}
    assert (see(shop, placed).state, shop.checker.check().violations) == (OrderState.CANCELLED, ())


def test_past_the_lifetime_of_the_keys_a_part_is_not_taken_for_the_whole() -> None:
    shop, gateway = scripted()
    order_id = refunding(gateway, shop, fails=1)
    at_the_desk(gateway, order_id, Money(1, "USD"))
    shop.clock.advance(timedelta(days=2))
    run(shop)
    assert sums(gateway, order_id) == {"capture": 500, "refund": 500}
