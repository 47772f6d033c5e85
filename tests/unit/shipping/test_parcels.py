"""What a carrier is asked, and where its answers end up."""

from collections.abc import Sequence

from commerce_core.kernel.address import Address
from commerce_core.orders import OrderStatus, Shipment
from commerce_core.shipping import (
    BookingGone,
    BookingOutcome,
    CannotShip,
    ParcelLine,
    ShippingUnknown,
)
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import address, fill, order, pay, register, see, sell


class AskedCarrier(MemoryCarrier):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str, Address | None, Sequence[ParcelLine]]] = []

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        self.calls.append((reference, key, address, lines))
        return super().book(reference, key, address, lines)


def test_a_parcel_is_booked_under_the_order_with_its_lines_and_its_address() -> None:
    carrier = AskedCarrier()
    shop = memory_shop(MemoryParts(carrier=carrier))
    ada, mug, cup = register(shop), sell(shop, name="Mug"), sell(shop, name="Cup")
    placed = pay(shop, ada, fill(shop, ada, (mug, 2), (cup, 1)), "15.00")
    shop.run_to_rest()
    reference, key, where, lines = carrier.calls[0]
    assert (reference, key, where) == (
        placed.key.order_id,
        f"{placed.key.order_id}:ship:1:1",
        address(),
    )
    assert [(x.name, x.quantity) for x in lines] == [("Mug", 2), ("Cup", 1)]
    assert see(shop, placed).shipment == Shipment(carrier="sandbox", tracking_number="TRACK-1")


def test_a_cancelled_order_has_its_booking_proved_absent(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop), country="AQ")
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert isinstance(shop.parts.carrier.find_by_reference(placed.key.order_id), BookingGone)


def test_where_nothing_was_asked_nothing_is_cancelled(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.run_to_rest()
    assert isinstance(shop.parts.carrier.find_by_reference(placed.key.order_id), ShippingUnknown)


def test_why_it_cannot_be_shipped_is_shown_to_the_buyer(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop), country="AQ")
    shop.run_to_rest()
    cancellation = see(shop, placed).cancellation
    assert cancellation is not None
    assert (cancellation.code, CannotShip(cancellation.detail)) == (
        "cannot-ship",
        CannotShip("nothing is delivered to Antarctica"),
    )
