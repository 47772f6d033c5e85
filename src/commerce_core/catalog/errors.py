"""Refusals of the catalogue."""

from collections.abc import Sequence

from commerce_core.kernel.errors import Conflict, NotFound


class ItemNotFound(NotFound):
    """There is no such item, it is not for sale, or it is somebody else's."""

    code = "item-not-found"


class ImportNotFound(NotFound):
    """There is no such import, or it is somebody else's."""

    code = "import-not-found"


class SkuTaken(Conflict):
    """The seller has another item with this SKU."""

    code = "sku-taken"


class ItemKeyReused(Conflict):
    """The idempotency key was used to onboard another item; nothing was done."""

    code = "idempotency-key-reused"


class VariantInStock(Conflict):
    """A variant that still has stock or holds cannot be dropped; nothing was changed."""

    code = "variant-in-stock"

    def __init__(self, variant_ids: Sequence[str]) -> None:
        super().__init__("still in stock or held for orders: " + ", ".join(variant_ids[:5]), variantIds=list(variant_ids))
