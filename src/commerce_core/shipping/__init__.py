"""Shipping: parcels, and the promise of a carrier."""

from commerce_core.shipping.model import (
    Booked,
    BookingGone,
    BookingOutcome,
    CannotShip,
    ParcelLine,
    ShippingUnknown,
)
from commerce_core.shipping.ports import Carrier

__all__ = [
    "Booked",
    "BookingGone",
    "BookingOutcome",
    "CannotShip",
    "Carrier",
    "ParcelLine",
    "ShippingUnknown",
]
