"""The promise of a carrier."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from commerce_core.kernel.address import Address
from commerce_core.shipping.model import BookingGone, BookingOutcome, ParcelLine, ShippingUnknown


class Carrier(Protocol):
    """Takes one call at a time, over a network. Never called while a transaction is open.

    A time-out, a lost connection and every unexpected answer are ``ShippingUnknown``, never a
    refusal.
    """

    @abstractmethod
    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        """Book a parcel under our *reference*. The same *key* again gives the same answer; one
        booking per reference, whatever the key. A refusal is final, and a reference that was
        cancelled stays ``BookingGone``.

        Raises:
            ValueError: *key* is blank.
        """

    @abstractmethod
    def find_by_reference(self, reference: str) -> BookingOutcome:
        """The state of *reference*. Changes nothing; ``ShippingUnknown`` before it was booked."""

    @abstractmethod
    def cancel(self, reference: str, key: str) -> BookingGone | ShippingUnknown:
        """Cancel the booking, and fence one that has not arrived yet. Idempotent.

        Raises:
            ValueError: *key* is blank.
        """
