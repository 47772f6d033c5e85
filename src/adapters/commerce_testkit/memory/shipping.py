"""A carrier in memory."""

import threading
from collections.abc import Sequence

from commerce_core.kernel.address import Address
from commerce_core.shipping import (
    Booked,
    BookingGone,
    BookingOutcome,
    CannotShip,
    Carrier,
    ParcelLine,
    ShippingUnknown,
)


class MemoryCarrier(Carrier):
    """Books every parcel at once, but for country ``AQ``, which it refuses for good."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._outcomes: dict[str, BookingOutcome] = {}

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        _refuse_blank(key)
        with self._turn:
            if reference not in self._outcomes:
                refused = address is not None and address.country == "AQ"
                booked = Booked(
                    carrier="sandbox", tracking_number=f"TRACK-{len(self._outcomes) + 1}"
                )
                self._outcomes[reference] = (
                    CannotShip("nothing is delivered to Antarctica") if refused else booked
                )
            return self._outcomes[reference]

    def find_by_reference(self, reference: str) -> BookingOutcome:
        with self._turn:
            return self._outcomes.get(reference, ShippingUnknown("no such booking"))

    def cancel(self, reference: str, key: str) -> BookingGone | ShippingUnknown:
        _refuse_blank(key)
        with self._turn:
            self._outcomes[reference] = gone = BookingGone()
        return gone


def _refuse_blank(key: str) -> None:
    if not key.strip():
        raise ValueError("a blank key")
