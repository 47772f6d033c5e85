"""How one order's saga stands: why it waits, and whether a person is wanted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from commerce_core.audit import CallRecord, Decision
from commerce_core.checkout.errors import DefinitionUnknown
from commerce_core.checkout.ports import MoneyFact, SagaRow
from commerce_core.checkout.saga import Definitions, next_command
from commerce_core.checkout.steps.own import Accepted, Refused
from commerce_core.inventory import Hold
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderView
from commerce_core.payment import Captured, Declined, Voided

#: A saga that was claimed so often without progress, or is so old, stands in the alarmed list.
ALARM_CLAIMS: Final = 20
ALARM_AGE: Final = timedelta(hours=1)


class Alarm(StrEnum):
    """Why a person is wanted."""

    FLAGGED = "flagged"
    IN_VAIN = "tried-in-vain"
    OLD = "old"


class Stated(StrEnum):
    """What an operator may state: what became of a charge, or of a step that waits."""

    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"
    ACCEPTED = "accepted"
    REFUSED = "refused"

    def outcome(
        self, total: Money, reason: str
    ) -> Captured | Declined | Voided | Accepted | Refused:
        """The outcome, of an order that costs *total*, stated for some *reason*."""
        match self:
            case Stated.CAPTURED:
                return Captured(ref="", amount=total)  # the gateway knows the reference
            case Stated.DECLINED:
                return Declined(code="declined", detail=reason)
            case Stated.VOIDED:
                return Voided()
            case Stated.ACCEPTED:
                return Accepted()
            case Stated.REFUSED:
                return Refused("refused", reason)


@attrs.frozen(kw_only=True)
class SagaStanding:
    """A saga with the alarms that it raises, and the call that it waits to make (``None``: none, or
    its definition is not known here).
    """

    row: SagaRow
    alarms: tuple[Alarm, ...]
    waits_for: str | None


@attrs.frozen(kw_only=True)
class Dossier:
    """All that is known of one order's saga: how it stands, the order with its timeline, what
    gateways said of its money, the goods held for it, each outside call, and what operators have
    decided.
    """

    standing: SagaStanding
    view: OrderView
    facts: Sequence[MoneyFact]
    holds: Sequence[Hold]
    calls: Sequence[CallRecord]
    decisions: Sequence[Decision]


def standing_of(row: SagaRow, definitions: Definitions, now: datetime) -> SagaStanding:
    """How the saga of *row* stands at *now*."""
    try:
        command = next_command(row.saga, definitions.of(row.saga))
    except DefinitionUnknown:
        command = None
    return SagaStanding(
        row=row, alarms=alarms_of(row, now), waits_for=command.verb if command else None
    )


def alarms_of(row: SagaRow, now: datetime) -> tuple[Alarm, ...]:
    """Why a person is wanted for *row*; nothing for one that is over."""
    if row.saga.state.is_final:
        return ()
    raised = {
        Alarm.FLAGGED: row.attention,
        Alarm.IN_VAIN: row.claims >= ALARM_CLAIMS,
        Alarm.OLD: row.created_at < now - ALARM_AGE,
    }
    return tuple(alarm for alarm, is_raised in raised.items() if is_raised)
