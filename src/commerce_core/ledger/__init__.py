"""The ledger: what gateways' books have against what the shop knows, both ways."""

from commerce_core.ledger.errors import StrangerNotFound
from commerce_core.ledger.model import (
    DaySum,
    LedgerStats,
    Mark,
    Reconciled,
    Stranger,
    StrangerPosition,
    Sweep,
    Why,
)
from commerce_core.ledger.ports import LedgerRepository

__all__ = [
    "DaySum",
    "LedgerRepository",
    "LedgerStats",
    "Mark",
    "Reconciled",
    "Stranger",
    "StrangerNotFound",
    "StrangerPosition",
    "Sweep",
    "Why",
]
