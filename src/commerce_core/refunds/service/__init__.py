"""Asking for refunds, carrying them out, and checking them."""

from commerce_core.refunds.service.audit import RefundAudit
from commerce_core.refunds.service.request import Refunds, Requester
from commerce_core.refunds.service.run import RefundRunner
from commerce_core.refunds.service.together import RefundServices

__all__ = ["RefundAudit", "RefundRunner", "RefundServices", "Refunds", "Requester"]
