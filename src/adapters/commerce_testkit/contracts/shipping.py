"""What every carrier promises."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import SkuId
from commerce_core.shipping import (
    Booked,
    BookingGone,
    CannotShip,
    Carrier,
    ParcelLine,
    ShippingUnknown,
)

LINES: Final = [
    ParcelLine(sku_id=SkuId("sku-a"), name="Lamp", quantity=2),
    ParcelLine(sku_id=SkuId("sku-b"), name="Bulb", quantity=4),
]


def address(country: str) -> Address:
    """Somebody's address in *country*."""
    return Address(
        name="Ada",
        line1="1 High Street",
        line2="Flat 2",
        city="Town",
        region="North",
        postal_code="12345",
        country=country,
    )


class CarrierContract:
    """Give ``carrier``, and two addresses: ``home``, where it delivers, and ``nowhere``, where it
    never does.
    """

    home: Address
    nowhere: Address

    @pytest.fixture
    @abstractmethod
    def carrier(self) -> Carrier:
        """A carrier without bookings."""

    def test_a_parcel_is_booked_once_per_reference(self, carrier: Carrier) -> None:
        first = carrier.book("order-1", "1:ship:1:1", self.home, LINES)
        assert isinstance(first, Booked)
        assert first.carrier
        assert first.tracking_number
        assert [
            carrier.book("order-1", key, self.home, LINES) for key in ("1:ship:1:1", "1:ship:1:2")
        ] == [first, first]
        assert carrier.find_by_reference("order-1") == first

    def test_every_parcel_has_its_own_tracking_number(self, carrier: Carrier) -> None:
        found = [carrier.book(f"order-{n}", f"{n}:ship:1:1", self.home, LINES) for n in range(50)]
        assert len({b.tracking_number for b in found if isinstance(b, Booked)}) == 50

    def test_bookings_side_by_side_are_one(self, carrier: Carrier) -> None:
        with ThreadPoolExecutor(8) as pool:
            bookings = [
                pool.submit(carrier.book, "order-1", f"1:ship:1:{n}", self.home, LINES)
                for n in range(40)
            ]
        assert {booking.result() for booking in bookings} == {carrier.find_by_reference("order-1")}

    def test_what_was_never_booked_is_not_known(self, carrier: Carrier) -> None:
        assert isinstance(carrier.find_by_reference("order-1"), ShippingUnknown)

    def test_a_refusal_is_for_good(self, carrier: Carrier) -> None:
        first = carrier.book("order-1", "1:ship:1:1", self.nowhere, LINES)
        assert isinstance(first, CannotShip)
        assert carrier.book("order-1", "1:ship:1:1", self.nowhere, LINES) == first
        assert carrier.find_by_reference("order-1") == first

    def test_a_cancelled_booking_is_gone_for_good(self, carrier: Carrier) -> None:
        carrier.book("order-1", "1:ship:1:1", self.home, LINES)
        assert [carrier.cancel("order-1", "1:unship:1:1") for _ in range(2)] == [
            BookingGone(),
            BookingGone(),
        ]
        assert carrier.find_by_reference("order-1") == BookingGone()
        assert carrier.book("order-1", "1:ship:1:1", self.home, LINES) == BookingGone()

    def test_cancelling_fences_a_booking_that_has_not_arrived_yet(self, carrier: Carrier) -> None:
        assert carrier.cancel("order-1", "1:unship:1:1") == BookingGone()
        assert carrier.book("order-1", "1:ship:1:1", self.home, LINES) == BookingGone()
        assert isinstance(carrier.book("order-2", "2:ship:1:1", self.home, LINES), Booked)

    def test_a_blank_key_is_refused(self, carrier: Carrier) -> None:
        with pytest.raises(ValueError, match="blank"):
            carrier.book("order-1", " ", self.home, LINES)
        with pytest.raises(ValueError, match="blank"):
            carrier.cancel("order-1", "")
        assert isinstance(carrier.find_by_reference("order-1"), ShippingUnknown)
