"""What became of refunds, for whoever follows payments."""

import attrs

from commerce_core.kernel.events import Event
from commerce_core.kernel.ids import BuyerId, OrderId


@attrs.frozen(kw_only=True)
class RefundEvent(Event):
    """Refund *no* of an order, of *amount_minor* minor units of *currency*."""

    order_id: OrderId
    buyer_id: BuyerId
    no: int
    amount_minor: int
    currency: str

    @property
    def partition_key(self) -> str:
        return self.order_id


@attrs.frozen(kw_only=True)
class RefundSucceeded(RefundEvent):
    """The money went back."""

    name = "payments.refund_succeeded.v1"


@attrs.frozen(kw_only=True)
class RefundFailed(RefundEvent):
    """The money did not go back, or came back to the gateway days later: *code* says why, and
    *was_done* whether it had counted as given back.
    """

    name = "payments.refund_failed.v1"
    code: str
    was_done: bool
