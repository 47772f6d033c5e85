"""Why money is not given back."""

from commerce_core.kernel.errors import Conflict, NotFound
from commerce_core.kernel.money import Money


class RefundTooLarge(Conflict):
    """Less is left to give back than was asked for; nothing was reserved."""

    code = "refund-too-large"

    def __init__(self, refundable: Money) -> None:
        super().__init__(
            f"at most {refundable} can be given back",
            refundable={"amount": refundable.amount, "currency": refundable.currency},
        )


class NotPaid(Conflict):
    """Nothing of the order's money is here to give back: it was never charged, or all of it goes
    back as the order is cancelled.
    """

    code = "not-paid"


class NotCompleted(Conflict):
    """The order is under way: should it be cancelled, all goes back by itself."""

    code = "order-not-completed"


class RefundNotFound(NotFound):
    """There is no such refund, or it belongs to another account."""

    code = "refund-not-found"


class RefundKeyReused(Conflict):
    """The idempotency key stands for another refund of this order; nothing was reserved."""

    code = "refund-key-reused"
