"""A charge whose buyer has to act: which call follows, and what its outcome means."""

from datetime import UTC, datetime

import attrs
import pytest

from commerce_core.checkout import CallStatus, Operation, OrderSaga, StepCommand
from commerce_core.checkout.model import ABANDONED, AskBuyer, RecordEvent
from commerce_core.checkout.saga import ORDER_SAGA, OURS, Begin, advance, next_command, placed
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import Fact, OrderKey, OrderState
from commerce_core.payment import (
    Action,
    ActionKind,
    Captured,
    Declined,
    NeedsBuyer,
    PaymentUnknown,
    Pending,
    Refunded,
    Voided,
)

PRICE = Money(500, "USD")
ACTION = Action(kind=ActionKind.REDIRECT, url="https://bank.example/3ds?secret=1")
NEEDS = NeedsBuyer(action=ACTION)
CAPTURED = Captured(ref="c1", amount=PRICE)
DECLINED = Declined(code="authentication-failed", detail="the buyer was not recognised")
PENDING = Pending("the bank decides", datetime(2026, 1, 1, tzinfo=UTC))
PLACED = OrderSaga(
    key=OrderKey(BuyerId("b"), OrderId("o")),
    definition="order",
    version=2,
    gateway="g",
    account="a",
    carrier="c",
    digest="d",
    total=PRICE,
)
CHARGING, _ = advance(PLACED, Begin())
AWAITING = attrs.evolve(advance(CHARGING, NEEDS)[0], action=ACTION)
CANCELLED = attrs.evolve(AWAITING, cancel_requested=True)
LATE = attrs.evolve(AWAITING, time_up=True)


def test_the_buyer_is_asked_once_and_the_timeline_says_nothing_of_what() -> None:
    asked, commands = advance(CHARGING, NEEDS)
    assert asked.state is OrderState.AWAITING_BUYER
    assert asked.status(Operation.CHARGE) is CallStatus.UNKNOWN
    assert commands == (AskBuyer(ACTION), RecordEvent(Fact.PAYMENT_ACTION_REQUIRED))
    assert advance(AWAITING, NEEDS) == (AWAITING, ())
    assert "secret" not in repr((AWAITING, NEEDS, commands))


def test_another_action_takes_the_place_of_the_first_and_is_not_told_again() -> None:
    other = attrs.evolve(ACTION, url="https://bank.example/again")
    assert advance(AWAITING, NeedsBuyer(action=other)) == (AWAITING, (AskBuyer(other),))


@pytest.mark.parametrize(
    ("saga", "command"),
    [
        (CHARGING, StepCommand.CONFIRM),
        (AWAITING, StepCommand.LOOK),
        (CANCELLED, StepCommand.VOID),
        (LATE, StepCommand.VOID),
    ],
)
def test_a_buyer_is_waited_for_by_looking_until_the_order_is_given_up(
    saga: OrderSaga, command: StepCommand
) -> None:
    assert next_command(saga) is command


@pytest.mark.parametrize("outcome", [PENDING, PaymentUnknown("?"), OSError("reset"), None])
@pytest.mark.parametrize("saga", [AWAITING, CANCELLED, LATE])
def test_what_is_not_decided_changes_nothing(saga: OrderSaga, outcome: object) -> None:
    assert advance(saga, outcome) == (saga, ())


def test_a_pending_charge_is_looked_up_again() -> None:
    stayed, commands = advance(CHARGING, PENDING)
    assert (stayed.state, stayed.status(Operation.CHARGE), commands) == (
        OrderState.CHARGING,
        CallStatus.UNKNOWN,
        (),
    )


@pytest.mark.parametrize("saga", [AWAITING, LATE])
def test_who_has_paid_in_time_gets_the_goods_also_when_only_the_fence_says_so(
    saga: OrderSaga,
) -> None:
    assert advance(saga, CAPTURED)[0].state is OrderState.SHIPPING


def test_who_has_cancelled_and_paid_gets_the_money_back() -> None:
    undone, _ = advance(CANCELLED, CAPTURED)
    assert (undone.state, next_command(undone)) == (OrderState.COMPENSATING, StepCommand.REFUND)
    assert advance(undone, Refunded(ref="r", amount=PRICE))[0].state is OrderState.CANCELLED


def test_who_fails_is_fenced_before_the_order_ends() -> None:
    undone, commands = advance(AWAITING, DECLINED)
    assert (undone.state, next_command(undone)) == (OrderState.COMPENSATING, StepCommand.VOID)
    assert RecordEvent(Fact.PAYMENT_DECLINED, attrs.asdict(DECLINED)) in commands
    assert advance(undone, DECLINED)[0].state is OrderState.COMPENSATING
    assert advance(undone, Voided())[0].state is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("saga", "code"),
    [
        (LATE, ABANDONED.code),
        (CANCELLED, "cancelled-by-buyer"),
        (AWAITING, "payment-cancelled"),
        (attrs.evolve(LATE, cancel_requested=True), "cancelled-by-buyer"),
    ],
)
def test_a_voided_payment_ends_the_order_and_says_why(saga: OrderSaga, code: str) -> None:
    ended, _ = advance(saga, Voided())
    assert ended.state is OrderState.CANCELLED
    assert ended.cause is not None
    assert ended.cause.code == code


def test_nobody_is_asked_who_has_cancelled_meanwhile() -> None:
    given_up = attrs.evolve(CHARGING, cancel_requested=True)
    stayed, commands = advance(given_up, NEEDS)
    assert (stayed.state, next_command(stayed), commands) == (
        OrderState.CHARGING,
        StepCommand.VOID,
        (),
    )


def test_an_order_prepared_with_an_action_begins_with_its_buyer_and_the_intent_of_the_charge() -> (
    None
):
    begun, commands = placed(PLACED, ACTION)
    assert (begun.state, begun.status(Operation.CHARGE)) == (
        OrderState.AWAITING_BUYER,
        CallStatus.INTENT,
    )
    assert commands == (AskBuyer(ACTION), RecordEvent(Fact.PAYMENT_ACTION_REQUIRED))
    assert placed(PLACED, None) == (PLACED, ())


def test_an_order_of_the_first_version_waits_for_no_buyer_and_ends_by_the_fence() -> None:
    old = attrs.evolve(PLACED, version=1)
    definition = OURS.of(old)
    assert (ORDER_SAGA.version, definition.version) == (2, 1)
    assert placed(old, ACTION, definition) == (old, ())
    charging, _ = advance(old, Begin(), definition)
    undone, commands = advance(charging, NEEDS, definition)
    assert (undone.state, next_command(undone, definition)) == (
        OrderState.COMPENSATING,
        StepCommand.VOID,
    )
    assert not any(isinstance(command, AskBuyer) for command in commands)
    assert advance(undone, Voided(), definition)[0].state is OrderState.CANCELLED
    assert advance(charging, CAPTURED, definition)[0].state is OrderState.SHIPPING
