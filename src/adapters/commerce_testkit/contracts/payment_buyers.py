"""What the contract of a payment gateway asks where buyers have to act, and where a payment is
decided later.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    Captured,
    Charge,
    ChargeOutcome,
    Declined,
    Handle,
    NeedsBuyer,
    PaymentGateway,
    PaymentInfo,
    Pending,
    Voided,
)
from commerce_testkit.memory.clock import SettableClock

_ORDER: Final = OrderId("order-acts")
_BUYER: Final = BuyerId("buyer-1")
_PRICE: Final = Money(36_598, "USD")
_KEY: Final = "acts:charge:1:1"


class BuyerActsExamination:
    """Give ``gateway`` and ``clock`` as for the whole contract, the payments that are named here,
    and what your gateway's buyers do.
    """

    #: A payment whose buyer has to act once it is to be charged.
    acts: PaymentInfo
    #: One whose buyer has to act before.
    acts_first: PaymentInfo
    #: One that is decided *decided_after* it was to be charged.
    later: PaymentInfo
    decided_after: timedelta

    @abstractmethod
    def approve(self, gateway: PaymentGateway, handle: Handle) -> Mapping[str, str]:
        """Act as the buyer who pays; what the browser brings back."""

    @abstractmethod
    def fail(self, gateway: PaymentGateway, handle: Handle) -> Mapping[str, str]:
        """Act as the buyer who does not; what the browser brings back."""

    @pytest.fixture
    def asked(self, gateway: PaymentGateway) -> Handle:
        handle = gateway.prepare(_ORDER, _BUYER, _PRICE, self.acts).handle
        assert isinstance(gateway.confirm(Charge(handle, _KEY)), NeedsBuyer)
        return handle

    def test_who_has_to_act_is_told_how_and_nothing_is_taken(
        self, gateway: PaymentGateway, asked: Handle
    ) -> None:
        for outcome in (gateway.fetch(asked), gateway.confirm(Charge(asked, _KEY))):
            assert isinstance(outcome, NeedsBuyer)
            assert outcome.action.url or outcome.action.data
            assert (outcome.action.url or "no secret") not in repr(outcome)
        assert gateway.books([_ORDER]) == []

    def test_who_has_acted_is_charged_once(self, gateway: PaymentGateway, asked: Handle) -> None:
        returned = self.approve(gateway, asked)
        first = self._carried_on(gateway, asked, returned)
        assert isinstance(first, Captured)
        assert first.amount == _PRICE
        again = gateway.confirm(Charge(asked, _KEY, returned=returned))
        assert [again, gateway.fetch(asked), gateway.cancel(asked)] == [first] * 3
        assert [entry.kind for entry in gateway.books([_ORDER])] == ["capture"]

    def test_who_has_failed_is_declined_and_fenced(
        self, gateway: PaymentGateway, asked: Handle
    ) -> None:
        returned = self.fail(gateway, asked)
        assert isinstance(self._carried_on(gateway, asked, returned), Declined)
        assert gateway.cancel(asked) == Voided()
        assert isinstance(gateway.confirm(Charge(asked, _KEY)), Declined | Voided)
        assert gateway.books([_ORDER]) == []

    def test_who_acts_after_the_fence_is_never_charged(
        self, gateway: PaymentGateway, asked: Handle
    ) -> None:
        assert gateway.cancel(asked) == Voided()
        late = gateway.confirm(Charge(asked, _KEY, returned=self.approve(gateway, asked)))
        assert [late, gateway.fetch(asked)] == [Voided(), Voided()]
        assert gateway.books([_ORDER]) == []

    def test_what_a_browser_brings_back_proves_nothing(
        self, gateway: PaymentGateway, asked: Handle
    ) -> None:
        made_up = {"paid": "yes", "status": "succeeded", "": "1"}
        outcome = gateway.confirm(Charge(asked, _KEY, returned=made_up))
        assert not isinstance(outcome, Captured)
        assert gateway.books([_ORDER]) == []

    def test_who_acts_first_is_not_charged_before(self, gateway: PaymentGateway) -> None:
        prepared = gateway.prepare(_ORDER, _BUYER, _PRICE, self.acts_first)
        assert prepared.action is not None
        again = gateway.prepare(_ORDER, _BUYER, _PRICE, self.acts_first)
        assert again.handle == prepared.handle
        outcomes = (gateway.fetch(again.handle), gateway.confirm(Charge(again.handle, _KEY)))
        assert all(isinstance(outcome, NeedsBuyer) for outcome in outcomes)
        assert gateway.books([_ORDER]) == []
        returned = self.approve(gateway, again.handle)
        charged = gateway.confirm(Charge(again.handle, _KEY, returned=returned))
        assert isinstance(charged, Captured)

    def test_what_is_decided_later_is_pending_until_then(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        handle = gateway.prepare(_ORDER, _BUYER, _PRICE, self.later).handle
        outcomes = (
            gateway.confirm(Charge(handle, _KEY)),
            gateway.fetch(handle),
            gateway.confirm(Charge(handle, _KEY)),
        )
        assert all(isinstance(outcome, Pending) for outcome in outcomes)
        assert isinstance(gateway.cancel(handle), Pending | Voided)
        clock.advance(self.decided_after)
        settled = gateway.fetch(handle)
        assert isinstance(settled, Captured | Voided)
        assert gateway.confirm(Charge(handle, _KEY)) == settled

    def _carried_on(
        self, gateway: PaymentGateway, handle: Handle, returned: Mapping[str, str]
    ) -> ChargeOutcome:
        """What a look shows, or else what comes of handing over what was brought back."""
        shown = gateway.fetch(handle)
        if isinstance(shown, Captured | Declined):
            return shown
        return gateway.confirm(Charge(handle, _KEY, returned=returned))
