"""The flow of an order: given this saga expect that call, given this answer expect that state and
these commands.
"""

from collections.abc import Sequence

import attrs
import pytest

from commerce_core.checkout import CallStatus, Operation, OrderSaga, Timing, call_key
from commerce_core.checkout.model import (
    CommitStock,
    OpenRefund,
    RecordEvent,
    RecordShipment,
    ReleaseStock,
    RestoreCart,
    StepCommand,
)
from commerce_core.checkout.saga import ORDER_SAGA, Begin, advance, next_command
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import Fact, OrderKey, OrderState, Shipment
from commerce_core.payment import Captured, Declined, PaymentUnknown, Refunded, Voided
from commerce_core.shipping import Booked, BookingGone, CannotShip, ShippingUnknown

PRICE = Money(500, "USD")
CAPTURED = Captured(ref="c1", amount=PRICE)
REFUNDED = Refunded(ref="r1", amount=PRICE)
DECLINED = Declined(code="card-declined", detail="the card was declined")
VOIDED = Voided()
BOOKED = Booked(carrier="sandbox", tracking_number="T1")
CANNOT = CannotShip("nothing is delivered there")
GONE = BookingGone()
LOST = PaymentUnknown("no answer in time")
PARCEL_LOST = ShippingUnknown("no answer in time")

PLACED = OrderSaga(
    key=OrderKey(BuyerId("b"), OrderId("o")),
    definition="order",
    version=1,
    gateway="g",
    account="a",
    carrier="c",
    digest="d",
    total=PRICE,
)


def after(saga: OrderSaga, *outcomes: object) -> OrderSaga:
    """The saga after *outcomes*, one by one."""
    for outcome in outcomes:
        saga, _ = advance(saga, outcome)
    return saga


def cancelled(saga: OrderSaga) -> OrderSaga:
    """The saga once its buyer has cancelled."""
    return attrs.evolve(saga, cancel_requested=True)


CHARGING = after(PLACED, Begin())
SHIPPING = after(CHARGING, CAPTURED)
FENCING = after(CHARGING, DECLINED)
REFUNDING = after(cancelled(CHARGING), CAPTURED)
RETURNING = after(SHIPPING, CANNOT)
UNBOOKING = after(RETURNING, REFUNDED)


def facts(commands: Sequence[object]) -> list[Fact]:
    """What *commands* tell."""
    return [command.fact for command in commands if isinstance(command, RecordEvent)]


def kinds(commands: Sequence[object]) -> list[type]:
    """What *commands* do beside telling."""
    return [type(command) for command in commands if not isinstance(command, RecordEvent)]


def test_the_flow_reads_charge_then_ship_and_the_charge_is_the_pivot() -> None:
    assert [(stage.state, stage.pivot) for stage in ORDER_SAGA.stages] == [
        (OrderState.CHARGING, True),
        (OrderState.SHIPPING, False),
    ]


@pytest.mark.parametrize(
    ("saga", "verb"),
    [
        (PLACED, None),
        (CHARGING, StepCommand.CONFIRM),
        (cancelled(CHARGING), StepCommand.VOID),
        (SHIPPING, StepCommand.BOOK),
        (FENCING, StepCommand.VOID),
        (REFUNDING, StepCommand.REFUND),
        (RETURNING, StepCommand.REFUND),
        (UNBOOKING, StepCommand.UNBOOK),
        (after(SHIPPING, BOOKED), None),
        (after(FENCING, VOIDED), None),
    ],
)
def test_each_state_asks_for_its_own_call(saga: OrderSaga, verb: StepCommand | None) -> None:
    assert next_command(saga) is verb


def test_a_placed_order_begins_with_the_intent_to_charge_and_tells_nothing() -> None:
    saga, commands = advance(PLACED, Begin())
    assert (saga.state, saga.status(Operation.CHARGE), commands) == (
        OrderState.CHARGING,
        CallStatus.INTENT,
        (),
    )
    assert saga.calls[Operation.CHARGE].gateway == "g"
    assert saga.calls[Operation.CHARGE].account == "a"


def test_a_placed_order_that_is_cancelled_is_undone_without_any_call() -> None:
    saga, commands = advance(cancelled(PLACED), Begin())
    assert (saga.state, saga.calls) == (OrderState.CANCELLED, {})
    assert facts(commands) == [Fact.INVENTORY_RELEASED, Fact.ORDER_CANCELLED]
    assert kinds(commands) == [ReleaseStock, RestoreCart]
    assert saga.cause is not None
    assert saga.cause.code == "cancelled-by-buyer"


def test_captured_money_and_the_intent_to_ship_are_one_step() -> None:
    saga, commands = advance(CHARGING, CAPTURED)
    assert (saga.state, saga.status(Operation.CHARGE), saga.status(Operation.SHIP)) == (
        OrderState.SHIPPING,
        CallStatus.OK,
        CallStatus.INTENT,
    )
    assert facts(commands) == [Fact.PAYMENT_COMPLETED]
    assert kinds(commands) == []
    assert saga.calls[Operation.SHIP].gateway == "c"


def test_money_captured_after_the_buyer_cancelled_is_given_back_and_the_goods_are_freed() -> None:
    saga, commands = advance(cancelled(CHARGING), CAPTURED)
    assert (saga.state, saga.status(Operation.REFUND)) == (
        OrderState.COMPENSATING,
        CallStatus.INTENT,
    )
    assert facts(commands) == [Fact.PAYMENT_COMPLETED, Fact.INVENTORY_RELEASED]
    assert kinds(commands) == [OpenRefund, ReleaseStock]
    assert OpenRefund("c1", "cancelled-by-buyer", PRICE) in commands


def test_a_decline_frees_the_goods_but_the_fence_comes_before_the_end() -> None:
    saga, commands = advance(CHARGING, DECLINED)
    assert (saga.state, saga.status(Operation.CHARGE)) == (
        OrderState.COMPENSATING,
        CallStatus.REFUSED,
    )
    assert facts(commands) == [Fact.PAYMENT_DECLINED, Fact.INVENTORY_RELEASED]
    assert kinds(commands) == [ReleaseStock]
    saga, commands = advance(saga, VOIDED)
    assert (saga.state, facts(commands), kinds(commands)) == (
        OrderState.CANCELLED,
        [Fact.ORDER_CANCELLED],
        [RestoreCart],
    )


def test_a_decline_is_no_fence() -> None:
    assert after(FENCING, DECLINED) == FENCING
    assert after(FENCING, DECLINED, VOIDED).state is OrderState.CANCELLED


def test_a_fence_that_holds_ends_a_cancelled_order_at_once() -> None:
    saga, commands = advance(cancelled(CHARGING), VOIDED)
    assert (saga.state, saga.status(Operation.CHARGE)) == (OrderState.CANCELLED, CallStatus.VOIDED)
    assert facts(commands) == [Fact.INVENTORY_RELEASED, Fact.ORDER_CANCELLED]


def test_a_payment_cancelled_at_the_gateway_undoes_the_order_and_says_why() -> None:
    saga, _ = advance(CHARGING, VOIDED)
    assert saga.state is OrderState.CANCELLED
    assert saga.cause is not None
    assert saga.cause.code == "payment-cancelled"


@pytest.mark.parametrize(
    "saga", [CHARGING, cancelled(CHARGING), SHIPPING, FENCING, REFUNDING, RETURNING, UNBOOKING]
)
@pytest.mark.parametrize(
    "outcome", [LOST, PARCEL_LOST, ConnectionError("reset"), None, "what is this", Begin()]
)
def test_11_what_is_not_understood_is_unknown_and_never_a_refusal(
    saga: OrderSaga, outcome: object
) -> None:
    stayed, commands = advance(saga, outcome)
    assert (stayed.state, next_command(stayed), commands) == (saga.state, next_command(saga), ())


def test_an_unknown_call_is_remembered_as_unknown() -> None:
    assert after(CHARGING, LOST).status(Operation.CHARGE) is CallStatus.UNKNOWN
    assert after(SHIPPING, PARCEL_LOST).status(Operation.SHIP) is CallStatus.UNKNOWN


def test_11_a_charge_that_landed_late_is_found_when_it_is_asked_for_again() -> None:
    assert after(CHARGING, LOST, LOST, CAPTURED).state is OrderState.SHIPPING


def test_a_booking_completes_the_order_and_lets_the_goods_go() -> None:
    saga, commands = advance(SHIPPING, BOOKED)
    assert saga.state is OrderState.COMPLETED
    assert facts(commands) == [Fact.SHIPMENT_READY, Fact.ORDER_COMPLETED]
    assert kinds(commands) == [RecordShipment, CommitStock]
    assert RecordShipment(Shipment(carrier="sandbox", tracking_number="T1")) in commands


@pytest.mark.parametrize("outcome", [CANNOT, GONE])
def test_what_cannot_be_shipped_is_paid_back_and_its_booking_is_proved_absent(
    outcome: object,
) -> None:
    saga, commands = advance(SHIPPING, outcome)
    assert (saga.state, facts(commands), kinds(commands)) == (
        OrderState.COMPENSATING,
        [Fact.INVENTORY_RELEASED],
        [OpenRefund, ReleaseStock],
    )
    saga, commands = advance(saga, REFUNDED)
    assert (saga.state, facts(commands), next_command(saga)) == (
        OrderState.COMPENSATING,
        [Fact.PAYMENT_REFUNDED],
        StepCommand.UNBOOK,
    )
    saga, commands = advance(saga, GONE)
    assert (saga.state, facts(commands), kinds(commands)) == (
        OrderState.CANCELLED,
        [Fact.ORDER_CANCELLED],
        [RestoreCart],
    )


def test_a_fence_that_comes_too_late_opens_the_refund() -> None:
    saga, commands = advance(FENCING, CAPTURED)
    assert (saga.state, saga.status(Operation.CHARGE), next_command(saga)) == (
        OrderState.COMPENSATING,
        CallStatus.OK,
        StepCommand.REFUND,
    )
    assert facts(commands) == [Fact.PAYMENT_COMPLETED]
    assert kinds(commands) == [OpenRefund]
    assert after(saga, REFUNDED).state is OrderState.CANCELLED


@pytest.mark.parametrize("outcome", [VOIDED, DECLINED, CAPTURED])
def test_money_that_is_known_to_be_taken_is_owed_whatever_else_is_said(outcome: object) -> None:
    saga, commands = advance(REFUNDING, outcome)
    assert (saga.state, next_command(saga), commands) == (
        OrderState.COMPENSATING,
        StepCommand.REFUND,
        (),
    )


@pytest.mark.parametrize(
    "outcome", [CAPTURED, DECLINED, VOIDED, LOST, BOOKED, CANNOT, GONE, REFUNDED]
)
@pytest.mark.parametrize("saga", [after(SHIPPING, BOOKED), after(FENCING, VOIDED)])
def test_what_is_over_never_changes(saga: OrderSaga, outcome: object) -> None:
    assert advance(saga, outcome) == (saga, ())


def test_the_order_is_charged_and_paid_back_where_it_began() -> None:
    assert {(c.operation, c.gateway, c.account) for c in UNBOOKING.calls.values()} == {
        (Operation.CHARGE, "g", "a"),
        (Operation.REFUND, "g", "a"),
        (Operation.SHIP, "c", ""),
        (Operation.UNSHIP, "c", ""),
    }


def test_09_a_key_is_a_function_of_order_operation_and_attempt_alone() -> None:
    keys = {op: call_key(UNBOOKING.key, call) for op, call in UNBOOKING.calls.items()}
    assert keys == {op: f"o:{op}:1:1" for op in ("charge", "refund", "ship", "unship")}
    assert (
        call_key(after(CHARGING, LOST).key, after(CHARGING, LOST).calls[Operation.CHARGE])
        == keys[Operation.CHARGE]
    )


def test_the_lease_outlasts_three_calls_or_is_refused() -> None:
    seconds = attrs.fields(Timing).lease.default
    assert attrs.evolve(Timing(), call=seconds / 3).call == seconds / 3
    with pytest.raises(ValueError, match="three times"):
        attrs.evolve(Timing(), call=seconds / 2)
    with pytest.raises(ValueError, match="positive"):
        attrs.evolve(Timing(), retry=seconds * 0)


def test_pauses_double_up_to_the_longest() -> None:
    timing = Timing()
    assert [timing.pause(n) / timing.retry for n in range(4)] == [1, 2, 4, 8]
    assert timing.pause(40) == timing.longest_retry
