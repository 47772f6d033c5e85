"""Reading gateways' books, listing what belongs to no order, and summing both sides."""

from commerce_core.ledger.service.audit import LedgerAudit
from commerce_core.ledger.service.reconcile import LedgerReconciliation
from commerce_core.ledger.service.report import LedgerReport
from commerce_core.ledger.service.strangers import Strangers
from commerce_core.ledger.service.together import LedgerServices

__all__ = ["LedgerAudit", "LedgerReconciliation", "LedgerReport", "LedgerServices", "Strangers"]
