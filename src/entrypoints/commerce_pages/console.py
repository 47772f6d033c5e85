"""The console: which orders need a person, everything that is known of one, and decisions."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from commerce_core.audit import Decision, DecisionFilter, OperatorDecision
from commerce_core.checkout.service.standing import Dossier, Stated
from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import OrderState
from commerce_http.ops.sagas import ListSagas
from commerce_http.ops.shapes import Decide, Resolve, SagaDetails, details_shape, summary_shape
from commerce_http.web.auth import OPERATOR
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_http.web.query import QueryReader
from commerce_pages.web.forms import FormState
from commerce_pages.web.names import request_key, request_name
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit

ALARMS: Final[Mapping[str, str]] = {
    "flagged": "somebody has to look at it",
    "tried-in-vain": "tried many times in vain",
    "old": "unfinished for more than an hour",
}
STATES: Final[Mapping[OrderState, str]] = {
    OrderState.PLACED: "placed, not charged yet",
    OrderState.CHARGING: "being charged",
    OrderState.AWAITING_BUYER: "waits for its buyer",
    OrderState.SHIPPING: "paid, waits for the carrier",
    OrderState.COMPENSATING: "being undone",
    OrderState.FINISHING: "completed, steps after it under way",
    OrderState.COMPLETED: "completed",
    OrderState.CANCELLED: "cancelled",
}
OUTCOMES: Final[Mapping[Stated, str]] = {
    Stated.CAPTURED: "the charge went through",
    Stated.DECLINED: "the charge was declined",
    Stated.VOIDED: "the charge was never made, and is voided",
    Stated.ACCEPTED: "the step that waits is accepted",
    Stated.REFUSED: "the step that waits is refused; the buyer is shown your reason",
}
#: What of a form is no part of the decision.
_BESIDE: Final = ("requestName", "password")
_LATEST: Final = 10


@attrs.frozen(kw_only=True)
class ConsoleOrderPage:
    """All that is known of an order. *name* is that of the next decision: sent twice, it decides
    once.
    """

    order: SagaDetails
    name: str
    states: Mapping[OrderState, str] = STATES
    alarms: Mapping[str, str] = ALARMS
    outcomes: Mapping[Stated, str] = OUTCOMES

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be decided any more."""
        return OrderState(self.order.state).is_final


@page("GET", "/console", part="console", who=OPERATOR)
def console(visit: Visit, desk: Desk) -> Answer:
    """Who needs a person, what consumers could not take, and what was decided last."""
    alarmed = desk.shop.operations.find(alarmed=True, size=_LATEST)
    return desk.pages.draw(
        "console/home.html",
        visit,
        alarmed=[summary_shape(standing) for standing in alarmed.items],
        letters=desk.shop.letters.latest(None, _LATEST),
        decisions=desk.shop.audit.page(DecisionFilter(), None, _LATEST).items,
        states=STATES,
        alarms=ALARMS,
    )


@page("GET", "/console/orders", part="console", who=OPERATOR)
def console_orders(visit: Visit, desk: Desk) -> Answer:
    """Orders under way and those that are over, newest first."""
    wanted: ListSagas = QueryReader(ListSagas, desk.currency).read(visit.query)
    found = desk.shop.operations.find(
        state=wanted.state.value if wanted.state else None,
        alarmed=wanted.alarmed,
        older_than=wanted.older_than.first if wanted.older_than else None,
        cursor=wanted.cursor,
        size=wanted.size,
    )
    return desk.pages.draw(
        "console/orders.html",
        visit,
        orders=[summary_shape(standing) for standing in found.items],
        next_page=visit.going_on(found.next_cursor),
        wanted=wanted,
        states=STATES,
        alarms=ALARMS,
    )


@page("GET", "/console/orders/{order_id}", part="console", who=OPERATOR)
def console_order(visit: Visit, desk: Desk) -> Answer:
    """One order: facts, every call to the outside, the money, the goods, and decisions."""
    return _shown(visit, desk)


@page("POST", "/console/orders/{order_id}/retry", part="console", who=OPERATOR, runs=Runs.PASSWORD)
def retry(visit: Visit, desk: Desk) -> Answer:
    """Have it run now."""

    def decide(order_id: OrderId, command: Decide, given: OperatorDecision) -> Decision:
        return desk.shop.operations.retry(order_id, given)

    return _decided(visit, desk, Decide, decide)


@page(
    "POST", "/console/orders/{order_id}/resolve", part="console", who=OPERATOR, runs=Runs.PASSWORD
)
def resolve(visit: Visit, desk: Desk) -> Answer:
    """State what became of a charge, or of a step that waits."""

    def decide(order_id: OrderId, command: Resolve, given: OperatorDecision) -> Decision:
        return desk.shop.operations.resolve_as(order_id, command.outcome, given)

    return _decided(visit, desk, Resolve, decide)


@page(
    "POST",
    "/console/orders/{order_id}/compensate",
    part="console",
    who=OPERATOR,
    runs=Runs.PASSWORD,
)
def compensate(visit: Visit, desk: Desk) -> Answer:
    """Have a paid order undone that cannot be shipped."""

    def decide(order_id: OrderId, command: Decide, given: OperatorDecision) -> Decision:
        return desk.shop.operations.compensate(order_id, given)

    return _decided(visit, desk, Decide, decide)


def _decided(
    visit: Visit,
    desk: Desk,
    kind: type[Any],
    decide: Callable[[OrderId, Any, OperatorDecision], Decision],
) -> Answer:
    """What comes of a decision, once its operator has shown the password again."""
    order_id = OrderId(visit.named("order_id"))
    try:
        but = _BESIDE if kind is Resolve else (*_BESIDE, "outcome")
        command: Decide = visit.form.read(kind, desk.currency, but=but)
        desk.shop.accounts.confirm(
            visit.holder, visit.form.fields.get("password", ""), visit.origin
        )
        given = command.given_by(visit.holder.id, request_key(visit.form))
        decide(order_id, command, given)
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/console/orders/{order_id}")


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    dossier: Dossier = desk.shop.operations.dossier(OrderId(visit.named("order_id")))
    return desk.pages.draw(
        "console/order.html",
        visit,
        status=status_of(type(error)) if error else 200,
        view=ConsoleOrderPage(order=details_shape(dossier), name=request_name()),
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )
