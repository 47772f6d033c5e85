"""The promise of the stock ledger. The database itself keeps ``on_hand >= reserved >= 0``."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.inventory.model import (
    Hold,
    OpeningStock,
    Receipt,
    SkuDemand,
    StockAudit,
    StockChange,
    StockLevel,
)
from commerce_core.kernel.ids import OrderId, SkuId
from commerce_core.kernel.transaction import Transaction


class StockLedger(Protocol):
    """Counters, holds, and the ledger of movements they must agree with. Lists may come in any
    order; each SKU or order once.
    """

    @abstractmethod
    def levels(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, StockLevel]:
        """The counters of *sku_ids*; unknown ones are missing. Changes nothing."""

    @abstractmethod
    def open(self, tx: Transaction, stocks: Sequence[OpeningStock], at: datetime) -> None:
        """Begin to count new SKUs. Stock is never deleted. Not idempotent: a SKU that exists makes
        the transaction fail.
        """

    @abstractmethod
    def receive(
        self, tx: Transaction, receipts: Sequence[Receipt], at: datetime
    ) -> Mapping[SkuId, StockChange]:
        """Count *receipts*; the SKUs that changed. Idempotent: a reference that its SKU has seen
        changes nothing and is missing.

        Raises:
            ReferenceReused: a reference was counted with another quantity; the caller rolls back.
            StockShort: an amount taken out is more than is free; the caller rolls back.
        """

    @abstractmethod
    def set_sellable(
        self, tx: Transaction, sellable: Mapping[SkuId, bool]
    ) -> Mapping[SkuId, StockChange]:
        """Put SKUs on sale or take them off; those whose setting changed. Idempotent."""

    @abstractmethod
    def hold(self, tx: Transaction, demands: Sequence[SkuDemand]) -> Mapping[SkuId, StockChange]:
        """Raise the held pieces of each SKU by its sum; the SKUs for which that succeeded.

        A SKU that has fewer pieces free, or is not sellable, is left as it was and missing from the
        answer: the caller rolls back. Not idempotent.
        """

    @abstractmethod
    def record_holds(self, tx: Transaction, holds: Sequence[Hold]) -> None:
        """Write down whose the pieces raised by :meth:`hold` are. Not idempotent: one hold per SKU
        and order.
        """

    @abstractmethod
    def release(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[SkuId, StockChange]:
        """Free what is still HELD for the orders; the SKUs that changed. Idempotent."""

    @abstractmethod
    def commit(
        self, tx: Transaction, order_ids: Sequence[OrderId], at: datetime
    ) -> Sequence[OrderId]:
        """Let what is HELD for the orders leave the shop; the orders all of whose holds are
        committed now, ascending.

        Idempotent. An order that is missing from the answer has a hold that was released: a defect
        that a person must see.
        """

    @abstractmethod
    def holds(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Sequence[Hold]:
        """Every hold of the orders, whatever its status, by order and SKU. Changes nothing."""

    @abstractmethod
    def audit(self, tx: Transaction, after: SkuId | None, limit: int) -> Sequence[StockAudit]:
        """Counters beside the sums of movements and holds, by SKU behind *after*; a page of at most
        *limit*. Changes nothing.
        """
