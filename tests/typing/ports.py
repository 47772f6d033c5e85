"""Somebody else's adapters: written against the ports alone, handed to services of the core."""

from collections.abc import Sequence
from datetime import UTC, datetime

from commerce_core.kernel.address import Address
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.money import Money
from commerce_core.pricing import Adjustment, Charges, PricedLine, Pricer, Quote
from commerce_core.shipping import (
    Booked,
    BookingGone,
    BookingOutcome,
    CannotShip,
    Carrier,
    ParcelLine,
    ShippingUnknown,
)


class FlatRate(Charges):
    """Five dollars for every parcel."""

    def adjustments(self, lines: Sequence[PricedLine], address: Address | None) -> list[Adjustment]:
        return [Adjustment(kind="shipping", code="flat", amount=Money(500, "USD"))] if lines else []


class Bicycle(Carrier):
    """Goes as far as it can see."""

    def __init__(self) -> None:
        self._booked: dict[str, Booked] = {}

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        if sum(line.quantity for line in lines) > 3:
            return CannotShip("the basket is full")
        return self._booked.setdefault(reference, Booked(carrier="bicycle", tracking_number=key))

    def find_by_reference(self, reference: str) -> Booked | ShippingUnknown:
        return self._booked.get(reference, ShippingUnknown("nobody asked"))

    def cancel(self, reference: str, key: str) -> BookingGone:
        self._booked.pop(reference, None)
        return BookingGone()


class Structural:
    """Fits without inheriting anything."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def total(lines: Sequence[PricedLine]) -> int:
    quote: Quote = Pricer("USD", FlatRate()).price(lines, None)
    return quote.total.minor


def outcome(carrier: Carrier, reference: str) -> str:
    match carrier.find_by_reference(reference):
        case Booked(tracking_number=number):
            return number
        case CannotShip(detail=detail) | ShippingUnknown(reason=detail):
            return detail
        case BookingGone():
            return "gone"


CLOCK: Clock = Structural()
CARRIER: Carrier = Bicycle()
