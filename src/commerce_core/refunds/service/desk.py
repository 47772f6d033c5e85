"""What operators see of refunds that do not get on, and do about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from commerce_core.audit import Action, AuditTrail, Decision, OperatorDecision
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId, is_id
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderRepository
from commerce_core.refunds.errors import RefundNotFound
from commerce_core.refunds.model import Refund, RefundPosition, RefundState, RefundStats
from commerce_core.refunds.ports import RefundRepository

_LIST: Final = "refunds"
_MISSING: Final = "there is no such refund"


class RefundDesk:
    """Refunds that a person has to look at."""

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        repo: RefundRepository,
        clock: Clock,
        audit: AuditTrail,
    ) -> None:
        self._db = database
        self._orders = orders
        self._repo = repo
        self._clock = clock
        self._audit = audit

    def listed(self, cursor: str | None = None, size: int = 50) -> Page[Refund]:
        """Refunds that were refused, that have come back, or that do not get on, the latest first.
        Their lines are not shown.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor)
        with self._db.snapshot() as tx:
            found: Sequence[Refund] = self._repo.listed(tx, before, size + 1)
        return cut_page(_LIST, found, size, lambda one: (one.created_at, one.key.order_id, one.no))

    def stats(self, at_most: int) -> RefundStats:
        """Since when refunds are due, and how many need a person, counted up to *at_most*."""
        with self._db.snapshot() as tx:
            return self._repo.stats(tx, self._clock.now(), at_most)

    def retry(self, order_id: str, no: int, given: OperatorDecision) -> Decision:
        """Have refund *no* of an order tried again: one that was refused, or has come back, in a
        new attempt; one that is under way at once; what is kept of the decision, with ``due``, or
        ``done`` where there is nothing to do.

        Raises:
            RefundNotFound: there is no such refund.
            RequestReused: the decision's request has decided something else.
        """
        subject = f"{order_id}/refunds/{no}"
        if not is_id(order_id):
            raise RefundNotFound(_MISSING)
        if known := self._audit.repeated(given, Action.RETRY, subject):
            return known
        with self._db.begin() as tx:
            key = self._orders.keys_of(tx, [OrderId(order_id)]).get(OrderId(order_id))
            was = self._repo.revive(tx, key, no, self._clock.now()) if key else None
            if was is None:
                raise RefundNotFound(_MISSING)
            outcome = "done" if was.state is RefundState.DONE else "due"
            decision = self._audit.note(tx, given, Action.RETRY, subject, outcome)
            tx.commit()
        return decision


def _position(cursor: str | None) -> RefundPosition | None:
    if cursor is None:
        return None
    at, order_id, no = decode_cursor(_LIST, cursor, datetime, str, int)
    return RefundPosition(at, order_id, no)
