"""A gateway, a carrier, a rule and numbers whose every call has a time limit, whatever they do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from commerce_core.checkout import (
    CheckoutRule,
    CheckoutUnavailable,
    OrderNumbers,
    ProposedOrder,
)
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page
from commerce_core.payment import (
    BookEntry,
    Capabilities,
    Charge,
    ChargeOutcome,
    Entry,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnavailable,
    Prepared,
    RefundOutcome,
    notices_of,
)
from commerce_core.shipping import BookingGone, BookingOutcome, Carrier, ParcelLine, ShippingUnknown
from commerce_local.deadline import Deadline, NoAnswer

#: Orders whose books one call reads: a gateway may look for each by itself.
_AT_ONCE: Final = 10


class TimedGateway(PaymentGateway):
    """*inner*, with every call in time: one that is not raises ``NoAnswer``, which leaves unknown
    what became of it. Its notices are read without a call.
    """

    def __init__(self, inner: PaymentGateway, deadline: Deadline) -> None:
        self.notices = notices_of(inner)
        self._inner = inner
        self._deadline = deadline

    def capabilities(self) -> Capabilities:
        return self._inner.capabilities()

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        try:
            return self._deadline.call(
                lambda: self._inner.prepare(order_id, buyer_id, amount, payment)
            )
        except NoAnswer as error:
            raise PaymentUnavailable(error.detail) from error

    def confirm(self, charge: Charge) -> ChargeOutcome:
        return self._deadline.call(lambda: self._inner.confirm(charge))

    def fetch(self, handle: Handle) -> ChargeOutcome:
        return self._deadline.call(lambda: self._inner.fetch(handle))

    def cancel(self, handle: Handle) -> ChargeOutcome:
        return self._deadline.call(lambda: self._inner.cancel(handle))

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        return self._deadline.call(lambda: self._inner.refund(handle, refund_no, amount, key))

    def find_refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        return self._deadline.call(lambda: self._inner.find_refund(handle, refund_no, amount, key))

    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        return self._deadline.call(lambda: self._inner.unclaimed(before, limit))

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        parts = [order_ids[at : at + _AT_ONCE] for at in range(0, len(order_ids), _AT_ONCE)]
        return [entry for part in parts for entry in self._books(part)]

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        return self._deadline.call(lambda: self._inner.entries(since, until, cursor))

    def _books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        return self._deadline.call(lambda: self._inner.books(order_ids))


class TimedCarrier(Carrier):
    """*inner*, with every call in time: one that is not raises ``NoAnswer``, which leaves unknown
    what became of it.
    """

    def __init__(self, inner: Carrier, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        return self._deadline.call(lambda: self._inner.book(reference, key, address, lines))

    def find_by_reference(self, reference: str) -> BookingOutcome:
        return self._deadline.call(lambda: self._inner.find_by_reference(reference))

    def cancel(self, reference: str, key: str) -> BookingGone | ShippingUnknown:
        return self._deadline.call(lambda: self._inner.cancel(reference, key))


class TimedRule(CheckoutRule):
    """*inner*, with every call in time."""

    def __init__(self, inner: CheckoutRule, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def check(self, order: ProposedOrder, /) -> None:
        try:
            self._deadline.call(lambda: self._inner.check(order))
        except NoAnswer as error:
            raise CheckoutUnavailable(error.detail) from error


class TimedNumbers(OrderNumbers):
    """*inner*, with every call in time. A number that comes too late stays unused."""

    def __init__(self, inner: OrderNumbers, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        return self._deadline.call(lambda: self._inner.numbers(orders))
