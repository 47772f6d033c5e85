"""Lines of payment gateways' books that belong to no order."""

from typing import Final

import attrs

from commerce_core.audit import RequestReused
from commerce_core.kernel.paging import BadCursor
from commerce_core.ledger import Stranger, StrangerNotFound
from commerce_core.ledger.service import Strangers
from commerce_http.ops.shapes import Decide, Decision, decision_shape
from commerce_http.web.answers import Money, Shape, Timestamp, money
from commerce_http.web.auth import OPERATOR
from commerce_http.web.callers import Caller
from commerce_http.web.operations import IdempotencyKey, operation
from commerce_http.web.query import page_size

_BODY: Final = 1 << 14
_WHY: Final = {"reason": "It was given back at the gateway.", "evidence": "re_3PgafT"}


@attrs.frozen(kw_only=True)
class ListStrangers:
    """Where the page begins, and how long it is."""

    cursor: str | None = None
    size: int = page_size(50)


class PaymentStranger(Shape):
    """A line of a gateway's books (``kind``: ``capture`` or ``refund``) that is marked as the
    shop's and belongs to no order. ``no-order``: no order is paid with its payment
    (``reference``); ``other-order``: it is marked with ``orderId``, and pays another one;
    ``other-account``: the order that it pays was placed at another account.
    """

    gateway: str
    ref: str
    kind: str
    why: str
    account: str
    reference: str
    order_id: str
    amount: Money
    at: Timestamp
    seen_at: Timestamp


class PaymentStrangerPage(Shape):
    """A page of strangers, the latest seen first."""

    strangers: list[PaymentStranger]
    next_cursor: str | None


@operation(
    "GET", "/ops/payments/strangers", who=OPERATOR, answer=PaymentStrangerPage,
    problems=(BadCursor,),
)  # fmt: skip
def list_payment_strangers(query: ListStrangers, strangers: Strangers) -> PaymentStrangerPage:
    """Lines of payment gateways' books that belong to no order and that nobody has settled, the
    latest seen first.
    """
    page = strangers.listed(query.cursor, query.size)
    return PaymentStrangerPage(
        strangers=[_shape(stranger) for stranger in page.items], next_cursor=page.next_cursor
    )


@operation(
    "POST", "/ops/payments/strangers/{gateway}/{ref}/settle", who=OPERATOR, answer=Decision,
    problems=(StrangerNotFound, RequestReused), body_limit=_BODY, example=_WHY,
)  # fmt: skip
def settle_payment_stranger(
    gateway: str,
    ref: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    strangers: Strangers,
) -> Decision:
    """Say that somebody has seen to a line: it is listed no more. Nothing is sent to the gateway:
    money of no order goes back there, by a person. `outcome` is `settled` or `settled-before`.
    """
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(strangers.settle(gateway, ref, given))


def _shape(stranger: Stranger) -> PaymentStranger:
    line = stranger.entry
    return PaymentStranger(
        gateway=stranger.gateway,
        ref=line.ref,
        kind=line.kind,
        why=stranger.why.value,
        account=stranger.account,
        reference=line.reference,
        order_id=line.order_id,
        amount=money(line.amount),
        at=line.at,
        seen_at=stranger.seen_at,
    )
