"""Charge the buyer. Undone by the fence (it can never charge) or by a refund (it has charged)."""

from commerce_core.checkout.model import (
    ABANDONED,
    BY_BUYER,
    AskBuyer,
    CallStatus,
    Cause,
    OpenRefund,
    Operation,
    OrderSaga,
    RecordEvent,
    StepCommand,
    TryAnew,
)
from commerce_core.checkout.ports import Party
from commerce_core.checkout.steps.give_back import given_back
from commerce_core.checkout.steps.pay import look_for_buyer, pay
from commerce_core.checkout.steps.step import (
    Awaits,
    CallRequest,
    Done,
    Failed,
    Outside,
    Stay,
    Step,
    Verdict,
)
from commerce_core.orders import Fact, OrderState
from commerce_core.payment import Captured, Declined, NeedsBuyer, Voided


class ChargePayment(Step):
    """The pivot: before it an order is undone, after it only carried on. What costs nothing is not
    charged.
    """

    @property
    def operation(self) -> Operation:
        return Operation.CHARGE

    def party(self, saga: OrderSaga) -> Party:
        return Party(saga.gateway, saga.account)

    def applies(self, saga: OrderSaga) -> bool:
        return saga.total.minor > 0

    def begin(self, saga: OrderSaga) -> OrderSaga:
        return saga.with_intent(Operation.CHARGE)

    def next_command(self, saga: OrderSaga) -> StepCommand:
        if saga.is_given_up:
            return StepCommand.VOID
        awaiting = saga.state is OrderState.AWAITING_BUYER
        return StepCommand.LOOK if awaiting else StepCommand.CONFIRM

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        match outcome:
            case Captured() if outcome.amount == saga.total:
                return _captured(saga, outcome)
            case Captured():
                recorded = _captured(saga, outcome)
                cause = Cause(
                    "amount-differs",
                    f"{outcome.amount} was captured, not the total of {saga.total}",
                )
                return Failed(recorded.saga, cause, recorded.commands)
            case Declined():
                refused = saga.with_result(
                    Operation.CHARGE, CallStatus.REFUSED, {"code": outcome.code}
                )
                declined = RecordEvent(
                    Fact.PAYMENT_DECLINED, {"code": outcome.code, "detail": outcome.detail}
                )
                return Failed(refused, Cause("payment-declined", outcome.detail), (declined,))
            case Voided():
                return Failed(saga.with_result(Operation.CHARGE, CallStatus.VOIDED), _voided(saga))
            case NeedsBuyer() if not saga.is_given_up:
                return _asks(saga, outcome)
            case _ if saga.state is OrderState.AWAITING_BUYER:
                return Stay(saga)
            case TryAnew():  # the handle permits one charge, whatever the key
                return Stay(saga.with_call(saga.calls[Operation.CHARGE].again()))
            case _:
                return Stay(saga.with_result(Operation.CHARGE, CallStatus.UNKNOWN))

    def begin_undo(self, saga: OrderSaga) -> Done:
        return _owing(saga) if saga.captured.minor > 0 else Done(saga)

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        match saga.status(Operation.CHARGE):
            case None | CallStatus.VOIDED:
                return None
            case CallStatus.OK:
                settled = saga.captured.minor <= 0 or saga.status(Operation.REFUND) is CallStatus.OK
                return None if settled else StepCommand.REFUND
            case _:
                # After a decline too: an earlier request may still be under way.
                return StepCommand.VOID

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        # Known money is owed, whatever else is said of the charge.
        if saga.status(Operation.CHARGE) is CallStatus.OK:
            return _given_back(saga, outcome)
        match outcome:
            case Voided():  # a decline is no fence: the buyer may have another card
                return Done(saga.with_result(Operation.CHARGE, CallStatus.VOIDED))
            case Captured():
                late = _captured(saga, outcome)
                owing = self.begin_undo(late.saga)
                return Done(owing.saga, late.commands + owing.commands)
            case _:
                return Stay(saga)

    def perform(self, request: CallRequest, outside: Outside) -> object:
        saga, order, operation = request.saga, request.order, request.command.operation
        if request.command == StepCommand.VOID:
            return outside.gateways[saga.gateway].cancel(order.handle)
        if operation is None:
            return look_for_buyer(outside.gateways[saga.gateway], order, saga, outside.clock)
        call = saga.calls[operation]
        gateway = outside.gateways[call.gateway]
        return pay(gateway, order, call, saga.captured, request.tries, outside.clock)


def _captured(saga: OrderSaga, outcome: Captured) -> Done:
    known = saga.with_result(Operation.CHARGE, CallStatus.OK, {"ref": outcome.ref}, outcome.amount)
    return Done(known, (RecordEvent(Fact.PAYMENT_COMPLETED),))


def _voided(saga: OrderSaga) -> Cause:
    if saga.cancel_requested:
        return BY_BUYER
    if saga.time_up:
        return ABANDONED
    return Cause("payment-cancelled", "the payment was cancelled at the gateway")


def _asks(saga: OrderSaga, outcome: NeedsBuyer) -> Awaits:
    """What is asked is kept once, and told once: a look shows it again and again."""
    if saga.state is OrderState.AWAITING_BUYER:
        anew = outcome.action != saga.action
        return Awaits(saga, (AskBuyer(outcome.action),) if anew else ())
    kept = {"memo": outcome.memo} if outcome.memo else None
    asked = saga.with_result(Operation.CHARGE, CallStatus.UNKNOWN, kept)
    told = RecordEvent(Fact.PAYMENT_ACTION_REQUIRED)
    return Awaits(asked, (AskBuyer(outcome.action), told))


def _owing(saga: OrderSaga) -> Done:
    charge = saga.call(Operation.CHARGE)
    ref = str((charge.response or {}).get("ref", "")) if charge else ""
    owed = OpenRefund(ref, saga.cause.code if saga.cause else "undone", saga.captured)
    return Done(saga.with_intent(Operation.REFUND, saga.captured), (owed,))


def _given_back(saga: OrderSaga, outcome: object) -> Done | Stay:
    saga = saga.with_intent(Operation.REFUND, saga.captured)
    call = given_back(saga.calls[Operation.REFUND], saga.captured, outcome)
    saga = saga.with_call(call)
    return (
        Done(saga, (RecordEvent(Fact.PAYMENT_REFUNDED),))
        if call.status is CallStatus.OK
        else Stay(saga)
    )
