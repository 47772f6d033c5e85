"""What is on hand, what is held for orders, and the entries that change either. Quantities are
pieces.
"""

from enum import StrEnum

import attrs

from commerce_core.kernel.ids import OrderId, SkuId


@attrs.frozen(kw_only=True)
class StockLevel:
    """The counters of one SKU. ``availability_version`` grows by one each time :attr:`on_offer`
    changes.
    """

    sku_id: SkuId
    on_hand: int
    reserved: int
    sellable: bool
    availability_version: int

    @property
    def available(self) -> int:
        """Pieces that are on hand and not held."""
        return self.on_hand - self.reserved

    @property
    def on_offer(self) -> bool:
        """Whether a buyer could order at least one piece."""
        return self.sellable and self.available > 0


@attrs.frozen(kw_only=True)
class StockChange:
    """The counters of one SKU after an entry, and whether that entry put the SKU on offer or off
    it.
    """

    level: StockLevel
    flipped: bool


@attrs.frozen(kw_only=True)
class OpeningStock:
    """The first count of a new SKU."""

    sku_id: SkuId
    quantity: int
    sellable: bool


@attrs.frozen(kw_only=True)
class Receipt:
    """Pieces that came in (or, with a minus, were taken out). ``reference`` is the giver's own and
    counts once per SKU.
    """

    sku_id: SkuId
    quantity: int
    reference: str


@attrs.frozen(kw_only=True)
class SkuDemand:
    """How many pieces of one SKU a group of orders needs in all."""

    sku_id: SkuId
    quantity: int


class HoldStatus(StrEnum):
    """A hold ends once: committed (the pieces left) or released (they are free again)."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"


@attrs.frozen(kw_only=True)
class Hold:
    """Pieces of one SKU that are held for one order."""

    sku_id: SkuId
    order_id: OrderId
    quantity: int
    status: HoldStatus = HoldStatus.HELD


@attrs.frozen(kw_only=True)
class StockAudit:
    """The counters of one SKU beside what its ledger and its holds say they should be."""

    level: StockLevel
    moved: int
    received: int
    held: int
    committed: int
