"""Asking for refunds, carrying them out, and checking them."""

from commerce_core.refunds.service.audit import RefundAudit
from commerce_core.refunds.service.desk import RefundDesk
from commerce_core.refunds.service.found import RefundsAtGateways
from commerce_core.refunds.service.request import OrderRefunds, Reader, Refunds, Requester
from commerce_core.refunds.service.run import RefundRunner
from commerce_core.refunds.service.together import RefundServices

__all__ = [
    "OrderRefunds",
    "Reader",
    "RefundAudit",
    "RefundDesk",
    "RefundRunner",
    "RefundServices",
    "Refunds",
    "RefundsAtGateways",
    "Requester",
]
