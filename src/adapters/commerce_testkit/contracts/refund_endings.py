"""What the contract of a payment gateway asks where refunds are carried out later, refused, or come
back.
"""

from datetime import timedelta
from typing import Final

import pytest

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    Charge,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnknown,
    Refunded,
    RefundPending,
    RefundRefused,
)
from commerce_testkit.memory.clock import SettableClock

_ORDER: Final = OrderId("order-back")
_PRICE: Final = Money(1_000, "USD")
_KEY: Final = "back:refund:1:1"


class RefundEndingsExamination:
    """Give ``gateway`` and ``clock`` as for the whole contract, and the payments that are named
    here.
    """

    #: A payment whose refunds are carried out *refunded_after* they were asked for.
    refunded_later: PaymentInfo
    refunded_after: timedelta
    #: One whose refunds come back *returned_after* they were done.
    refund_returns: PaymentInfo
    returned_after: timedelta
    #: One whose refunds are refused.
    refund_refused: PaymentInfo

    def _paid(self, gateway: PaymentGateway, payment: PaymentInfo) -> Handle:
        handle = gateway.prepare(_ORDER, BuyerId("buyer-1"), _PRICE, payment).handle
        gateway.confirm(Charge(handle, "back:charge:1:1"))
        return handle

    def _refunds(self, gateway: PaymentGateway) -> list[int]:
        return [e.amount.minor for e in gateway.books([_ORDER]) if e.kind == "refund"]

    def test_a_refund_that_is_carried_out_later_is_pending_until_then(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        handle = self._paid(gateway, self.refunded_later)
        first = gateway.refund(handle, 1, _PRICE, _KEY)
        assert isinstance(first, RefundPending)
        assert gateway.refund(handle, 1, _PRICE, _KEY) == first
        assert gateway.find_refund(handle, 1, _PRICE, _KEY) == first
        assert isinstance(gateway.refund(handle, 2, _PRICE, "back:refund:2:1"), PaymentUnknown)
        assert self._refunds(gateway) == []
        clock.advance(self.refunded_after)
        done = gateway.find_refund(handle, 1, _PRICE, _KEY)
        assert done == Refunded(ref=first.ref, amount=_PRICE)
        assert self._refunds(gateway) == [1_000]

    def test_a_refund_that_comes_back_is_refused_from_then_on(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        handle = self._paid(gateway, self.refund_returns)
        done = gateway.refund(handle, 1, _PRICE, _KEY)
        assert isinstance(done, Refunded)
        assert self._refunds(gateway) == [1_000]
        clock.advance(self.returned_after)
        back = gateway.find_refund(handle, 1, _PRICE, _KEY)
        assert isinstance(back, RefundRefused)
        assert back.ref == done.ref
        assert gateway.refund(handle, 1, _PRICE, _KEY) == back
        assert self._refunds(gateway) == []
        assert isinstance(gateway.refund(handle, 1, _PRICE, "back:refund:1:2"), Refunded)

    def test_a_refund_that_is_refused_gives_nothing_back(self, gateway: PaymentGateway) -> None:
        handle = self._paid(gateway, self.refund_refused)
        for _ in range(2):
            assert isinstance(gateway.refund(handle, 1, _PRICE, _KEY), RefundRefused)
        assert self._refunds(gateway) == []

    @pytest.mark.parametrize("wrong", [Money(999, "USD"), Money(1_000, "EUR")])
    def test_a_refund_of_another_amount_is_not_found(
        self, gateway: PaymentGateway, wrong: Money
    ) -> None:
        handle = self._paid(gateway, self.refunded_later)
        gateway.refund(handle, 1, _PRICE, _KEY)
        assert isinstance(gateway.find_refund(handle, 1, wrong, _KEY), PaymentUnknown)
