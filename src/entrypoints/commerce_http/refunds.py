"""Refunds: who asks for them, and what becomes of them."""

from typing import Final

from commerce_core.accounts import Role
from commerce_core.kernel.ids import BuyerId
from commerce_core.orders import OrderNotFound
from commerce_core.refunds import (
    NotCompleted,
    NotPaid,
    Origin,
    RefundKeyReused,
    RefundNotFound,
    RefundOrder,
    RefundState,
    RefundTooLarge,
)
from commerce_core.refunds import Refund as CoreRefund
from commerce_core.refunds.service import Refunds, Requester
from commerce_http.web.answers import Money, Reply, Shape, Timestamp, money
from commerce_http.web.auth import BUYER_OR_OPERATOR, OPERATOR
from commerce_http.web.callers import Caller
from commerce_http.web.errors import IdempotencyKeyRequired
from commerce_http.web.operations import IdempotencyKey, Runs, operation

_EXAMPLE: Final = {
    "amount": {"amount": "5.00", "currency": "USD"},
    "reason": "The lamp came with a scratch.",
}
#: What a buyer sees of a state: who has to do what is not theirs to know.
_STATUS: Final = {
    RefundState.REQUESTED: "pending",
    RefundState.SENT: "pending",
    RefundState.PENDING: "pending",
    RefundState.DONE: "done",
    RefundState.REFUSED: "failed",
    RefundState.FAILED: "failed",
}


class Refund(Shape, kw_only=True):
    """Money of an order that goes back to its buyer: ``pending`` until it has, then ``done``;
    ``failed``: it did not go back, and somebody of the shop sees to it.
    """

    no: int
    status: str
    amount: Money
    created_at: Timestamp
    updated_at: Timestamp


class RefundDetails(Refund, kw_only=True):
    """A refund as the shop sees it: who decided and why, its ``state`` (``requested``, ``sent``,
    ``pending``, ``done``, ``refused``, ``failed``), the gateway's own name for it, and what the
    gateway says where it does not get on.
    """

    order_id: str
    state: str
    origin: str
    actor: str
    reason: str
    attempt: int
    reference: str | None
    failure: str | None
    attention: bool


class RefundList(Shape):
    """The refunds of an order, the first one first."""

    refunds: list[Refund]


class RefundDetailsList(Shape):
    """The refunds of an order as the shop sees them, the first one first."""

    refunds: list[RefundDetails]


def refund_shape(refund: CoreRefund) -> Refund:
    """*refund* as its buyer sees it."""
    return Refund(
        no=refund.no,
        status=_STATUS[refund.state],
        amount=money(refund.amount),
        created_at=refund.created_at,
        updated_at=refund.updated_at,
    )


def _details(refund: CoreRefund) -> RefundDetails:
    return RefundDetails(
        no=refund.no, status=_STATUS[refund.state], amount=money(refund.amount),
        created_at=refund.created_at, updated_at=refund.updated_at,
        order_id=refund.key.order_id, state=refund.state.value, origin=refund.origin.value,
        actor=refund.actor, reason=refund.reason, attempt=refund.attempt,
        reference=refund.ref, failure=refund.failure, attention=refund.attention,
    )  # fmt: skip


@operation(
    "POST", "/orders/{order_id}/refunds", who=OPERATOR, answer=RefundDetails, status=201,
    problems=(OrderNotFound, NotPaid, NotCompleted, RefundTooLarge, RefundKeyReused,
        IdempotencyKeyRequired),
    body_limit=1 << 14, example=_EXAMPLE, headers={"Location": "The refund."},
)  # fmt: skip
def request_refund(
    order_id: str,
    command: RefundOrder,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    refunds: Refunds,
) -> Reply:
    """Give money of a completed order back. It is reserved at once and goes back within moments;
    what is asked for together is never more than was captured. The same `Idempotency-Key` again
    answers with the same refund as it stands now.
    """
    if idempotency_key is None:
        raise IdempotencyKeyRequired("send an Idempotency-Key with what moves money")
    by = Requester(origin=Origin.OPERATOR, actor=caller.id, request=idempotency_key)
    refund = refunds.request(order_id, command, by)
    place = f"/orders/{refund.key.order_id}/refunds/{refund.no}"
    return Reply(body=_details(refund), headers={"Location": place})


@operation(
    "GET", "/orders/{order_id}/refunds", who=BUYER_OR_OPERATOR,
    answer=RefundList | RefundDetailsList, problems=(OrderNotFound,), runs=Runs.KEY_READ,
)  # fmt: skip
def list_refunds(order_id: str, caller: Caller, refunds: Refunds) -> RefundList | RefundDetailsList:
    """The refunds of an order, with all that is known of them for operators."""
    buyer_id = _buyer(caller)
    found = refunds.listed(order_id, buyer_id)
    if buyer_id is None:
        return RefundDetailsList(refunds=[_details(refund) for refund in found])
    return RefundList(refunds=[refund_shape(refund) for refund in found])


@operation(
    "GET", "/orders/{order_id}/refunds/{no}", who=BUYER_OR_OPERATOR,
    answer=Refund | RefundDetails, problems=(OrderNotFound, RefundNotFound), runs=Runs.KEY_READ,
)  # fmt: skip
def refund_details(
    order_id: str, no: str, caller: Caller, refunds: Refunds
) -> Refund | RefundDetails:
    """One refund of an order, by its number."""
    number = int(no) if no.isdecimal() and no.isascii() and len(no) < 10 else 0
    found = refunds.details(order_id, number, _buyer(caller))
    return _details(found) if _buyer(caller) is None else refund_shape(found)


def _buyer(caller: Caller) -> BuyerId | None:
    """Whose orders are meant; ``None``: whosever."""
    return BuyerId(caller.id) if caller.role is Role.BUYER else None
