"""Keeping what is decided in the transaction of its effect, and reading it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from commerce_core.audit.errors import RequestReused
from commerce_core.audit.model import (
    Action,
    Decision,
    DecisionFilter,
    DecisionPosition,
    OperatorDecision,
)
from commerce_core.audit.ports import AuditTrail, DecisionLog
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database, Transaction

_LIST: Final = "decisions"
EVERY: Final = DecisionFilter()


class Decisions(AuditTrail):
    """The decisions of all operators, over orders and messages."""

    def __init__(self, database: Database, log: DecisionLog, clock: Clock, ids: IdFactory) -> None:
        self._db = database
        self._log = log
        self._clock = clock
        self._ids = ids

    def page(
        self, which: DecisionFilter = EVERY, cursor: str | None = None, size: int = 50
    ) -> Page[Decision]:
        """The decisions that are meant, newest first, *size* at a time.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor)
        with self._db.snapshot() as tx:
            found = self._log.page(tx, which, before, size + 1)
        return cut_page(_LIST, found, size, lambda one: (one.at, one.id))

    def repeated(
        self, given: OperatorDecision | None, action: Action, subject: str
    ) -> Decision | None:
        if given is None or given.request is None:
            return None
        with self._db.snapshot() as tx:
            known = self._log.of_request(tx, storable_text(given.actor), given.request)
        if known is not None and (known.action, known.subject) != (action, subject):
            raise RequestReused("this idempotency key was used for another decision")
        return known

    def note(
        self, tx: Transaction, given: OperatorDecision, action: Action, subject: str, outcome: str
    ) -> Decision:
        decision = Decision(
            id=self._ids.new(),
            at=self._clock.now(),
            actor=storable_text(given.actor),
            action=action,
            subject=subject,
            outcome=outcome,
            reason=storable_text(given.reason),
            evidence=storable_text(given.evidence),
            request=given.request,
        )
        if not self._log.add(tx, decision):
            raise StaleRead("the same request has decided this meanwhile")
        return decision

    def latest(self, tx: Transaction, subject: str, limit: int) -> Sequence[Decision]:
        return self._log.page(tx, DecisionFilter(subject=subject), None, limit)


def _position(cursor: str | None) -> DecisionPosition | None:
    if cursor is None:
        return None
    at, decision_id = decode_cursor(_LIST, cursor, datetime, str)
    return DecisionPosition(at, decision_id)
