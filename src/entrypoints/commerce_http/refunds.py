"""Refunds: who asks for them, and what becomes of them."""

from typing import Any, Final

import attrs

from commerce_core.accounts import Role
from commerce_core.audit import RequestReused
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.orders import Order, OrderNotFound
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
from commerce_core.refunds.service import (
    OrderRefunds,
    Reader,
    RefundDesk,
    Refunds,
    Requester,
)
from commerce_http.ops.shapes import Decide, Decision, decision_shape
from commerce_http.web.answers import Money, Reply, Shape, Timestamp, money
from commerce_http.web.auth import HOLDER, OPERATOR, SELLER_OR_OPERATOR
from commerce_http.web.callers import Caller
from commerce_http.web.errors import IdempotencyKeyRequired
from commerce_http.web.operations import IdempotencyKey, Runs, operation
from commerce_http.web.query import page_size

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


class RefundLine(Shape):
    """So many pieces of one line of the order, and what of its money they come to."""

    item_id: str
    variant_id: str | None
    quantity: int
    amount: Money


class Refund(Shape, kw_only=True):
    """Money of an order that goes back to its buyer: ``pending`` until it has, then ``done``;
    ``failed``: it did not go back, and somebody of the shop sees to it. ``lines`` and ``shipping``
    say what it is for, if it is not for an amount.
    """

    no: int
    status: str
    amount: Money
    lines: list[RefundLine]
    shipping: Money | None
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


def refund_shape(refund: CoreRefund, order: Order) -> Refund:
    """*refund* of *order* as its buyer sees it."""
    return Refund(**_seen(refund, order))


def _seen(refund: CoreRefund, order: Order) -> dict[str, Any]:
    return {
        "no": refund.no,
        "status": _STATUS[refund.state],
        "amount": money(refund.amount),
        "lines": [
            RefundLine(
                item_id=order.lines[line.line_no - 1].item_id,
                variant_id=order.lines[line.line_no - 1].variant_id,
                quantity=line.quantity,
                amount=money(line.amount),
            )
            for line in refund.lines
            if line.line_no
        ],
        "shipping": next((money(x.amount) for x in refund.lines if not x.line_no), None),
        "created_at": refund.created_at,
        "updated_at": refund.updated_at,
    }


def _details(refund: CoreRefund, order: Order) -> RefundDetails:
    return RefundDetails(
        **_seen(refund, order), order_id=refund.key.order_id, state=refund.state.value,
        origin=refund.origin.value, actor=refund.actor, reason=refund.reason,
        attempt=refund.attempt, reference=refund.ref, failure=refund.failure,
        attention=refund.attention,
    )  # fmt: skip


@operation(
    "POST", "/orders/{order_id}/refunds", who=SELLER_OR_OPERATOR,
    answer=Refund | RefundDetails, status=201,
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
    """Give money of a completed order back: an amount, or what so many pieces of its lines and its
    shipping have cost. A seller gives back own lines alone. It is reserved at once and goes back
    within moments; what is asked for together is never more than was captured. The same
    `Idempotency-Key` again answers with the same refund as it stands now.
    """
    if idempotency_key is None:
        raise IdempotencyKeyRequired("send an Idempotency-Key with what moves money")
    origin = Origin.OPERATOR if caller.role is Role.OPERATOR else Origin.SELLER
    by = Requester(origin=origin, actor=caller.id, request=idempotency_key)
    found = refunds.request(order_id, command, by)
    place = f"/orders/{order_id}/refunds/{found.refunds[0].no}"
    return Reply(body=_shown(found, caller)[0], headers={"Location": place})


@operation(
    "GET", "/orders/{order_id}/refunds", who=HOLDER, answer=RefundList | RefundDetailsList,
    problems=(OrderNotFound,), runs=Runs.KEY_READ,
)  # fmt: skip
def list_refunds(order_id: str, caller: Caller, refunds: Refunds) -> RefundList | RefundDetailsList:
    """The refunds of an order: all that is known of them for operators, and for sellers what
    concerns their own lines.
    """
    found = refunds.listed(order_id, _reader(caller))
    if caller.role is Role.OPERATOR:
        return RefundDetailsList(refunds=[_details(r, found.order) for r in found.refunds])
    return RefundList(refunds=[refund_shape(r, found.order) for r in found.refunds])


@operation(
    "GET", "/orders/{order_id}/refunds/{no}", who=HOLDER,
    answer=Refund | RefundDetails, problems=(OrderNotFound, RefundNotFound), runs=Runs.KEY_READ,
)  # fmt: skip
def refund_details(
    order_id: str, no: str, caller: Caller, refunds: Refunds
) -> Refund | RefundDetails:
    """One refund of an order, by its number."""
    return _shown(refunds.details(order_id, _number(no), _reader(caller)), caller)[0]


@attrs.frozen(kw_only=True)
class ListRefundsForReview:
    """Which page of the list."""

    cursor: str | None = None
    size: int = page_size(50)


class RefundForReview(Shape):
    """A refund that was refused (``refused``), has come back (``failed``) or does not get on, and
    why.
    """

    order_id: str
    no: int
    state: str
    amount: Money
    origin: str
    actor: str
    reason: str
    gateway: str
    attempt: int
    reference: str | None
    failure: str | None
    created_at: Timestamp
    updated_at: Timestamp


class RefundReviewPage(Shape):
    """A page of refunds, the latest first."""

    refunds: list[RefundForReview]
    next_cursor: str | None


@operation(
    "GET", "/ops/payments/refunds", who=OPERATOR, answer=RefundReviewPage, problems=(BadCursor,)
)
def list_refunds_for_review(
    query: ListRefundsForReview, refund_desk: RefundDesk
) -> RefundReviewPage:
    """Refunds that a person has to look at, the latest first: refused ones, those that have come
    back, and those that do not get on.
    """
    page = refund_desk.listed(query.cursor, query.size)
    return RefundReviewPage(refunds=[_review(r) for r in page.items], next_cursor=page.next_cursor)


@operation(
    "POST", "/ops/payments/refunds/{order_id}/{no}/retry", who=OPERATOR, answer=Decision,
    problems=(RefundNotFound, RequestReused), body_limit=1 << 14,
    example={"reason": "The bank has lifted its block.", "evidence": "Ticket 4714"},
)  # fmt: skip
def retry_refund(
    order_id: str,
    no: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    refund_desk: RefundDesk,
) -> Decision:
    """Try a refund again: one that was refused or has come back under a new key. `outcome` is
    `due`, or `done` where there is nothing to do.
    """
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(refund_desk.retry(order_id, _number(no), given))


def _review(refund: CoreRefund) -> RefundForReview:
    return RefundForReview(
        order_id=refund.key.order_id, no=refund.no, state=refund.state.value,
        amount=money(refund.amount), origin=refund.origin.value, actor=refund.actor,
        reason=refund.reason, gateway=refund.gateway, attempt=refund.attempt,
        reference=refund.ref, failure=refund.failure, created_at=refund.created_at,
        updated_at=refund.updated_at,
    )  # fmt: skip


def _number(no: str) -> int:
    """The number in a path; 0, which no refund has, where it is none."""
    return int(no) if no.isdecimal() and no.isascii() and len(no) < 10 else 0


def _reader(caller: Caller) -> Reader:
    if caller.role is Role.OPERATOR:
        return Reader()
    if caller.role is Role.SELLER:
        return Reader(seller_id=SellerId(caller.id))
    return Reader(buyer_id=BuyerId(caller.id))


def _shown(found: OrderRefunds, caller: Caller) -> list[Refund | RefundDetails]:
    shape = _details if caller.role is Role.OPERATOR else refund_shape
    return [shape(refund, found.order) for refund in found.refunds]
