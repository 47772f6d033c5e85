"""The services of the ledger, on what they share."""

from collections.abc import Mapping

import attrs

from commerce_core.audit import AuditTrail
from commerce_core.checkout import SagaStore
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database
from commerce_core.ledger.ports import LedgerRepository
from commerce_core.ledger.service.audit import LedgerAudit
from commerce_core.ledger.service.reconcile import LedgerBooks, LedgerReconciliation
from commerce_core.ledger.service.report import LedgerReport
from commerce_core.ledger.service.strangers import Strangers
from commerce_core.orders import OrderHandles
from commerce_core.payment import PaymentGateway
from commerce_core.refunds import FoundRefunds


@attrs.frozen
class LedgerServices:
    """Makes each of them."""

    database: Database
    repo: LedgerRepository
    handles: OrderHandles
    sagas: SagaStore
    found: FoundRefunds
    gateways: Mapping[str, PaymentGateway]
    clock: Clock
    trail: AuditTrail

    def made(self) -> tuple[LedgerReconciliation, Strangers, LedgerReport]:
        """All of them."""
        db, books = self.database, LedgerBooks(self.repo, self.handles)
        return (
            LedgerReconciliation(db, books, self.sagas, self.found, self.gateways, self.clock),
            Strangers(db, self.repo, self.clock, self.trail),
            LedgerReport(db, books, self.sagas, self.gateways),
        )

    def audit(self) -> LedgerAudit:
        """What checks that reconciliation gets on."""
        return LedgerAudit(self.database, self.repo, self.gateways, self.clock)
