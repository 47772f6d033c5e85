"""How long a key may be sent under, and what becomes of one that leads nowhere."""

from datetime import timedelta

import attrs
import pytest

from commerce_core.checkout import CallStatus, MoneyFact, Operation
from commerce_core.checkout.errors import RefundOverdue
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderState, OrderStatus
from commerce_core.payment import (
    Capabilities,
    Captured,
    Charge,
    ChargeOutcome,
    Handle,
    PaymentUnknown,
    RefundOutcome,
)
from commerce_core.shipping import BookingOutcome, CannotShip, ShippingUnknown
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.shop import MemoryShop
from commerce_testkit.memory.transaction import MemoryDatabase
from tests.unit.checkout.doubles import ScriptedGateway, scripted
from tests.unit.checkout.test_money import at_the_desk, put, refunding, run, sums
from tests.unit.checkout.test_running import LEASE
from tests.unit.people import order, register, see, sell, usd

HOURS_23 = timedelta(hours=23)


# The age of keys


class Hesitant(MemoryCarrier):
    """Does not answer until it says that it cannot ship."""

    refuses = False

    def book(self, *_: object) -> BookingOutcome:
        return CannotShip("it is too heavy") if self.refuses else ShippingUnknown("no answer")


@pytest.mark.parametrize(
    "late", [timedelta(hours=23, minutes=30), timedelta(days=3), timedelta(days=400)]
)
def test_a_refund_that_is_first_due_long_after_the_order_is_sent(late: timedelta) -> None:
    carrier = Hesitant()
    shop, gateway = scripted(carrier=carrier)
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    shop.clock.advance(late)
    carrier.refuses = True
    shop.runner.run_once(10)
    assert (see(shop, placed).payment_status, sums(gateway, placed.key.order_id)["refund"]) == (
        "refunded",
        500,
    )
    assert shop.checker.check().violations == ()


def test_a_refund_past_the_lifetime_of_its_own_key_is_only_looked_up_with_an_alarm() -> None:
    shop, gateway = scripted()
    order_id = refunding(gateway, shop, fails=1)
    shop.clock.advance(HOURS_23 + timedelta(seconds=1))
    sent = len(gateway.keys)
    run(shop)
    row, view = shop.operations.show(order_id)
    assert (len(gateway.keys), view.state, row.attention) == (sent, OrderState.COMPENSATING, True)
    at_the_desk(gateway, order_id, usd("5.00"))
    shop.operations.retry(order_id)
    run(shop)
    assert shop.operations.show(order_id)[1].state is OrderState.CANCELLED
    assert shop.checker.check().violations == ()


def charged_late(shop: MemoryShop, gateway: ScriptedGateway) -> OrderId:
    """A cancelled order whose charge landed all the same."""
    placed = order(shop, register(shop), sell(shop))
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.runner.run_once(10)
    late = gateway.confirm(Charge(see(shop, placed).order.handle, "late"))
    assert isinstance(late, Captured)
    with shop.parts.database.begin() as tx:
        shop.parts.sagas.record_facts(
            tx,
            [MoneyFact(key=placed.key, ref=late.ref, kind="capture", amount=late.amount)],
            shop.clock.now(),
        )
        tx.commit()
    return placed.key.order_id


def late_call(shop: MemoryShop, order_id: OrderId) -> tuple[CallStatus, int]:
    with shop.parts.database.snapshot() as tx:
        key = shop.parts.database.tables["saga"][order_id].saga.key
        call = shop.parts.sagas.refund_calls(tx, {key: 1})[key]
    return call.status, call.attempt


def test_a_late_refund_has_a_call_of_its_own_whose_age_counts_from_its_intent() -> None:
    shop, gateway = scripted()
    shop.clock.advance(timedelta(days=3))
    order_id = charged_late(shop, gateway)
    shop.clock.advance(timedelta(days=3))
    gateway.refunds_fail = 1
    assert shop.reconciliation.run_once(10) == 0
    assert late_call(shop, order_id) == (CallStatus.UNKNOWN, 1)
    assert shop.reconciliation.run_once(10) == 1
    assert late_call(shop, order_id) == (CallStatus.OK, 1)
    assert (sums(gateway, order_id)["refund"], shop.checker.check().violations) == (500, ())


def test_a_late_refund_past_the_lifetime_of_its_key_is_not_sent_again_and_says_so() -> None:
    shop, gateway = scripted()
    order_id = charged_late(shop, gateway)
    gateway.refunds_fail = 1
    shop.reconciliation.run_once(10)
    shop.clock.advance(HOURS_23 + timedelta(seconds=1))
    sent = len(gateway.keys)
    for _ in range(2):
        with pytest.raises(RefundOverdue, match=order_id):
            shop.reconciliation.run_once(10)
    assert len(gateway.keys) == sent
    at_the_desk(gateway, order_id, usd("5.00"))
    assert (shop.reconciliation.run_once(10), shop.reconciliation.run_once(10)) == (1, 0)
    assert shop.checker.check().violations == ()


def test_a_late_refund_is_of_what_the_desk_has_left() -> None:
    shop, gateway = scripted()
    order_id = charged_late(shop, gateway)
    at_the_desk(gateway, order_id, usd("0.01"))
    for _ in range(3):
        shop.reconciliation.run_once(10)
        shop.clock.advance(timedelta(minutes=1))
    assert sums(gateway, order_id) == {"capture": 500, "refund": 500}
    assert shop.checker.check().violations == ()


def test_what_an_earlier_release_took_for_the_whole_is_made_good() -> None:
    """It had a refund of one cent from the desk for its own, and thought that the order was
    done.
    """
    shop, gateway = scripted()
    order_id = refunding(gateway, shop, fails=1)
    at_the_desk(gateway, order_id, usd("0.01"))
    tables = shop.parts.database.tables
    row = tables["saga"][order_id]
    tables["saga"][order_id] = attrs.evolve(
        row,
        saga=attrs.evolve(row.saga, state=OrderState.CANCELLED).with_result(
            Operation.REFUND, CallStatus.OK
        ),
        lease_until=None,
    )
    fact = MoneyFact(
        key=row.saga.key, ref=gateway.books([order_id])[1].ref, kind="refund", amount=usd("0.01")
    )
    tables["gateway_fact"][order_id, fact.ref, "refund"] = fact
    assert (shop.reconciliation.run_once(10), shop.reconciliation.run_once(10)) == (1, 0)
    assert sums(gateway, order_id) == {"capture": 500, "refund": 500}


# Keys that do not live long, keys that lead nowhere


class Forgetful(ScriptedGateway):
    """Remembers keys for as long as it is told."""

    lifetime = timedelta(hours=1)

    def capabilities(self) -> Capabilities:
        return Capabilities(raw_cards=True, repeatable_for=self.lifetime)


@pytest.mark.parametrize(
    "lifetime",
    [timedelta(hours=1), timedelta(minutes=10), timedelta(seconds=30), timedelta(days=7)],
)
@pytest.mark.parametrize("country", ["DE", "AQ"])
def test_a_gateway_whose_keys_live_short_is_charged_and_pays_back(
    lifetime: timedelta, country: str
) -> None:
    shop, gateway = put(Forgetful)
    gateway.lifetime = lifetime  # type: ignore[attr-defined]
    placed = order(shop, register(shop), sell(shop), country=country)
    shop.runner.run_once(10)
    assert see(shop, placed).state.is_final
    assert shop.checker.check().violations == ()


def test_the_margin_is_a_quarter_of_the_lifetime_and_an_hour_at_most() -> None:
    hours = {1: 0.75, 2: 1.5, 4: 3, 24: 23, 168: 167}
    hour = timedelta(hours=1)
    kept = {h: Capabilities(raw_cards=True, repeatable_for=hour * h) for h in hours}
    assert {h: known.sendable_for / hour for h, known in kept.items()} == hours


@pytest.mark.parametrize(
    ("after", "sent"), [(timedelta(minutes=45), 2), (timedelta(minutes=45, seconds=1), 1)]
)
def test_a_key_of_an_hour_is_used_for_three_quarters_of_it(after: timedelta, sent: int) -> None:
    shop, gateway = put(Forgetful)
    gateway.reply = PaymentUnknown("no answer")
    order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    shop.clock.advance(after)
    shop.runner.run_once(10)
    assert len(gateway.keys) == sent


class StoresErrors(ScriptedGateway):
    """Fails once under each of some keys, and answers the same under them for ever."""

    def __init__(self, clock: SettableClock, database: MemoryDatabase) -> None:
        super().__init__(clock, database)
        self.stored: set[str] = set()
        self.charged_anyway = False

    def confirm(self, charge: Charge) -> ChargeOutcome:
        self.keys.append(charge.key)
        if charge.key.endswith(":1"):
            if self.charged_anyway:
                super().confirm(charge)
            return PaymentUnknown("500 Internal Server Error")
        return super().confirm(charge)

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        self.keys.append(key)
        return (
            PaymentUnknown("500 Internal Server Error")
            if key.endswith(":1")
            else super().refund(handle, refund_no, amount, key)
        )


@pytest.mark.parametrize(
    ("country", "ending"), [("DE", OrderStatus.COMPLETED), ("AQ", OrderStatus.CANCELLED)]
)
def test_a_key_under_which_an_error_is_stored_does_not_trap_the_order(
    country: str, ending: OrderStatus
) -> None:
    shop, gateway = put(StoresErrors)
    placed = order(shop, register(shop), sell(shop), country=country)
    for _ in range(40):
        shop.runner.run_once(10)
        shop.clock.advance(timedelta(seconds=10))
    assert see(shop, placed).status is ending
    assert len([e for e in gateway.books([placed.key.order_id]) if e.kind == "capture"]) == 1
    assert shop.checker.check().violations == ()


def test_after_unknown_a_look_comes_first_and_nothing_is_sent_that_is_done() -> None:
    shop, gateway = put(StoresErrors)
    gateway.charged_anyway = True  # type: ignore[attr-defined]
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    sent = len(gateway.keys)
    shop.clock.advance(LEASE)
    shop.runner.run_once(10)
    assert (see(shop, placed).status, len(gateway.keys)) == (OrderStatus.COMPLETED, sent)


def test_a_key_is_given_up_only_a_few_times() -> None:
    """And it stays in the alarmed list meanwhile."""
    shop, gateway = scripted()
    gateway.reply = PaymentUnknown("500 Internal Server Error")
    placed = order(shop, register(shop), sell(shop))
    for _ in range(200):
        shop.runner.run_once(10)
        shop.clock.advance(timedelta(minutes=5))
    assert {key.rsplit(":", 1)[1] for key in gateway.keys} == {"1", "2", "3", "4", "5"}
    assert [row.saga.key for row in shop.operations.alarmed()] == [placed.key]
