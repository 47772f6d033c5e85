"""Where decisions are kept, and what whoever decides asks."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import attrs

from commerce_core.audit.model import (
    Action,
    CallRecord,
    Decision,
    DecisionFilter,
    DecisionPosition,
    OperatorDecision,
)
from commerce_core.kernel.transaction import Transaction


class DecisionLog(Protocol):
    """Decisions of operators. Nothing is ever changed in it, or taken away."""

    @abstractmethod
    def add(self, tx: Transaction, decision: Decision) -> bool:
        """Keep *decision*; ``False``: the actor's request was kept before, and nothing is
        written.
        """

    @abstractmethod
    def of_request(self, tx: Transaction, actor: str, request: str) -> Decision | None:
        """What was decided by this request of *actor*; ``None``: nothing."""

    @abstractmethod
    def page(
        self,
        tx: Transaction,
        which: DecisionFilter,
        before: DecisionPosition | None,
        limit: int,
    ) -> Sequence[Decision]:
        """Up to *limit* of the decisions that are meant, newest first, behind *before*."""


class CallLog(Protocol):
    """Calls to the outside, one by one, as long as they may help. Nothing rests on them."""

    @abstractmethod
    def keep(self, tx: Transaction, calls: Sequence[CallRecord]) -> None:
        """Keep *calls*. Idempotent by order, start, call and tries."""

    @abstractmethod
    def of_order(self, tx: Transaction, order_id: str, limit: int) -> Sequence[CallRecord]:
        """The latest *limit* calls that were made for an order, in the order of their starts."""

    @abstractmethod
    def drop(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* calls that were started before *before*; how many."""


class AuditTrail(Protocol):
    """Whoever lets an operator decide asks this."""

    @abstractmethod
    def repeated(
        self, given: OperatorDecision | None, action: Action, subject: str
    ) -> Decision | None:
        """What the same request has decided before; ``None``: it is new.

        Raises:
            RequestReused: it has decided something else.
        """

    @abstractmethod
    def note(
        self, tx: Transaction, given: OperatorDecision, action: Action, subject: str, outcome: str
    ) -> Decision:
        """Keep in *tx*, which has the effect, what was *given*. Not idempotent but by request.

        Raises:
            StaleRead: the same request has decided meanwhile: *tx* is to be given up.
        """

    @abstractmethod
    def latest(self, tx: Transaction, subject: str, limit: int) -> Sequence[Decision]:
        """The last decisions over *subject*, newest first."""


@attrs.frozen(kw_only=True)
class AuditBooks:
    """Everything that is kept for operators."""

    decisions: DecisionLog
    calls: CallLog
