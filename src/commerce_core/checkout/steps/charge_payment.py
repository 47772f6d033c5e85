"""Charge the buyer. Undone by the fence (it can never charge) or by a refund (it has charged)."""

from commerce_core.checkout.model import (
    BY_BUYER,
    CallStatus,
    Cause,
    OpenRefund,
    Operation,
    OrderSaga,
    Tell,
    Verb,
)
from commerce_core.checkout.steps.step import Done, Failed, Stay, Step, Verdict
from commerce_core.orders import Fact
from commerce_core.payment import Captured, Declined, Refunded, Voided


class ChargePayment(Step):
    """The pivot: before it an order is undone, after it only carried on."""

    def begin(self, saga: OrderSaga) -> OrderSaga:
        return saga.intending(Operation.CHARGE)

    def ask(self, saga: OrderSaga) -> Verb:
        return Verb.FENCE if saga.cancel_requested else Verb.CONFIRM

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        match outcome:
            case Captured():
                return _captured(saga, outcome)
            case Declined():
                refused = saga.knowing(Operation.CHARGE, CallStatus.REFUSED, {"code": outcome.code})
                told = Tell(Fact.PAYMENT_DECLINED, {"code": outcome.code, "detail": outcome.detail})
                return Failed(refused, Cause("payment-declined", outcome.detail), (told,))
            case Voided():
                cause = BY_BUYER if saga.cancel_requested else Cause("payment-cancelled", "the payment was cancelled at the gateway")
                return Failed(saga.knowing(Operation.CHARGE, CallStatus.FENCED), cause)
            case _:
                return Stay(saga.knowing(Operation.CHARGE, CallStatus.UNKNOWN))

    def begin_undo(self, saga: OrderSaga) -> Done:
        return _owing(saga) if saga.status(Operation.CHARGE) is CallStatus.OK else Done(saga)

    def ask_undo(self, saga: OrderSaga) -> Verb | None:
        match saga.status(Operation.CHARGE):
            case None | CallStatus.FENCED:
                return None
            case CallStatus.OK:
                return None if saga.status(Operation.REFUND) is CallStatus.OK else Verb.REFUND
            case _:
                return Verb.FENCE  # after a decline too: an earlier request may still be under way

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        taken = saga.status(Operation.CHARGE) is CallStatus.OK  # known money is owed, whatever else is said of the charge
        match outcome:
            case Voided() | Declined() if not taken:
                return Done(saga.knowing(Operation.CHARGE, CallStatus.FENCED))
            case Captured() if not taken:
                late = _captured(saga, outcome)
                owing = _owing(late.saga)
                return Done(owing.saga, late.commands + owing.commands)
            case Refunded() if taken:
                return Done(saga.knowing(Operation.REFUND, CallStatus.OK, {"ref": outcome.ref}), (Tell(Fact.PAYMENT_REFUNDED),))
            case _:
                return Stay(saga)


def _captured(saga: OrderSaga, outcome: Captured) -> Done:
    known = saga.knowing(Operation.CHARGE, CallStatus.OK, {"ref": outcome.ref})
    return Done(known, (Tell(Fact.PAYMENT_COMPLETED),))


def _owing(saga: OrderSaga) -> Done:
    charge = saga.call(Operation.CHARGE)
    ref = str((charge.response or {}).get("ref", "")) if charge else ""
    return Done(saga.intending(Operation.REFUND), (OpenRefund(ref, saga.cause.code if saga.cause else "undone"),))
