"""Refunds: money of an order that goes back, whoever wants it to."""

from commerce_core.refunds.commands import LONGEST_REASON, RefundOrder, ReturnedPieces
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
    LineSum,
    Origin,
    Refund,
    RefundAccount,
    RefundedLine,
    RefundPosition,
    RefundState,
    RefundStats,
    RefundSums,
)
from commerce_core.refunds.ports import FoundRefunds, RefundRepository

__all__ = [
    "LONGEST_REASON",
    "OPEN_FOR",
    "WATCHED_FOR",
    "FoundRefunds",
    "LineSum",
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
    "RefundPosition",
    "RefundRepository",
    "RefundState",
    "RefundStats",
    "RefundSucceeded",
    "RefundSums",
    "RefundTooLarge",
    "RefundedLine",
    "ReturnedPieces",
]
