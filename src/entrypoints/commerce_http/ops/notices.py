"""What payment gateways have said that a person has to look at."""

from enum import StrEnum
from typing import Final

import attrs

from commerce_core.audit import RequestReused
from commerce_core.checkout.service.notices import PaymentNotices
from commerce_core.kernel.paging import BadCursor
from commerce_core.payment import KeptNotice, NoticeNotFound, NoticeState
from commerce_http.ops.shapes import Decide, Decision, decision_shape
from commerce_http.web.answers import Shape, Timestamp
from commerce_http.web.auth import OPERATOR
from commerce_http.web.callers import Caller
from commerce_http.web.operations import IdempotencyKey, operation
from commerce_http.web.query import page_size

_BODY: Final = 1 << 14
_WHY: Final = {"reason": "The backup with its order was restored.", "evidence": "Ticket 4713"}


class ListedState(StrEnum):
    """Why a notice is listed."""

    STRANGE = "strange"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class ListNotices:
    """Which notices: all that are listed, or those of one state."""

    state: ListedState | None = None
    cursor: str | None = None
    size: int = page_size(50)


class PaymentNotice(Shape):
    """What a gateway has said by itself about one of its payments (``reference``). ``strange``: it
    is of another account or mode, or its payment is marked with another order than it pays;
    ``unknown``: no order is paid with it.
    """

    gateway: str
    event_id: str
    type: str
    state: str
    account: str
    reference: str
    order_id: str | None
    received_at: Timestamp
    tries: int


class PaymentNoticePage(Shape):
    """A page of notices, the latest first."""

    notices: list[PaymentNotice]
    next_cursor: str | None


@operation(
    "GET", "/ops/payments/notices", who=OPERATOR, answer=PaymentNoticePage, problems=(BadCursor,)
)
def list_payment_notices(query: ListNotices, payment_notices: PaymentNotices) -> PaymentNoticePage:
    """Notices of payment gateways that a person has to look at, the latest first: strange ones, and
    those whose order was not found within an hour.
    """
    state = NoticeState(query.state.value) if query.state else None
    page = payment_notices.listed(state, query.cursor, query.size)
    return PaymentNoticePage(
        notices=[_shape(notice) for notice in page.items], next_cursor=page.next_cursor
    )


@operation(
    "POST", "/ops/payments/notices/{gateway}/{event_id}/retry", who=OPERATOR, answer=Decision,
    problems=(NoticeNotFound, RequestReused), body_limit=_BODY, example=_WHY,
)  # fmt: skip
def retry_payment_notice(
    gateway: str,
    event_id: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    payment_notices: PaymentNotices,
) -> Decision:
    """Have the order of a notice looked for anew, for an hour. `outcome` is `due`, or, where there
    is nothing to do, the notice's state.
    """
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(payment_notices.retry(gateway, event_id, given))


def _shape(kept: KeptNotice) -> PaymentNotice:
    notice = kept.notice
    return PaymentNotice(
        gateway=kept.gateway,
        event_id=notice.event_id,
        type=notice.type,
        state=kept.state.value,
        account=notice.account,
        reference=notice.reference,
        order_id=notice.order_id,
        received_at=kept.received_at,
        tries=kept.tries,
    )
