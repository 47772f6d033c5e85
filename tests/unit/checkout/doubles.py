"""Parties that do what they are told, and processes that die."""

from collections.abc import Callable, Sequence

from commerce_core.kernel.address import Address
from commerce_core.kernel.money import Money
from commerce_core.payment import Charge, ChargeOutcome, Handle, PaymentUnknown, RefundOutcome
from commerce_core.shipping import BookingOutcome, ParcelLine, ShippingUnknown
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from commerce_testkit.memory.transaction import MemoryDatabase


class ScriptedGateway(MemoryGateway):
    """Notes every key, asserts that no transaction is open, and does what it is told before it
    charges or pays back.
    """

    def __init__(self, clock: SettableClock, database: MemoryDatabase) -> None:
        super().__init__(clock)
        self._writing = database.writing
        self.keys: list[str] = []
        self.before_confirm: Callable[[], None] = lambda: None
        self.refunds_fail = 0
        self.reply: ChargeOutcome | None = None

    def confirm(self, charge: Charge) -> ChargeOutcome:
        assert not self._writing.locked(), "a transaction is open"
        self.keys.append(charge.key)
        script, self.before_confirm = self.before_confirm, lambda: None
        script()
        return self.reply or super().confirm(charge)

    def cancel(self, handle: Handle) -> ChargeOutcome:
        assert not self._writing.locked(), "a transaction is open"
        return super().cancel(handle)

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        assert not self._writing.locked(), "a transaction is open"
        self.keys.append(key)
        if self.refunds_fail > 0:
            self.refunds_fail -= 1
            return PaymentUnknown("no answer in time")
        return super().refund(handle, refund_no, amount, key)


class BusyCarrier(MemoryCarrier):
    """Does not answer for some calls."""

    silent = 0
    keys: Sequence[str] = ()

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        self.keys = (*self.keys, key)
        if self.silent > 0:
            self.silent -= 1
            return ShippingUnknown("no answer")
        return super().book(reference, key, address, lines)


class Died(BaseException):
    """A process that is gone."""


def die() -> None:
    raise Died


def scripted(**parts: object) -> tuple[MemoryShop, ScriptedGateway]:
    made = MemoryParts(**parts)  # type: ignore[arg-type]
    gateway = ScriptedGateway(made.clock, made.database)
    object.__setattr__(made, "gateway", gateway)
    return memory_shop(made), gateway
