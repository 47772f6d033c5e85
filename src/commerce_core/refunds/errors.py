"""Why money is not given back."""

from collections.abc import Sequence

from commerce_core.kernel.errors import Conflict, NotFound
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.money import Money


class RefundTooLarge(Conflict):
    """Less is left to give back than was asked for; nothing was reserved."""

    code = "refund-too-large"

    def __init__(
        self,
        refundable: Money,
        lines: Sequence[tuple[ItemId | None, str | None, int]] = (),
    ) -> None:
        pieces = [
            {"itemId": item_id, "variantId": variant_id, "refundable": left}
            for item_id, variant_id, left in lines
        ]
        super().__init__(
            f"at most {refundable} can be given back"
            if not pieces
            else "of some lines fewer pieces are left",
            refundable={"amount": refundable.amount, "currency": refundable.currency},
            lines=pieces,
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
