"""What every payment gateway promises, and what the sandbox's cards do."""

from abc import abstractmethod
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import attrs
import pytest

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    BookEntry,
    Captured,
    CardNumber,
    Charge,
    Declined,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnknown,
    Refunded,
    Voided,
)
from commerce_testkit.contracts.payment_books import BooksExamination
from commerce_testkit.contracts.payment_buyers import BuyerActsExamination
from commerce_testkit.memory.clock import SettableClock

ONE, TWO, THREE = OrderId("order-1"), OrderId("order-2"), OrderId("order-3")
BUYER: Final = BuyerId("buyer-1")
PRICE: Final = Money(36_598, "USD")
MOMENT: Final = timedelta(microseconds=1)


def card(number: str, **fields: str | None) -> PaymentInfo:
    """A payment by card."""
    return PaymentInfo(payment_type="card", card_no=CardNumber.from_text(number), **fields)


class PaymentGatewayContract(BooksExamination):
    """Give ``gateway``, and two payments as your gateway's own tests take them: ``good``, which it
    approves, and ``declined``, which it refuses.
    """

    good: PaymentInfo
    declined: PaymentInfo

    @pytest.fixture
    def clock(self) -> SettableClock:
        """The clock of the gateway."""
        return SettableClock()

    @pytest.fixture
    @abstractmethod
    def gateway(self, clock: SettableClock) -> PaymentGateway:
        """A gateway with empty books."""

    @pytest.fixture
    def handle(self, gateway: PaymentGateway) -> Handle:
        return gateway.prepare(ONE, BUYER, PRICE, self.good).handle

    def test_its_keys_are_remembered_for_some_time(self, gateway: PaymentGateway) -> None:
        assert gateway.capabilities().repeatable_for > timedelta(0)

    def test_its_handles_name_the_account_that_it_is_configured_with(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        assert gateway.capabilities().account in ("", handle.account)

    def test_preparing_moves_no_money(self, gateway: PaymentGateway, handle: Handle) -> None:
        number = self.good.card_no
        assert number is None or handle.last4 == number.last4
        assert isinstance(gateway.fetch(handle), PaymentUnknown)
        assert gateway.books([ONE]) == []

    def test_preparing_an_order_again_gives_the_same_handle(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        assert gateway.prepare(ONE, BUYER, PRICE, self.good).handle == handle
        assert gateway.prepare(TWO, BUYER, PRICE, self.good).handle.reference != handle.reference

    def test_of_a_handle_that_is_not_in_the_books_nothing_is_known(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        stranger = attrs.evolve(handle, reference=f"{handle.reference}-other")
        assert isinstance(gateway.fetch(stranger), PaymentUnknown)
        assert isinstance(gateway.confirm(Charge(stranger, "9:charge:1:1")), PaymentUnknown)
        assert isinstance(gateway.cancel(stranger), PaymentUnknown)
        assert isinstance(gateway.refund(stranger, 1, PRICE, "9:refund:1:1"), PaymentUnknown)

    def test_a_charge_takes_the_money_once_whatever_the_key(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        first = gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert isinstance(first, Captured)
        assert first.amount == PRICE
        assert [
            gateway.confirm(Charge(handle, key)) for key in ("1:charge:1:1", "1:charge:1:2")
        ] == [
            first,
            first,
        ]
        assert gateway.fetch(handle) == first
        assert gateway.books([ONE, TWO]) == [
            BookEntry(order_id=ONE, ref=first.ref, kind="capture", amount=PRICE)
        ]

    def test_charges_side_by_side_take_the_money_once(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            keys = [Charge(handle, f"1:charge:1:{n}") for n in range(50)]
            charges = [pool.submit(gateway.confirm, charge) for charge in keys]
        answers = [charge.result() for charge in charges]
        assert {a.ref for a in answers if isinstance(a, Captured)} == {
            entry.ref for entry in gateway.books([ONE])
        }
        assert len(gateway.books([ONE])) == 1

    def test_a_decline_is_remembered(self, gateway: PaymentGateway) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, self.declined).handle
        first = gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert isinstance(first, Declined)
        assert first.code == "card-declined"
        assert [gateway.confirm(Charge(handle, "1:charge:1:1")), gateway.fetch(handle)] == [
            first,
            first,
        ]
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:2")), Declined | Voided)
        assert gateway.books([ONE]) == []

    def test_a_decline_is_no_fence_but_can_be_fenced(self, gateway: PaymentGateway) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, self.declined).handle
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Declined)
        assert [gateway.cancel(handle), gateway.cancel(handle)] == [Voided(), Voided()]
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:2")), Declined | Voided)
        assert gateway.books([ONE]) == []

    def test_after_the_fence_nothing_can_be_charged(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        assert [gateway.cancel(handle), gateway.cancel(handle)] == [Voided(), Voided()]
        assert [gateway.confirm(Charge(handle, "1:charge:1:1")), gateway.fetch(handle)] == [
            Voided(),
            Voided(),
        ]
        assert gateway.books([ONE]) == []

    def test_the_fence_tells_of_a_charge_that_was_before_it(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        captured = gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert [gateway.cancel(handle), gateway.fetch(handle)] == [captured, captured]

    def test_a_refund_counts_once_per_key(self, gateway: PaymentGateway, handle: Handle) -> None:
        gateway.confirm(Charge(handle, "1:charge:1:1"))
        first = gateway.refund(handle, 1, PRICE, "1:refund:1:1")
        assert isinstance(first, Refunded)
        assert first.amount == PRICE
        assert gateway.refund(handle, 1, PRICE, "1:refund:1:1") == first
        assert [(e.kind, e.amount) for e in gateway.books([ONE])] == [
            ("capture", PRICE),
            ("refund", PRICE),
        ]
        assert gateway.books([ONE])[1].ref == first.ref

    def test_each_refund_is_found_by_its_own_key(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        gateway.confirm(Charge(handle, "1:charge:1:1"))
        part, rest = Money(100, "USD"), Money(PRICE.minor - 100, "USD")
        assert isinstance(gateway.find_refund(handle, 1, part, "1:refund:1:1"), PaymentUnknown)
        first = gateway.refund(handle, 1, part, "1:refund:1:1")
        assert isinstance(gateway.find_refund(handle, 2, rest, "1:refund:2:1"), PaymentUnknown)
        second = gateway.refund(handle, 2, rest, "1:refund:2:1")
        assert gateway.find_refund(handle, 1, part, "1:refund:1:1") == first
        assert gateway.find_refund(handle, 2, rest, "1:refund:2:1") == second
        assert len(gateway.books([ONE])) == 3

    def test_no_more_is_given_back_than_was_taken(
        self, gateway: PaymentGateway, handle: Handle
    ) -> None:
        assert isinstance(gateway.refund(handle, 1, PRICE, "1:refund:1:1"), PaymentUnknown)
        gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert isinstance(
            gateway.refund(handle, 1, Money(PRICE.minor + 1, "USD"), "1:refund:1:1"), PaymentUnknown
        )
        assert isinstance(
            gateway.refund(handle, 1, Money(0, "USD"), "1:refund:1:1"), PaymentUnknown
        )
        assert isinstance(
            gateway.refund(handle, 1, Money(100, "EUR"), "1:refund:1:1"), PaymentUnknown
        )
        assert isinstance(
            gateway.refund(handle, 1, Money(PRICE.minor - 1, "USD"), "1:refund:1:1"), Refunded
        )
        assert isinstance(
            gateway.refund(handle, 2, Money(2, "USD"), "1:refund:2:1"), PaymentUnknown
        )
        assert isinstance(gateway.refund(handle, 2, Money(1, "USD"), "1:refund:2:1"), Refunded)
        assert (
            sum(e.amount.minor for e in gateway.books([ONE]) if e.kind == "refund") == PRICE.minor
        )

    def test_a_key_has_one_meaning(self, gateway: PaymentGateway, handle: Handle) -> None:
        other = gateway.prepare(TWO, BUYER, PRICE, self.good).handle
        gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert isinstance(gateway.confirm(Charge(other, "1:charge:1:1")), PaymentUnknown)
        assert isinstance(gateway.fetch(other), PaymentUnknown)
        gateway.confirm(Charge(other, "2:charge:1:1"))
        gateway.refund(handle, 1, Money(100, "USD"), "1:refund:1:1")
        assert isinstance(
            gateway.refund(handle, 2, Money(200, "USD"), "1:refund:1:1"), PaymentUnknown
        )
        assert isinstance(
            gateway.refund(other, 1, Money(100, "USD"), "1:refund:1:1"), PaymentUnknown
        )
        assert [(e.order_id, e.kind) for e in gateway.books([TWO])] == [(TWO, "capture")]

    @pytest.mark.parametrize("key", ["", "  "])
    def test_a_blank_key_is_refused(
        self, gateway: PaymentGateway, handle: Handle, key: str
    ) -> None:
        with pytest.raises(ValueError, match="blank"):
            gateway.confirm(Charge(handle, key))
        with pytest.raises(ValueError, match="blank"):
            gateway.refund(handle, 1, PRICE, key)
        assert isinstance(gateway.fetch(handle), PaymentUnknown)

    def test_unclaimed_handles_are_listed_oldest_first(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        handles: dict[OrderId, Handle] = {}
        for order_id in (THREE, TWO, ONE):
            handles[order_id] = gateway.prepare(order_id, BUYER, PRICE, self.good).handle
            clock.advance(timedelta(minutes=1))
        assert gateway.unclaimed(clock.now() - timedelta(minutes=1), 9) == [
            (THREE, handles[THREE]),
            (TWO, handles[TWO]),
        ]
        assert gateway.unclaimed(clock.now(), 1) == [(THREE, handles[THREE])]
        gateway.confirm(Charge(handles[ONE], "1:charge:1:1"))
        gateway.cancel(handles[TWO])
        assert gateway.unclaimed(clock.now(), 9) == [(THREE, handles[THREE])]

    def test_the_books_of_many_orders_are_read_in_one_go(self, gateway: PaymentGateway) -> None:
        order_ids = [OrderId(f"order-{n:04}") for n in range(1_200)]
        for n in (7, 1_199):
            gateway.confirm(
                Charge(
                    gateway.prepare(order_ids[n], BUYER, PRICE, self.good).handle, f"{n}:charge:1:1"
                )
            )
        assert [e.order_id for e in gateway.books(order_ids)] == [order_ids[7], order_ids[1_199]]
        assert gateway.books([]) == []


class SandboxContract(PaymentGatewayContract, BuyerActsExamination):
    """The endings that the sandbox's cards lead to."""

    good = card("4242424242424242", expiry="12/30", cvc="123")
    declined = card("4000000000000002")
    acts = card("4000000000003220")
    acts_first = PaymentInfo(payment_type="card", token="tok_wallet")
    later = card("4000000000000077")
    decided_after = timedelta(seconds=2)

    def approve(self, gateway: PaymentGateway, handle: Handle) -> Mapping[str, str]:
        return {"result": "approved"}

    def fail(self, gateway: PaymentGateway, handle: Handle) -> Mapping[str, str]:
        return {"result": "failed"}

    def test_funds_can_be_missing(self, gateway: PaymentGateway) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card("4000000000009995")).handle
        outcome = gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert isinstance(outcome, Declined)
        assert outcome.code == "insufficient-funds"

    @pytest.mark.parametrize(
        ("number", "brand"),
        [
            ("5555555555554444", "mastercard"),
            ("378282246310005", "amex"),
            ("6011111111111117", "discover"),
            ("1000000000000008", "card"),
        ],
    )
    def test_any_other_card_approves(
        self, gateway: PaymentGateway, number: str, brand: str
    ) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card(number)).handle
        assert (handle.gateway, handle.account, handle.brand, handle.last4) == (
            "sandbox",
            "sandbox",
            brand,
            number[-4:],
        )
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Captured)

    def test_a_lost_answer_is_found_by_a_repeat(self, gateway: PaymentGateway) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card("4000000000000119")).handle
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), PaymentUnknown)
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Captured)
        assert len(gateway.books([ONE])) == 1

    def test_a_lost_answer_is_found_by_a_look_up_and_by_the_void(
        self, gateway: PaymentGateway
    ) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card("4000000000000119")).handle
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), PaymentUnknown)
        assert isinstance(gateway.fetch(handle), Captured)
        assert isinstance(gateway.cancel(handle), Captured)

    def test_the_slow_card_approves_two_seconds_after_its_time_out(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card("4000000000000259")).handle
        clock.advance(timedelta(seconds=5))
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), PaymentUnknown)
        clock.advance(timedelta(seconds=2) - MOMENT)
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), PaymentUnknown)
        assert isinstance(gateway.fetch(handle), PaymentUnknown)
        assert gateway.books([ONE]) == []
        clock.advance(MOMENT)
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Captured)

    def test_the_slow_card_can_be_fenced_before_it_approves(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card("4000000000000259")).handle
        gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert gateway.cancel(handle) == Voided()
        clock.advance(timedelta(seconds=2))
        assert gateway.confirm(Charge(handle, "1:charge:1:1")) == Voided()

    def test_a_token_stands_for_a_card(self, gateway: PaymentGateway) -> None:
        good = gateway.prepare(
            ONE, BUYER, PRICE, PaymentInfo(payment_type="card", token="tok_visa")
        ).handle
        bad = gateway.prepare(
            TWO, BUYER, PRICE, PaymentInfo(payment_type="card", token="tok_declined")
        ).handle
        assert (good.brand, good.last4) == ("visa", "4242")
        assert isinstance(gateway.confirm(Charge(good, "1:charge:1:1")), Captured)
        assert isinstance(gateway.confirm(Charge(bad, "2:charge:1:1")), Declined)

    @pytest.mark.parametrize(
        ("payment", "pointers"),
        [
            (PaymentInfo(payment_type="card"), ["/paymentInfo/cardNo"]),
            (
                PaymentInfo(payment_type="cheque"),
                ["/paymentInfo/paymentType", "/paymentInfo/cardNo"],
            ),
            (PaymentInfo(payment_type="card", token="tok_nobody"), ["/paymentInfo/token"]),
            (card("4242424242424242", token="tok_visa"), ["/paymentInfo/token"]),
            (card("4242424242424242", expiry="12/25"), ["/paymentInfo/expiry"]),
        ],
    )
    def test_what_cannot_be_taken_is_named(
        self, gateway: PaymentGateway, payment: PaymentInfo, pointers: list[str]
    ) -> None:
        with pytest.raises(Invalid) as refused:
            gateway.prepare(ONE, BUYER, PRICE, payment)
        assert [p.pointer for p in refused.value.problems] == pointers

    def test_a_card_is_good_until_the_end_of_its_month(self, gateway: PaymentGateway) -> None:
        handle = gateway.prepare(ONE, BUYER, PRICE, card("4242424242424242", expiry="01/26")).handle
        assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Captured)
