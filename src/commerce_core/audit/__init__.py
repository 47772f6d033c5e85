"""What is kept for operators: what they have decided, and every call to the outside."""

from commerce_core.audit.errors import LetterNotFound, RequestReused
from commerce_core.audit.model import (
    Action,
    CallRecord,
    Decision,
    DecisionFilter,
    DecisionPosition,
    OperatorDecision,
)
from commerce_core.audit.ports import AuditBooks, AuditTrail, CallLog, DecisionLog

__all__ = [
    "Action",
    "AuditBooks",
    "AuditTrail",
    "CallLog",
    "CallRecord",
    "Decision",
    "DecisionFilter",
    "DecisionLog",
    "DecisionPosition",
    "LetterNotFound",
    "OperatorDecision",
    "RequestReused",
]
