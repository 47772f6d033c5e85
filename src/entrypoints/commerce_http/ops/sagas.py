"""Orders under way, as operators see them, and what they decide over those that are stuck."""

from typing import Final

import attrs

from commerce_core.audit import RequestReused
from commerce_core.checkout import CallUnknown, ContradictedByBooks, NotToBeUndone, SagaNotFound
from commerce_core.checkout.service.operate import Operations
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.paging import BadCursor
from commerce_core.orders import OrderState
from commerce_http.ops.shapes import (
    Decide,
    Decision,
    Resolve,
    SagaDetails,
    SagaPage,
    decision_shape,
    details_shape,
    summary_shape,
)
from commerce_http.web.auth import OPERATOR
from commerce_http.web.callers import Caller
from commerce_http.web.operations import IdempotencyKey, operation
from commerce_http.web.query import Moment, moment, page_size

_BODY: Final = 1 << 14
_WHY: Final = {"reason": "The bank has confirmed it by telephone.", "evidence": "Ticket 4711"}


@attrs.frozen(kw_only=True)
class ListSagas:
    """Which sagas: in one state, alarmed ones alone, or unfinished ones that were placed before
    some moment.
    """

    state: OrderState | None = None
    alarmed: bool = False
    older_than: Moment | None = attrs.field(
        default=None, metadata=moment("unfinished ones that were placed before it")
    )
    cursor: str | None = None
    size: int = page_size(50)


@operation("GET", "/ops/sagas", who=OPERATOR, answer=SagaPage, problems=(BadCursor,))
def list_sagas(query: ListSagas, operations: Operations) -> SagaPage:
    """The sagas of orders, newest first. `alarmed=true` lists those that need a person."""
    page = operations.find(
        state=query.state.value if query.state else None,
        alarmed=query.alarmed,
        older_than=query.older_than.first if query.older_than else None,
        cursor=query.cursor,
        size=query.size,
    )
    return SagaPage(
        sagas=[summary_shape(standing) for standing in page.items], next_cursor=page.next_cursor
    )


@operation(
    "GET", "/ops/sagas/{order_id}", who=OPERATOR, answer=SagaDetails, problems=(SagaNotFound,)
)
def saga_details(order_id: str, operations: Operations) -> SagaDetails:
    """One saga: why it waits, its calls, the money, the goods held, the timeline with who brought
    each entry about, and what operators have decided.
    """
    return details_shape(operations.dossier(OrderId(order_id)))


@operation(
    "POST",
    "/ops/sagas/{order_id}/retry",
    who=OPERATOR,
    answer=Decision,
    problems=(SagaNotFound, RequestReused),
    body_limit=_BODY,
    example=_WHY,
)
def retry_saga(
    order_id: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    operations: Operations,
) -> Decision:
    """Let a saga run now, whatever it was waiting for. `outcome` is `due`, or `over` where there is
    nothing to run any more.
    """
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(operations.retry(OrderId(order_id), given))


@operation(
    "POST",
    "/ops/sagas/{order_id}/resolve",
    who=OPERATOR,
    answer=Decision,
    problems=(SagaNotFound, CallUnknown, NotToBeUndone, ContradictedByBooks, RequestReused),
    body_limit=_BODY,
    example={"outcome": "declined", **_WHY},
)
def resolve_saga(
    order_id: str,
    command: Resolve,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    operations: Operations,
) -> Decision:
    """State what became of a charge (`captured`, `declined`, `voided`), or of a step that waits
    (`accepted`, `refused`; its buyer is shown the reason of what is refused).

    Of a charge the gateway is queried first: what it shows is what counts, and `outcome` says which
    that was.
    """
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(operations.resolve_as(OrderId(order_id), command.outcome, given))


@operation(
    "POST",
    "/ops/sagas/{order_id}/compensate",
    who=OPERATOR,
    answer=Decision,
    problems=(SagaNotFound, CallUnknown, NotToBeUndone, RequestReused),
    body_limit=_BODY,
    example=_WHY,
)
def compensate_saga(
    order_id: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    operations: Operations,
) -> Decision:
    """Undo a paid order that cannot be shipped: its goods are free at once, and its money goes
    back.
    """
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(operations.compensate(OrderId(order_id), given))
