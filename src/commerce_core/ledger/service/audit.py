"""Whether reconciliation gets on."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database
from commerce_core.ledger.model import Sweep
from commerce_core.ledger.ports import LedgerRepository
from commerce_core.payment import PaymentGateway

_OVERDUE: Final = timedelta(hours=1)


class LedgerAudit(Audit):
    """L18: where a gateway's books were ever reconciled, they are until an hour ago."""

    def __init__(
        self,
        database: Database,
        repo: LedgerRepository,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = repo
        self._gateways = gateways
        self._clock = clock

    def violations(self) -> Iterator[Violation]:
        in_use = {(name, g.capabilities().account) for name, g in self._gateways.items()}
        with self._db.snapshot() as tx:
            marks = self._repo.marks(tx)
        for mark in marks:
            is_late = self._clock.now() - mark.through > _OVERDUE
            is_meant = mark.sweep is Sweep.RECENT and (mark.gateway, mark.account) in in_use
            if is_meant and is_late:
                detail = f"its books are reconciled until {mark.through:%Y-%m-%d %H:%M} alone"
                yield Violation(invariant="L18", subject=f"gateway {mark.gateway}", detail=detail)
