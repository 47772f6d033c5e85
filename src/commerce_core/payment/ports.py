"""The promise of a payment gateway."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment.model import (
    BookEntry,
    Capabilities,
    ChargeOutcome,
    Handle,
    PaymentInfo,
    RefundOutcome,
)

#: Names the gateway that takes a payment, of its type and the total. Pure: the same payment always
#: goes to the same gateway. It may raise ``Invalid`` for what is not taken at all.
Route: TypeAlias = Callable[[PaymentInfo, Money], str]


class PaymentGateway(Protocol):
    """Takes one call at a time, over a network. Never called while a transaction is open.

    A time-out, a lost connection and every unexpected answer are ``PaymentUnknown``, never a
    refusal.
    """

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do. No call to the outside."""

    @abstractmethod
    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Handle:
        """Create the one object that the order can be paid with. No money moves, and none can
        without :meth:`confirm`.

        Idempotent by order id.

        Raises:
            Invalid: the payment cannot be taken as it is given (pointers below ``/paymentInfo``).
            PaymentUnavailable: the gateway cannot be reached.
        """

    @abstractmethod
    def confirm(self, handle: Handle, key: str) -> ChargeOutcome:
        """Charge. The same *key* again gives the same answer; a handle is charged at most once
        whatever the key.

        Raises:
            ValueError: *key* is blank.
        """

    @abstractmethod
    def fetch(self, handle: Handle) -> ChargeOutcome:
        """Its state. Changes nothing; ``PaymentUnknown`` while the handle was neither charged,
        refused nor cancelled.
        """

    @abstractmethod
    def cancel(self, handle: Handle) -> ChargeOutcome:
        """The fence: after ``Voided`` it can never charge. ``Captured``: it was charged before.
        Idempotent.
        """

    @abstractmethod
    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        """Give *amount* back. The same *key* again gives the same answer; never more than was
        captured.

        Raises:
            ValueError: *key* is blank.
        """

    @abstractmethod
    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        """Handles prepared before *before* that were neither charged, refused nor cancelled, with
        the order each is for.
        """

    @abstractmethod
    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        """What the gateway's own books show for the orders. Changes nothing."""

    @abstractmethod
    def captures(self, after: BookEntry | None, limit: int) -> Sequence[BookEntry]:
        """Every capture in the books, each once, in an order of the books' own, behind *after*
        (``None``: from the first).

        Changes nothing. One that is booked meanwhile may be among them or not.
        """
