"""A gateway and a carrier by the documentation alone, examined by the contract suites that travel
with the library, and then used by a shop.
"""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.address import Address
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page
from commerce_core.payment import (
    BookEntry,
    Capabilities,
    Captured,
    Charge,
    Declined,
    Entry,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnknown,
    Prepared,
    Refunded,
    Voided,
)
from commerce_core.shipping import (
    Booked,
    BookingGone,
    CannotShip,
    Carrier,
    ParcelLine,
    ShippingUnknown,
)
from commerce_testkit.contracts.payment import PaymentGatewayContract
from commerce_testkit.contracts.shipping import CarrierContract
from commerce_testkit.memory.clock import SettableClock

T = TypeVar("T")


def checked(key: str) -> None:
    if not key.strip():
        raise ValueError("the key is blank")


class Voucher:
    """What one order is paid with."""

    def __init__(self, order_id: OrderId, amount: Money, handle: Handle, at: datetime) -> None:
        self.order_id, self.amount, self.handle, self.at = order_id, amount, handle, at
        self.is_good = handle.reference.startswith("good")
        self.outcome: Captured | Declined | Voided | None = None
        self.entries: list[BookEntry] = []

    @property
    def left(self) -> int:
        """What may still be given back."""
        sums = {"capture": 1, "refund": -1}
        return sum(sums[entry.kind] * entry.amount.minor for entry in self.entries)


class VoucherGateway(PaymentGateway):
    """Takes vouchers; the token of a good one begins so."""

    answers_at_once = True

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._vouchers: dict[str, Voucher] = {}
        self._answers: dict[str, tuple[object, object]] = {}
        self._booked_lines: list[Entry] = []

    def capabilities(self) -> Capabilities:
        return Capabilities(raw_cards=False, repeatable_for=timedelta(days=1))

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        with self._lock:
            for known in self._vouchers.values():
                if known.order_id == order_id:
                    return Prepared(handle=known.handle)
            reference = f"{payment.token}-{len(self._vouchers)}"
            handle = Handle(
                gateway="voucher", account="", reference=reference, brand="voucher", last4=""
            )
            self._vouchers[reference] = Voucher(order_id, amount, handle, self._clock.now())
            return Prepared(handle=handle)

    def confirm(self, charge: Charge) -> Captured | Declined | Voided | PaymentUnknown:
        handle = charge.handle

        def take(voucher: Voucher) -> Captured | Declined | Voided:
            if voucher.outcome is None and voucher.is_good:
                voucher.outcome = Captured(ref=f"c-{handle.reference}", amount=voucher.amount)
                self._booked(voucher, "capture", voucher.outcome)
            return voucher.outcome or self._declined(voucher)

        return self._once(charge.key, ("charge", handle.reference), handle, take)

    def fetch(self, handle: Handle) -> Captured | Declined | Voided | PaymentUnknown:
        voucher = self._vouchers.get(handle.reference)
        return (voucher and voucher.outcome) or PaymentUnknown("nothing was decided yet")

    def cancel(self, handle: Handle) -> Captured | Declined | Voided | PaymentUnknown:
        with self._lock:
            voucher = self._vouchers.get(handle.reference)
            if voucher is None:
                return PaymentUnknown("there is no such voucher")
            if voucher.outcome is None or isinstance(voucher.outcome, Declined):
                voucher.outcome = Voided()
            return voucher.outcome

    def refund(
        self, handle: Handle, refund_no: int, amount: Money, key: str
    ) -> Refunded | PaymentUnknown:
        def give_back(voucher: Voucher) -> Refunded | PaymentUnknown:
            is_possible = amount.currency == voucher.amount.currency and amount.minor > 0
            if not is_possible or amount.minor > voucher.left:
                return PaymentUnknown("it cannot be given back")
            refunded = Refunded(ref=f"r{refund_no}-{handle.reference}", amount=amount)
            self._booked(voucher, "refund", refunded)
            return refunded

        return self._once(key, ("refund", handle.reference, refund_no, amount), handle, give_back)

    def find_refund(
        self, handle: Handle, refund_no: int, amount: Money, key: str
    ) -> Refunded | PaymentUnknown:
        meaning, told = self._answers.get(key, (None, None))
        if meaning == ("refund", handle.reference, refund_no, amount):
            assert isinstance(told, Refunded)
            return told
        return PaymentUnknown("there is no such refund")

    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        waiting = [v for v in self._vouchers.values() if v.outcome is None and v.at < before]
        return [(v.order_id, v.handle) for v in sorted(waiting, key=lambda v: v.at)][:limit]

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        by_order = {v.order_id: v.entries for v in self._vouchers.values()}
        return [entry for order_id in order_ids for entry in by_order.get(order_id, [])]

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        return Page([entry for entry in self._booked_lines if since <= entry.at < until])

    def _once(
        self, key: str, meaning: object, handle: Handle, act: Callable[[Voucher], T]
    ) -> T | PaymentUnknown:
        checked(key)
        with self._lock:
            voucher = self._vouchers.get(handle.reference)
            if voucher is None:
                return PaymentUnknown("there is no such voucher")
            if key not in self._answers:
                answer = act(voucher)
                if isinstance(answer, PaymentUnknown):
                    return answer
                self._answers[key] = meaning, answer
            known, told = self._answers[key]
            return (
                told if known == meaning else PaymentUnknown("the key was used for something else")
            )

    @staticmethod
    def _declined(voucher: Voucher) -> Declined:
        voucher.outcome = Declined(code="card-declined", detail="This voucher is spent.")
        return voucher.outcome

    def _booked(self, voucher: Voucher, kind: str, outcome: Captured | Refunded) -> None:
        line = {
            "order_id": voucher.order_id, "ref": outcome.ref, "kind": kind,
            "amount": outcome.amount,
        }  # fmt: skip
        voucher.entries.append(BookEntry(**line))
        at, reference = self._clock.now(), voucher.handle.reference
        self._booked_lines.append(Entry(**line, reference=reference, at=at))


class BikeCarrier(Carrier):
    """Rides within one country."""

    answers_at_once = True

    def __init__(self) -> None:
        self._lock = Lock()
        self._parcels: dict[str, Booked | CannotShip | BookingGone] = {}

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> Booked | CannotShip | BookingGone | ShippingUnknown:
        checked(key)
        with self._lock:
            if address is not None and address.country != "NL":
                answer: Booked | CannotShip = CannotShip("We ride in the Netherlands.")
            else:
                answer = Booked(carrier="bike", tracking_number=f"B{len(self._parcels)}")
            return self._parcels.setdefault(reference, answer)

    def find_by_reference(
        self, reference: str
    ) -> Booked | CannotShip | BookingGone | ShippingUnknown:
        return self._parcels.get(reference, ShippingUnknown("nobody asked"))

    def cancel(self, reference: str, key: str) -> BookingGone | ShippingUnknown:
        checked(key)
        with self._lock:
            gone = self._parcels[reference] = BookingGone()
            return gone


def voucher(token: str) -> PaymentInfo:
    return PaymentInfo(payment_type="voucher", token=token)


def at(country: str) -> Address:
    return Address(name="Ada", line1="1 Main Street", city="Town", country=country)


class TestVoucherGateway(PaymentGatewayContract):
    good, declined = voucher("good"), voucher("spent")

    @pytest.fixture
    def gateway(self, clock: SettableClock) -> PaymentGateway:
        return VoucherGateway(clock)


class TestBikeCarrier(CarrierContract):
    home, nowhere = at("NL"), at("US")

    @pytest.fixture
    def carrier(self) -> Carrier:
        return BikeCarrier()


def sell() -> None:
    gateways = {"voucher": VoucherGateway(SettableClock())}
    own = partial(Parts, gateways=gateways, carriers={"bike": BikeCarrier()})
    with build_shop(Settings.in_folder(Path("var-adapter").absolute()), parts=own) as shop:
        seller, buyer = (
            shop.accounts.register(
                Register(email=f"{r}@example.org", password="correct horse", name=r, role=r)
            )
            for r in ("seller", "buyer")
        )
        tea = shop.items.onboard(
            SellerId(seller.id), NewItem(name="Tea", price=Money.parse("4", "USD"), quantity=9)
        )
        me = Shopper(buyer_id=BuyerId(buyer.id))
        change = SetQuantity(item_id=tea.item.id, quantity=1)
        cart = shop.carts.change(CartChange(shopper=me, quantities=(change,)))
        order = PlaceOrder(
            cart_id=cart.cart.id, amount=cart.quote.total, payment_info=voucher("good"),
            shipping_address=at("NL")
        )  # fmt: skip
        placed = shop.checkout.place(buyer, order)
        while shop.runner.run_once(10):
            pass
        view = shop.orders.details(me.buyer_id, placed.key.order_id)
        assert view.status.value == "COMPLETED", view
        assert view.shipment is not None
        assert view.shipment.carrier == "bike"
        assert shop.checker.check().clean


if __name__ == "__main__":
    # No settings of a project that happens to lie around this file.
    ended = pytest.main(["-q", "-p", "no:cacheprovider", "-c", os.devnull, __file__])
    assert ended == 0, ended
    sell()
    sys.exit(0)
