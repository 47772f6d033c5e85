"""Facts about stock."""

import attrs

from commerce_core.kernel.events import Event
from commerce_core.kernel.ids import SkuId


@attrs.frozen(kw_only=True)
class AvailabilityChanged(Event):
    """A SKU went on offer or off it: its free pieces went between none and some, or it was put on
    or taken off sale.
    """

    name = "inventory.availability_changed.v1"
    sku_id: SkuId

    @property
    def partition_key(self) -> str:
        return self.sku_id
