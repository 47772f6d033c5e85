"""What an answer to a refund means, whoever asked for it: an order's saga, or a charge that landed
after all was undone.
"""

import attrs

from commerce_core.checkout.model import CallStatus, GivenBack, OutsideCall, TryAnew
from commerce_core.kernel.money import Money
from commerce_core.payment import Refunded


def given_back(call: OutsideCall, captured: Money, outcome: object) -> OutsideCall:
    """*call*, a refund of what was *captured*, with what *outcome* says of it.

    Done is only what sums to what was captured. What is missing of it after somebody else gave a
    part back is one more
    attempt: nothing can come of the one before, which asks for more than is left.
    """
    asked = call.amount or captured
    match outcome:
        case Refunded() if outcome.amount == asked:
            return attrs.evolve(call, status=CallStatus.OK, response={"ref": outcome.ref})
        case GivenBack() if (rest := captured.minor - outcome.of(captured.currency)) < asked.minor:
            if rest <= 0:
                return attrs.evolve(
                    call, status=CallStatus.OK, response={"ref": outcome.entries[-1].ref}
                )
            return call.again(Money(rest, captured.currency))
        case TryAnew():  # a gateway gives no more back than it has captured, whatever the key
            return call.again()
        case _:
            return attrs.evolve(call, status=CallStatus.UNKNOWN)
