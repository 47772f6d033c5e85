"""Whether refunds keep within what was captured, and whether none is left behind."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderKey
from commerce_core.refunds.model import OPEN_FOR, Refund, RefundState, RefundSums
from commerce_core.refunds.ports import RefundRepository

_PAGE: Final = 500
#: Beyond the day, for a worker that was away, and the longest pause between two looks.
_OVERDUE: Final = OPEN_FOR + timedelta(hours=2)


class RefundAudit(Audit):
    """S23 and L17: refunds and what is counted of them agree and keep within what was captured, and
    none that does not get on is unseen.
    """

    def __init__(self, database: Database, repo: RefundRepository, clock: Clock) -> None:
        self._db = database
        self._repo = repo
        self._clock = clock

    def violations(self) -> Iterator[Violation]:
        for sums in self._sums():
            yield from _wrong_sums(sums)
        for refund in self._refunds():
            yield from self._left_behind(refund)

    def _sums(self) -> Iterator[RefundSums]:
        after: OrderKey | None = None
        while True:
            with self._db.snapshot() as tx:
                page = self._repo.sums(tx, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].key

    def _refunds(self) -> Iterator[Refund]:
        after: tuple[str, str, int] | None = None
        while True:
            with self._db.snapshot() as tx:
                page: Sequence[Refund] = self._repo.after(tx, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = (page[-1].key.buyer_id, page[-1].key.order_id, page[-1].no)

    def _left_behind(self, refund: Refund) -> Iterator[Violation]:
        subject = f"refund {refund.no} of order {refund.key.order_id}"
        age = self._clock.now() - refund.since
        needs_person = refund.state in (RefundState.REFUSED, RefundState.FAILED)
        if (needs_person or (refund.state.is_open and age > _OVERDUE)) and not refund.attention:
            since = f"{refund.created_at:%Y-%m-%d %H:%M}"
            detail = f"{refund.state.value} since {since}, and not listed for a person"
            yield Violation(invariant="L17", subject=subject, detail=detail)


def _wrong_sums(sums: RefundSums) -> Iterator[Violation]:
    subject = f"order {sums.key.order_id}"
    if sums.given > sums.captured:
        detail = f"{sums.given} of {sums.captured} minor units are given back or promised"
        yield Violation(invariant="S23", subject=subject, detail=detail)
    if sums.refunds != sums.given:
        detail = f"its refunds sum to {sums.refunds} minor units, and {sums.given} are counted"
        yield Violation(invariant="S23", subject=subject, detail=detail)
