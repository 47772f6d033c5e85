"""Sagas and decisions as operators see them, and how decisions are sent."""

from datetime import timedelta
from typing import Any, Final

import attrs

from commerce_core.audit import CallRecord, OperatorDecision
from commerce_core.audit import Decision as CoreDecision
from commerce_core.checkout import MoneyFact, call_key
from commerce_core.checkout import OutsideCall as CoreCall
from commerce_core.checkout.service.standing import Dossier, SagaStanding, Stated
from commerce_core.inventory import Hold
from commerce_core.kernel.address import looks_like_card
from commerce_core.kernel.redaction import redacted
from commerce_core.orders import OrderKey
from commerce_core.orders import TimelineEntry as CoreTimelineEntry
from commerce_http.web.answers import Money, Shape, Timestamp, money

_LONGEST: Final = 500
_MILLISECOND: Final = timedelta(milliseconds=1)
#: What of a call's answer is shown: its words, not what the adapter keeps for itself.
_SHOWN: Final = ("reason", "code", "detail", "ref")


def _said(meaning: str) -> Any:
    """A sentence that is kept."""

    def check(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
        if not value.strip() or len(value) > _LONGEST:
            raise ValueError(f"must be 1 to {_LONGEST} characters")
        if looks_like_card(value):
            raise ValueError("must not hold a card number")

    schema = {"description": meaning, "minLength": 1, "maxLength": _LONGEST}
    return attrs.field(validator=check, metadata={"schema": schema})


@attrs.frozen(kw_only=True)
class Decide:
    """Why something is decided, and what shows it: both are kept."""

    reason: str = _said("Why.")
    evidence: str = _said("What shows it, for example a ticket.")

    def given_by(self, actor: str, request: str | None) -> OperatorDecision:
        """The decision of *actor*, whose request is called so."""
        return OperatorDecision(
            actor=actor, reason=self.reason, evidence=self.evidence, request=request
        )


@attrs.frozen(kw_only=True)
class Resolve(Decide):
    """What became of a charge (captured, declined, voided), or of a step that waits (accepted,
    refused).
    """

    outcome: Stated


class Decision(Shape):
    """A decision of an operator over an order or a message (``subject`` is its id), and what came
    of it: of a retry ``due`` or ``over``, else the outcome that counts.
    """

    decision_id: str
    at: Timestamp
    actor: str
    action: str
    subject: str
    outcome: str
    reason: str
    evidence: str


class SagaCause(Shape):
    """Why the order is being undone."""

    code: str
    detail: str


class SagaSummary(Shape, kw_only=True):
    """How the saga of an order stands. ``alarms`` says why a person is wanted (``flagged``,
    ``tried-in-vain``, ``old``); ``waitsFor`` is the outside call that comes next, ``lastError`` why
    the last one did not get on, ``heldUntil`` the end of the lease of the worker that has it now.
    """

    order_id: str
    buyer_id: str
    state: str
    alarms: list[str]
    waits_for: str | None
    last_error: str | None
    cause: SagaCause | None
    claims: int
    cancel_requested: bool
    total: Money
    gateway: str
    carrier: str
    created_at: Timestamp
    updated_at: Timestamp
    next_try_at: Timestamp | None
    held_until: Timestamp | None


class SagaPage(Shape):
    """A page of sagas, newest first."""

    sagas: list[SagaSummary]
    next_cursor: str | None


class SagaCall(Shape):
    """What is known of a call to a gateway, a carrier or a step's own service: its latest attempt,
    under its idempotency key.
    """

    operation: str
    party: str
    account: str
    key: str
    attempt: int
    status: str
    amount: Money | None
    intended_at: Timestamp | None
    answer: dict[str, str]


class OutsideCall(Shape):
    """One call to a gateway, a carrier or a step's own service: ``call`` is what was asked for,
    ``tries`` how often the order had been claimed in vain before, ``outcome`` a word (``failed``:
    nothing was answered), ``detail`` what the party said.
    """

    call: str
    party: str
    account: str
    key: str | None
    attempt: int
    tries: int
    started_at: Timestamp
    milliseconds: float
    outcome: str
    detail: str | None


class MoneyMoved(Shape):
    """What the gateway says happened: a ``capture`` or a ``refund``, with its own name for it."""

    kind: str
    ref: str
    amount: Money


class GoodsHeld(Shape):
    """Pieces held for the order: ``HELD``, ``COMMITTED`` (they have left) or ``RELEASED``."""

    sku_id: str
    quantity: int
    status: str


class SagaEntry(Shape):
    """An entry of the order's timeline, with who brought it about and why."""

    seq: int
    type: str
    at: Timestamp
    actor: str
    cause: str | None
    detail: dict[str, Any]


class SagaDetails(SagaSummary, kw_only=True):
    """All that is known of one saga. ``calls`` are what it knows of each call to the outside,
    ``outsideCalls`` the latest two hundred as they were made, kept for 30 days; ``decisions`` the
    latest hundred.
    """

    number: str | None
    definition: str
    version: int
    payment_status: str
    calls: list[SagaCall]
    outside_calls: list[OutsideCall]
    facts: list[MoneyMoved]
    holds: list[GoodsHeld]
    timeline: list[SagaEntry]
    decisions: list[Decision]


def decision_shape(decision: CoreDecision) -> Decision:
    """*decision* in a response."""
    return Decision(
        decision_id=decision.id,
        at=decision.at,
        actor=decision.actor,
        action=decision.action.value,
        subject=decision.subject,
        outcome=decision.outcome,
        reason=decision.reason,
        evidence=decision.evidence,
    )


def summary_shape(standing: SagaStanding) -> SagaSummary:
    """*standing* in a list."""
    return SagaSummary(**_summary(standing))


def details_shape(dossier: Dossier) -> SagaDetails:
    """*dossier* in a response."""
    saga = dossier.standing.row.saga
    return SagaDetails(
        **_summary(dossier.standing),
        number=dossier.view.order.number,
        definition=saga.definition,
        version=saga.version,
        payment_status=dossier.view.payment_status,
        calls=[_call(saga.key, call) for call in saga.calls.values()],
        outside_calls=[_made(record) for record in dossier.calls],
        facts=[_fact(fact) for fact in dossier.facts],
        holds=[_hold(hold) for hold in dossier.holds],
        timeline=[_entry(entry) for entry in dossier.view.timeline],
        decisions=[decision_shape(decision) for decision in dossier.decisions],
    )


def _summary(standing: SagaStanding) -> dict[str, Any]:
    row, saga = standing.row, standing.row.saga
    cause = saga.cause
    return {
        "order_id": saga.key.order_id,
        "buyer_id": saga.key.buyer_id,
        "state": saga.state.value,
        "alarms": [alarm.value for alarm in standing.alarms],
        "waits_for": standing.waits_for,
        "last_error": redacted(row.last_error) if row.last_error else None,
        "cause": SagaCause(code=cause.code, detail=redacted(cause.detail)) if cause else None,
        "claims": row.claims,
        "cancel_requested": saga.cancel_requested,
        "total": money(saga.total),
        "gateway": saga.gateway,
        "carrier": saga.carrier,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "next_try_at": None if saga.state.is_final else row.next_run_at,
        "held_until": None if saga.state.is_final else row.lease_until,
    }


def _call(key: OrderKey, call: CoreCall) -> SagaCall:
    answer = call.response or {}
    return SagaCall(
        operation=str(call.operation),
        party=call.gateway,
        account=call.account,
        key=call_key(key, call),
        attempt=call.attempt,
        status=call.status.value,
        amount=money(call.amount) if call.amount else None,
        intended_at=call.intended_at,
        answer={name: redacted(str(answer[name])) for name in _SHOWN if answer.get(name)},
    )


def _made(record: CallRecord) -> OutsideCall:
    return OutsideCall(
        call=record.call,
        party=record.party,
        account=record.account,
        key=record.key,
        attempt=record.attempt,
        tries=record.tries,
        started_at=record.started_at,
        milliseconds=record.duration / _MILLISECOND,
        outcome=record.outcome,
        detail=record.detail,
    )


def _fact(fact: MoneyFact) -> MoneyMoved:
    return MoneyMoved(kind=fact.kind, ref=fact.ref, amount=money(fact.amount))


def _hold(hold: Hold) -> GoodsHeld:
    return GoodsHeld(sku_id=hold.sku_id, quantity=hold.quantity, status=hold.status.value)


def _entry(entry: CoreTimelineEntry) -> SagaEntry:
    return SagaEntry(
        seq=entry.seq,
        type=entry.fact.value,
        at=entry.at,
        actor=entry.actor,
        cause=redacted(entry.cause) if entry.cause else None,
        detail=dict(entry.detail),
    )
