"""Stock: what is on hand, what is held for orders, and the ledger both must agree with."""

from commerce_core.inventory.errors import ReferenceReused, StockShort
from commerce_core.inventory.events import AvailabilityChanged
from commerce_core.inventory.model import (
    Hold,
    HoldStatus,
    OpeningStock,
    Receipt,
    SkuDemand,
    StockAudit,
    StockChange,
    StockLevel,
)
from commerce_core.inventory.ports import StockLedger

__all__ = [
    "AvailabilityChanged",
    "Hold",
    "HoldStatus",
    "OpeningStock",
    "Receipt",
    "ReferenceReused",
    "SkuDemand",
    "StockAudit",
    "StockChange",
    "StockLedger",
    "StockLevel",
    "StockShort",
]
