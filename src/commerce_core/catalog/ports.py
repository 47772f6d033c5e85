"""The promises of the item repository, of the offers that carts read, and of the import queue."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.catalog.model import Item, ItemImport, ItemStatus, Offer, RowSum, SetAside
from commerce_core.kernel.ids import ImportId, ItemId, SellerId, SkuId
from commerce_core.kernel.transaction import Transaction


class Offers(Protocol):
    """What carts and orders read of items: one row per sellable form."""

    @abstractmethod
    def by_item(
        self, tx: Transaction, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, Sequence[Offer]]:
        """The forms of items, in their order; unknown items are missing."""

    @abstractmethod
    def by_sku(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, Offer]:
        """Forms by what counts their stock; unknown ones are missing."""


class ItemRepository(Protocol):
    """Items, whatever their status."""

    @abstractmethod
    def insert(
        self, tx: Transaction, items: Sequence[Item], keys: Mapping[ItemId, tuple[str, str]]
    ) -> None:
        """Write down new items, some with the idempotency key and the digest of the request that
        made them. Not idempotent.

        Raises:
            SkuTaken: a seller has used an SKU or a key before; the caller rolls back.
        """

    @abstractmethod
    def load(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Mapping[ItemId, Item]:
        """Items by id; unknown ones are missing."""

    @abstractmethod
    def by_sku(
        self, tx: Transaction, skus: Sequence[tuple[SellerId, str]]
    ) -> Mapping[tuple[SellerId, str], Item]:
        """Items by seller and the seller's own SKU; unknown ones are missing."""

    @abstractmethod
    def made_with(self, tx: Transaction, seller_id: SellerId, key: str) -> tuple[Item, str] | None:
        """The item that was onboarded with an idempotency key, and the digest of that request."""

    @abstractmethod
    def owners_of(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Sequence[ItemId]:
        """The items that have one of the forms, each once."""

    @abstractmethod
    def update(self, tx: Transaction, changes: Sequence[tuple[int, Item]]) -> Sequence[ItemId]:
        """Write items, forms included, each only over the version that is given with it; the ones
        that were written.

        Raises:
            SkuTaken: the seller has another item with the SKU; the caller rolls back.
        """

    @abstractmethod
    def page(
        self, tx: Transaction, seller_id: SellerId | None, after: ItemId | None, limit: int
    ) -> Sequence[Item]:
        """Up to *limit* items (of one seller) by id behind *after*."""

    @abstractmethod
    def latest(
        self,
        tx: Transaction,
        seller_id: SellerId,
        status: ItemStatus | None,
        before: ItemId | None,
        limit: int,
    ) -> Sequence[Item]:
        """Up to *limit* items of a seller, with a *status* those that have it, the newest first: by
        id from behind, those before *before*.
        """

    @abstractmethod
    def sells(self, tx: Transaction, seller_id: SellerId) -> bool:
        """Whether a seller has an item on sale."""


class ImportQueue(Protocol):
    """Imports and their bytes, kept until the last row is taken: neither a restart nor another
    process loses one.
    """

    @abstractmethod
    def insert(self, tx: Transaction, job: ItemImport) -> None:
        """Write down a new import. Not idempotent."""

    @abstractmethod
    def append(self, tx: Transaction, import_id: ImportId, no: int, data: bytes) -> None:
        """Keep chunk *no* (from 0) of the file. Not idempotent."""

    @abstractmethod
    def chunk(self, tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        """Chunk *no*, or ``None`` behind the last one."""

    @abstractmethod
    def load(self, tx: Transaction, import_id: ImportId) -> ItemImport | None:
        """The import as it stands."""

    @abstractmethod
    def open_imports(self, tx: Transaction, seller_id: SellerId) -> Mapping[ImportId, int]:
        """A seller's imports that are not over, each with the number of its chunks."""

    @abstractmethod
    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImport | None:
        """Take the oldest running import of a seller, if nobody holds a lease on it; its fence and
        its claims are raised. A lease holds at its end too.

        A seller's imports are carried out one after another, sellers are served in turn: the one
        that was not served for longest is next.
        """

    @abstractmethod
    def renew(self, tx: Transaction, job: ItemImport, lease_until: datetime) -> bool:
        """Hold the lease on *job* for longer, if its fence is still the newest; whether it was."""

    @abstractmethod
    def save(self, tx: Transaction, job: ItemImport, lease_until: datetime | None) -> bool:
        """Write how far an import has come, if its fence is still the newest; whether it was. Its
        claims begin again; once it is over its bytes are forgotten.
        """

    @abstractmethod
    def cancel(self, tx: Transaction, import_id: ImportId, at: datetime) -> bool:
        """End an import that is not over as CANCELLED, its fence raised, its bytes forgotten;
        whether it was. Idempotent.
        """

    @abstractmethod
    def note_skus(self, tx: Transaction, import_id: ImportId, sums: Mapping[str, RowSum]) -> None:
        """Add to the rows and bytes that SKUs have in the file. Not idempotent."""

    @abstractmethod
    def several(
        self, tx: Transaction, import_id: ImportId, skus: Sequence[str]
    ) -> Mapping[str, RowSum]:
        """Those of *skus* that have more than one row in the file."""

    @abstractmethod
    def set_aside(self, tx: Transaction, import_id: ImportId, rows: Sequence[SetAside]) -> None:
        """Keep rows until the others of their items are in. Not idempotent."""

    @abstractmethod
    def joined(
        self, tx: Transaction, import_id: ImportId, after: str, most_rows: int, most_bytes: int
    ) -> Sequence[SetAside]:
        """Rows that were set aside, ordered by SKU and place, of SKUs behind *after*: all rows of
        each, and of so many SKUs as stay within *most_rows* and *most_bytes*, at least of one.
        """

    @abstractmethod
    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* imports that ended before *before*; how many. Idempotent."""

    @abstractmethod
    def of_seller(
        self, tx: Transaction, seller_id: SellerId, after: ImportId | None, limit: int
    ) -> Sequence[ItemImport]:
        """Up to *limit* imports of a seller by id behind *after*."""

    @abstractmethod
    def latest(
        self, tx: Transaction, seller_id: SellerId, before: ImportId | None, limit: int
    ) -> Sequence[ItemImport]:
        """Up to *limit* imports of a seller, the newest first: by id from behind, those before
        *before*.
        """

    @abstractmethod
    def forget_of(self, tx: Transaction, seller_id: SellerId, limit: int) -> int:
        """Forget up to *limit* imports of a seller with their bytes, running ones too, whose
        importers find nothing to save to; how many. Idempotent.
        """

    @abstractmethod
    def drop_received(self, tx: Transaction, import_id: ImportId) -> bool:
        """Forget an import whose bytes are still coming in; whether it was. One whose bytes are all
        in is left alone. Idempotent.
        """

    @abstractmethod
    def drop_received_before(self, tx: Transaction, before: datetime) -> int:
        """Forget imports that were begun before *before* and whose bytes are not all in; how
        many.
        """
