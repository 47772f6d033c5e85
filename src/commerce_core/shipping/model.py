"""Parcels, and what a carrier can answer."""

import attrs

from commerce_core.kernel.ids import SkuId


@attrs.frozen(kw_only=True)
class ParcelLine:
    """*quantity* pieces of one SKU in a parcel."""

    sku_id: SkuId
    name: str
    quantity: int


@attrs.frozen(kw_only=True)
class Booked:
    """The carrier takes the parcel."""

    carrier: str
    tracking_number: str


@attrs.frozen
class CannotShip:
    """The carrier will never take it."""

    detail: str


@attrs.frozen
class BookingGone:
    """There is no booking under the reference, and there never will be."""


@attrs.frozen
class ShippingUnknown:
    """It may or may not have happened, or happens later."""

    reason: str


BookingOutcome = Booked | CannotShip | BookingGone | ShippingUnknown
