"""`commerce sagas`: what operators see and decide."""

from typing import TYPE_CHECKING, Any, Literal

from commerce_cli.deciding import Actor, Evidence, Reason, login
from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output
from commerce_core.audit import OperatorDecision
from commerce_core.checkout.service.standing import Stated
from commerce_core.kernel.ids import OrderId

if TYPE_CHECKING:
    from commerce_core.checkout import SagaRow


def list_sagas(
    *,
    alarmed: bool = False,
    state: str | None = None,
    number: str | None = None,
    limit: int = 50,
    json: AsJson = False,
) -> None:
    """List sagas, newest first.

    Args:
        alarmed: only those that are flagged for review.
        state: only those in this state.
        number: the one of the order that people call by this number, and no other.
        limit: at most so many.
    """
    out = Output(as_json=json)
    with open_shop() as shop:
        if number is not None:
            found = shop.operations.numbered(number)
        elif alarmed:
            found = shop.operations.alarmed(limit)
        else:
            found = shop.operations.page(state, None, limit)
    rows = [_summary(row) for row in found]
    out.table([*rows], ("orderId", "state", "claims", "attention", "nextRunAt", "lastError"))
    out.answer(rows)


def show(order_id: str, /, *, json: AsJson = False) -> None:
    """Show a saga with its calls, and the timeline of its order."""
    out = Output(as_json=json)
    with open_shop() as shop:
        row, view = shop.operations.show(OrderId(order_id))
    calls = [
        {
            "operation": str(call.operation),
            "gateway": call.gateway,
            "attempt": call.attempt,
            "status": call.status.value,
        }
        for call in row.saga.calls.values()
    ]
    timeline = [
        {
            "seq": e.seq,
            "type": e.fact.value,
            "at": e.at.isoformat(),
            "actor": e.actor,
            "cause": e.cause,
            "detail": dict(e.detail),
        }
        for e in view.timeline
    ]
    data = _summary(row) | {
        "number": view.order.number,
        "total": str(view.order.total),
        "calls": calls,
        "timeline": timeline,
    }
    for name, value in data.items():
        if not isinstance(value, list):
            out.say(f"{name}: {value}")
    out.say("\ncalls")
    out.table([*calls], ("operation", "gateway", "attempt", "status"))
    out.say("\ntimeline")
    out.table([*timeline], ("seq", "at", "type", "actor", "cause"))
    out.answer(data)


def retry(
    order_id: str,
    /,
    *,
    reason: Reason = "",
    evidence: Evidence = "",
    actor: str | None = None,
    json: AsJson = False,
) -> None:
    """Let a saga run now, whatever it was waiting for.

    Args:
        actor: who decides; by default the user who runs the command.
    """
    out = Output(as_json=json)
    decision = OperatorDecision(actor=actor or login(), reason=reason, evidence=evidence)
    with open_shop() as shop:
        shop.operations.retry(OrderId(order_id), decision)
    out.say(f"{order_id} runs as soon as a worker takes it.")
    out.answer({"orderId": order_id})


def resolve(
    order_id: str,
    outcome: Literal["captured", "declined", "voided", "accepted", "refused"],
    /,
    *,
    reason: Reason,
    evidence: Evidence,
    actor: Actor,
    json: AsJson = False,
) -> None:
    """Have a saga go on with what became of its charge (captured, declined or voided: its gateway
    is queried, and must not contradict it), or with a step that waits (accepted or refused; the
    reason is shown to the buyer of what is refused).
    """
    out = Output(as_json=json)
    with open_shop() as shop:
        decision = OperatorDecision(actor=actor, reason=reason, evidence=evidence)
        shop.operations.resolve_as(OrderId(order_id), Stated(outcome), decision)
    what = "the step that waited" if outcome in ("accepted", "refused") else "its charge"
    out.say(f"{order_id} goes on: {what} is {outcome}.")
    out.answer({"orderId": order_id, "outcome": outcome})


def compensate(
    order_id: str, /, *, reason: Reason, evidence: Evidence, actor: Actor, json: AsJson = False
) -> None:
    """Have a paid order undone that cannot be shipped."""
    out = Output(as_json=json)
    with open_shop() as shop:
        shop.operations.compensate(
            OrderId(order_id), OperatorDecision(actor=actor, reason=reason, evidence=evidence)
        )
    out.say(f"{order_id} is being undone.")
    out.answer({"orderId": order_id})


def _summary(row: "SagaRow") -> dict[str, Any]:
    return {
        "orderId": row.saga.key.order_id,
        "state": row.saga.state.value,
        "claims": row.claims,
        "attention": row.attention,
        "cancelRequested": row.saga.cancel_requested,
        "createdAt": row.created_at.isoformat(),
        "updatedAt": row.updated_at.isoformat(),
        "nextRunAt": row.next_run_at.isoformat(),
        "lastError": row.last_error,
    }
