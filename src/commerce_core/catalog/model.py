"""Items and the forms in which they are sold. Stock is not in them: it is counted by ``sku_id`` in
the inventory.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from commerce_core.inventory import StockLevel
from commerce_core.kernel.ids import ImportId, ItemId, SellerId, SkuId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.money import Money


class ItemStatus(StrEnum):
    """Only active items are found and sold."""

    DRAFT = "draft"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class ItemType(StrEnum):
    """A simple item is sold in one form, the other kind in variants."""

    SIMPLE = "simple"
    VARIANT = "variant"


@attrs.frozen(kw_only=True)
class Variant:
    """One sellable form. A simple item has exactly one, without a *variant_id*."""

    sku_id: SkuId
    variant_id: str | None
    price: Money
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    images: tuple[str, ...] = ()
    gtins: tuple[str, ...] = ()
    weight: int | None = None
    """Grams; ``None``: those of the item."""


@attrs.frozen(kw_only=True)
class Item:
    """Something that a seller offers. Whoever keeps a change keeps it under the next *version*."""

    id: ItemId
    seller_id: SellerId
    sku: str
    type: ItemType
    status: ItemStatus
    name: str
    description: str
    brand: str
    category: str
    tags: tuple[str, ...]
    images: tuple[str, ...]
    gtins: tuple[str, ...]
    specifications: Mapping[str, Any]
    attributes: Mapping[str, Any]
    variants: tuple[Variant, ...]
    tax_class: str = ""
    """What the shop's charges call its kind of goods; empty: the usual one."""
    weight: int | None = None
    """Grams of one piece, where a variant does not say otherwise."""
    metadata: Mapping[str, Any] = NO_METADATA
    source: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    """What a stored document called itself elsewhere: its own id and the time it was made."""
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def price(self) -> Money:
        """The lowest price of its forms."""
        return min((v.price for v in self.variants), key=lambda price: price.minor)

    @property
    def on_sale(self) -> bool:
        """Whether buyers may have it."""
        return self.status is ItemStatus.ACTIVE

    def with_status(self, status: ItemStatus) -> "Item":
        """The item published or withdrawn."""
        return attrs.evolve(self, status=status)

    def variant(self, variant_id: str | None) -> Variant | None:
        """Its form called *variant_id*."""
        return next((v for v in self.variants if v.variant_id == variant_id), None)


@attrs.frozen(kw_only=True)
class Offer:
    """One sellable form as a cart or an order needs it: where a variant has no image or weight of
    its own, its item's. *on_sale*: its item is active.
    """

    sku_id: SkuId
    item_id: ItemId
    variant_id: str | None
    seller_id: SellerId
    sku: str
    name: str
    options: Mapping[str, Any]
    image: str | None
    price: Money
    on_sale: bool
    brand: str = ""
    category: str = ""
    tax_class: str = ""
    weight: int | None = None


@attrs.frozen(kw_only=True)
class ItemView:
    """An item with what is in stock of it."""

    item: Item
    levels: Mapping[SkuId, StockLevel]

    @property
    def document_version(self) -> int:
        """Grows with the item and with every change of what is on offer: what a search index
        compares.
        """
        return self.item.version + sum(level.availability_version for level in self.levels.values())

    @property
    def stock(self) -> int:
        """Pieces that are free, of all its forms."""
        return sum(level.available for level in self.levels.values())

    @property
    def scarcest(self) -> int:
        """Pieces that are free of the form that has fewest."""
        return min((self.available(v.sku_id) for v in self.item.variants), default=0)

    def available(self, sku_id: SkuId) -> int:
        """Pieces of one form that are free."""
        level = self.levels.get(sku_id)
        return level.available if level else 0

    def available_as(self, variant_id: str | None) -> int:
        """Pieces that are free of the form called *variant_id*."""
        form = self.item.variant(variant_id)
        return self.available(form.sku_id) if form else 0


@attrs.frozen(kw_only=True)
class OwnItemFilter:
    """Which of a seller's own items are meant: those with *status*, those of which some form has
    fewer free pieces than *stock_below*.
    """

    status: ItemStatus | None = None
    stock_below: int | None = None


class ImportFormat(StrEnum):
    """How a file of items is written."""

    NDJSON = "ndjson"
    JSON = "json"
    CSV = "csv"


@attrs.frozen(kw_only=True)
class RowError:
    """A row that was not taken: the line it begins on (from 1), a JSON pointer into it, and why."""

    line: int
    pointer: str
    detail: str


@attrs.frozen(kw_only=True)
class TableStyle:
    """How a table is written: what stands between cells, the decimal mark, the encoding, what ends
    a line. Empty: not known.
    """

    delimiter: str = ""
    decimal: str = ""
    sure: bool = False
    """Whether the sender has said what the decimal mark is."""
    encoding: str = ""
    line_end: str = "\n"


class ImportPhase(StrEnum):
    """A file is gone through twice: first for where each item's rows stand, then to take them; rows
    of one item that stand in several places are set aside, and joined at the end.
    """

    GATHERING = "gathering"
    TAKING = "taking"
    JOINING = "joining"


@attrs.frozen(kw_only=True)
class Progress:
    """How far an import has come: where its next row begins, and what became of the items and rows
    before.

    ``rows`` counts an item once, however many rows it has, and each row that was refused.
    """

    phase: ImportPhase = ImportPhase.GATHERING
    offset: int = 0
    line: int = 1
    header: tuple[str, ...] = ()
    style: TableStyle | None = None
    set_aside: bool = False
    joined: str = ""
    """The SKU up to which rows that were set aside are joined."""
    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    errors_truncated: bool = False
    latest: tuple[tuple[str, int], ...] = ()
    """The items written last, with their document versions: when a search shows these it shows all
    before them.
    """

    @property
    def counts(self) -> dict[str, int]:
        """What became of the rows."""
        names = ("rows", "created", "changed", "unchanged", "failed")
        return {name: getattr(self, name) for name in names}


class ImportStatus(StrEnum):
    """RECEIVING while its bytes come in, then RUNNING until it is over, in one of three ways."""

    RECEIVING = "receiving"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether no further row will be taken."""
        return self in (ImportStatus.FINISHED, ImportStatus.CANCELLED, ImportStatus.FAILED)


@attrs.frozen(kw_only=True)
class ItemImport:
    """A file of items on its way in."""

    id: ImportId
    seller_id: SellerId
    format: ImportFormat
    dry_run: bool
    status: ImportStatus
    style: TableStyle = TableStyle()
    """What the sender says of how a table is written."""
    progress: Progress = Progress()
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()
    """What a person should know of rows that were taken; in a dry run what would be lost."""
    created_at: datetime
    finished_at: datetime | None = None
    fence: int = 0
    claims: int = 0
    """How often it was claimed since it last came further."""


@attrs.frozen(kw_only=True)
class ImportLimits:
    """What one seller's imports may take up: how many that are not over yet, and the bytes kept of
    them.
    """

    open_imports: int = 10
    stored_bytes: int = 1 << 30


@attrs.frozen(kw_only=True)
class RowSum:
    """How many rows an item has in a file, and their bytes."""

    rows: int
    size: int


@attrs.frozen(kw_only=True)
class SetAside:
    """A row of an item that has several, kept until the others are in."""

    sku: str
    line: int
    place: int
    """Where it ends in the file: no two rows have the same."""
    raw: bytes
