"""What is kept for operators: decisions, and calls to the outside."""

from datetime import datetime, timedelta
from enum import StrEnum

import attrs


class Action(StrEnum):
    """What operators decide."""

    RETRY = "retry"
    RESOLVE = "resolve"
    COMPENSATE = "compensate"
    REPLAY = "replay"
    DISCARD = "discard"
    SETTLE = "settle"


@attrs.frozen(kw_only=True)
class OperatorDecision:
    """Who decides, why, and what shows it: kept as they are said.

    *request* names the request, where the operator names it: the same one again decides nothing
    anew.
    """

    actor: str
    reason: str
    evidence: str
    request: str | None = None


@attrs.frozen(kw_only=True)
class Decision:
    """What was decided over an order or a message (*subject* is its id), and what came of it at
    once.
    """

    id: str
    at: datetime
    actor: str
    action: Action
    subject: str
    outcome: str
    reason: str
    evidence: str
    request: str | None = None


@attrs.frozen(kw_only=True)
class DecisionFilter:
    """Which decisions are meant; ``None``: whichever."""

    subject: str | None = None
    actor: str | None = None


@attrs.frozen
class DecisionPosition:
    """A place in the list of decisions."""

    at: datetime
    id: str


@attrs.frozen(kw_only=True)
class CallRecord:
    """A call to a gateway, a carrier or another service that was made for an order.

    *call* says what was asked for, under which idempotency *key* (``None``: it needs none) and in
    which *attempt*; *tries* is how often its saga had been claimed in vain before. *outcome* is a
    word (``failed``: the call raised), *detail* what the party said. Nothing secret is in it.
    """

    order_id: str
    call: str
    party: str
    account: str
    key: str | None
    attempt: int
    tries: int
    started_at: datetime
    duration: timedelta
    outcome: str
    detail: str | None
