"""Refusals of the stock ledger."""

from collections.abc import Iterable

from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import SkuId


class StockShort(Conflict):
    """Fewer pieces are on hand and free than were to be taken out; nothing was changed."""

    code = "stock-short"

    def __init__(self, sku_ids: Iterable[SkuId]) -> None:
        self.sku_ids = tuple(sku_ids)
        super().__init__("more is held or gone than would be left")


class ReferenceReused(Conflict):
    """A receipt with this reference was counted with another quantity; nothing was changed."""

    code = "reference-reused"

    def __init__(self, references: Iterable[str]) -> None:
        super().__init__(
            "this reference was counted with another quantity", references=sorted(references)
        )
