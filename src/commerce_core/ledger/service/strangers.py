"""What operators see of the ledger, and do about strangers."""

from datetime import datetime
from typing import Final

from commerce_core.audit import Action, AuditTrail, Decision, OperatorDecision
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database
from commerce_core.ledger.errors import StrangerNotFound
from commerce_core.ledger.model import LedgerStats, Stranger, StrangerPosition
from commerce_core.ledger.ports import LedgerRepository

_LIST: Final = "strangers"
_MISSING: Final = "there is no such line"


class Strangers:
    """Lines of gateways' books that belong to no order."""

    def __init__(
        self, database: Database, repo: LedgerRepository, clock: Clock, audit: AuditTrail
    ) -> None:
        self._db = database
        self._repo = repo
        self._clock = clock
        self._audit = audit

    def listed(self, cursor: str | None = None, size: int = 50) -> Page[Stranger]:
        """Those that no person has settled, the latest seen first.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor)
        with self._db.snapshot() as tx:
            found = self._repo.strangers(tx, before, size + 1)
        return cut_page(_LIST, found, size, lambda one: (one.seen_at, *one.key))

    def settle(self, gateway: str, ref: str, given: OperatorDecision) -> Decision:
        """Note that a person has seen to it, as the evidence says: nothing is sent to the gateway.
        What is kept of the decision, with ``settled``, or ``settled-before``.

        Raises:
            StrangerNotFound: there is no such line.
            RequestReused: the decision's request has decided something else.
        """
        subject = f"{gateway}/{ref}"
        if not storable(subject):
            raise StrangerNotFound(_MISSING)
        if known := self._audit.repeated(given, Action.SETTLE, subject):
            return known
        with self._db.begin() as tx:
            new = self._repo.settle(tx, (gateway, ref), self._clock.now())
            if new is None:
                raise StrangerNotFound(_MISSING)
            outcome = "settled" if new else "settled-before"
            decision = self._audit.note(tx, given, Action.SETTLE, subject, outcome)
            tx.commit()
        return decision

    def stats(self, at_most: int) -> LedgerStats:
        """Until where books are reconciled, and how many strangers need a person, counted up to
        *at_most*.
        """
        with self._db.snapshot() as tx:
            return LedgerStats(marks=self._repo.marks(tx), strangers=self._repo.count(tx, at_most))


def _position(cursor: str | None) -> StrangerPosition | None:
    if cursor is None:
        return None
    return StrangerPosition(*decode_cursor(_LIST, cursor, datetime, str, str))
