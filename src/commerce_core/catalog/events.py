"""Facts about items."""

import attrs

from commerce_core.kernel.events import Event
from commerce_core.kernel.ids import ItemId


@attrs.frozen(kw_only=True)
class PriceDropped(Event):
    """A form of an item on sale costs less than before the change to *version*."""

    name = "catalog.price_dropped.v1"
    item_id: ItemId
    version: int

    @property
    def partition_key(self) -> str:
        return self.item_id


@attrs.frozen(kw_only=True)
class ItemChanged(Event):
    """An item was onboarded, changed, published or withdrawn, and is at *version* now."""

    name = "catalog.item_changed.v1"
    item_id: ItemId
    version: int

    @property
    def partition_key(self) -> str:
        return self.item_id
