"""Refunds: which call is made, and what its outcome means, for any caller: an order's
saga, or a charge that landed after all was undone.
"""

import attrs

from commerce_core.checkout.model import CallStatus, GivenBack, Operation, OutsideCall, TryAnew
from commerce_core.kernel.money import Money
from commerce_core.orders import Order
from commerce_core.payment import Refunded


def refund_of(order: Order, no: int, amount: Money, known: OutsideCall | None) -> OutsideCall:
    """The call that gives *amount* back as refund *no* of *order*, which no saga makes any more:
    the one that is *known*, one more where that is over and did not suffice, or the first.
    """
    if known is not None:
        return known if known.status.is_open else known.again(amount)
    return OutsideCall(
        operation=Operation.REFUND,
        gateway=order.handle.gateway,
        account=order.handle.account,
        digest=order.digest,
        subject_no=no,
        amount=amount,
    )


def given_back(call: OutsideCall, captured: Money, outcome: object) -> OutsideCall:
    """*call*, a refund of what was *captured*, with what *outcome* says of it.

    Done is only what sums to what was captured. What is missing of it after somebody else gave a
    part back is one more attempt: nothing can come of the one before, which asks for more than is
    left.
    """
    requested = call.amount or captured
    match outcome:
        case Refunded() if outcome.amount == requested:
            return attrs.evolve(call, status=CallStatus.OK, response={"ref": outcome.ref})
        case GivenBack() if (
            rest := captured.minor - outcome.of(captured.currency)
        ) < requested.minor:
            if rest <= 0:
                return attrs.evolve(
                    call, status=CallStatus.OK, response={"ref": outcome.entries[-1].ref}
                )
            return call.again(Money(rest, captured.currency))
        case TryAnew():  # a gateway gives no more back than it has captured, whatever the key
            return call.again()
        case _:
            return attrs.evolve(call, status=CallStatus.UNKNOWN)
