"""Refusals of the catalogue."""

from collections.abc import Mapping

from commerce_core.kernel.errors import Conflict, NotFound, Unavailable
from commerce_core.kernel.ids import SkuId


class ItemNotFound(NotFound):
    """There is no such item, it is not for sale, or it belongs to another seller."""

    code = "item-not-found"


class ImportNotFound(NotFound):
    """There is no such import, or it belongs to another seller."""

    code = "import-not-found"


class TooManyImports(Unavailable):
    """The seller's imports that are not over yet are as many, or as long, as one seller may have;
    try again when one is over.
    """

    code = "too-many-imports"
    retry_after = 30


class ItemsOnSale(Conflict):
    """An account still has items on sale."""

    code = "items-on-sale"


class SkuTaken(Conflict):
    """The seller has another item with this SKU."""

    code = "sku-taken"


class ItemKeyReused(Conflict):
    """The idempotency key was used to onboard another item; nothing was done."""

    code = "idempotency-key-reused"


class VariantInStock(Conflict):
    """A variant that still has stock or holds cannot be dropped; nothing was changed."""

    code = "variant-in-stock"

    def __init__(self, held: Mapping[SkuId, str]) -> None:
        variant_ids = list(held.values())
        self.sku_ids = frozenset(held)
        super().__init__(
            "still in stock or held for orders: " + ", ".join(variant_ids[:5]),
            variantIds=variant_ids,
        )
