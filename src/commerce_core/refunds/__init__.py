"""Refunds: money of an order that goes back, whoever wants it to."""

from commerce_core.refunds.commands import LONGEST_REASON, RefundOrder
from commerce_core.refunds.errors import (
    NotCompleted,
    NotPaid,
    RefundKeyReused,
    RefundNotFound,
    RefundTooLarge,
)
from commerce_core.refunds.events import RefundEvent, RefundFailed, RefundSucceeded
from commerce_core.refunds.model import (
    OPEN_FOR,
    WATCHED_FOR,
    Origin,
    Refund,
    RefundAccount,
    RefundState,
    RefundSums,
)
from commerce_core.refunds.ports import RefundRepository

__all__ = [
    "LONGEST_REASON",
    "OPEN_FOR",
    "WATCHED_FOR",
    "NotCompleted",
    "NotPaid",
    "Origin",
    "Refund",
    "RefundAccount",
    "RefundEvent",
    "RefundFailed",
    "RefundKeyReused",
    "RefundNotFound",
    "RefundOrder",
    "RefundRepository",
    "RefundState",
    "RefundSucceeded",
    "RefundSums",
    "RefundTooLarge",
]
