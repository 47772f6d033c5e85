"""The adapter keeps the promises of a payment gateway at Stripe's fake, whatever fails there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    ActionKind,
    Captured,
    Charge,
    Declined,
    NeedsBuyer,
    PaymentGateway,
    PaymentInfo,
    PaymentUnavailable,
    PaymentUnknown,
    Refunded,
    Voided,
)
from commerce_core.plugins import PAYMENT_GATEWAYS, PluginContext, load
from commerce_testkit.contracts.payment import BUYER, ONE, PRICE, TWO, PaymentGatewayContract
from commerce_testkit.memory.clock import SettableClock
from tests.stripe.fake_server import StripeFake, stripe_fake

BACK = "https://shop.example.com/back"


def by(token: str) -> PaymentInfo:
    """A payment by a token of Stripe's test cards."""
    return PaymentInfo(payment_type="card", token=token)


class ClockOfBoth(SettableClock):
    """The shop's clock and Stripe's: they go together."""

    def __init__(self, fake: StripeFake) -> None:
        super().__init__(datetime(2099, 1, 1, tzinfo=UTC))  # Stripe's does not go backwards
        self._fake = fake
        fake.order("clock", freeze=self.at.timestamp())

    def advance(self, by: timedelta) -> None:
        super().advance(by)
        self._fake.order("clock", advance=by.total_seconds())


@pytest.fixture
def fake() -> Iterator[StripeFake]:
    with stripe_fake() as running:
        yield running


class TestStripeGateway(PaymentGatewayContract):
    good = by("pm_card_visa")
    declined = by("pm_card_chargeDeclined")

    @pytest.fixture
    def clock(self, fake: StripeFake) -> SettableClock:
        return ClockOfBoth(fake)

    @pytest.fixture
    def gateway(
        self, fake: StripeFake, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
    ) -> PaymentGateway:
        return opened(fake, clock, monkeypatch)


@pytest.fixture
def clock(fake: StripeFake) -> SettableClock:
    return ClockOfBoth(fake)


@pytest.fixture
def gateway(
    fake: StripeFake, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> PaymentGateway:
    return opened(fake, clock, monkeypatch)


def opened(
    fake: StripeFake, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> PaymentGateway:
    """The adapter, as its address opens it."""
    monkeypatch.setenv("STRIPE_SECRET_KEY", fake.key)
    url = f"stripe://{fake.account}?api={fake.url}&return_url={BACK}"
    context = PluginContext(currency="USD", clock=clock, call_timeout=timedelta(seconds=2))
    gateway: PaymentGateway = load(PAYMENT_GATEWAYS, url)(url, context)
    return gateway


#: Faults after which the money was taken, and those after which it was not.
DONE = ["error_after", "lost_after"]
NOT_DONE = ["rate_limited", "lock_timeout", "lock_timeout_409", "conflict", "unavailable"]


@pytest.mark.parametrize("fault", DONE)
def test_a_charge_whose_answer_is_lost_is_found_and_never_made_again(
    fake: StripeFake, gateway: PaymentGateway, fault: str
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    fake.order("next", kind=fault, match="confirm", times=1)
    answers = [gateway.confirm(Charge(handle, "1:charge:1:1")) for _ in range(3)]
    assert isinstance(answers[-1], Captured)
    assert len(gateway.books([ONE])) == 1


@pytest.mark.parametrize("fault", [*NOT_DONE, "lost_before", "error_before"])
def test_a_charge_that_failed_before_it_began_goes_on_under_the_same_key(
    fake: StripeFake, gateway: PaymentGateway, clock: SettableClock, fault: str
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    fake.order("next", kind=fault, match="confirm", times=1)
    first = gateway.confirm(Charge(handle, "1:charge:1:1"))
    # What Stripe stored of its own failure is got over at once.
    assert isinstance(
        first, Captured if fault in {"error_before", "unavailable"} else PaymentUnknown
    )
    clock.advance(timedelta(seconds=1))
    assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Captured)
    assert len(gateway.books([ONE])) == 1


def test_stripe_is_left_alone_for_as_long_as_it_asks_for(
    fake: StripeFake, gateway: PaymentGateway
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    fake.order("faults", rates={}, retry_after=7)
    for kind, wanted in (("rate_limited", timedelta(seconds=7)), ("lock_timeout", None)):
        fake.order("next", kind=kind, times=1)
        answer = gateway.confirm(Charge(handle, "1:charge:1:1"))
        assert isinstance(answer, PaymentUnknown)
        assert answer.retry_after == wanted


def test_a_charge_that_comes_later_than_its_time_limit_is_unknown_until_it_is_there(
    fake: StripeFake, gateway: PaymentGateway
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    fake.order("faults", late_seconds=3.0)
    fake.order("next", kind="late", match="confirm", times=1)
    assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), PaymentUnknown)
    assert isinstance(gateway.fetch(handle), Captured)


def test_a_payment_that_is_not_found_at_first_is_unknown(
    fake: StripeFake, gateway: PaymentGateway
) -> None:
    fake.order("faults", hidden_seconds=60.0)
    fake.order("next", kind="not_found", match="payment_intents$", times=1)
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    for outcome in (
        gateway.fetch(handle),
        gateway.confirm(Charge(handle, "1")),
        gateway.cancel(handle),
    ):
        assert isinstance(outcome, PaymentUnknown)


@pytest.mark.parametrize("kind", ["refuse", "503"])
def test_while_stripe_is_away_nothing_is_prepared_and_nothing_is_known(
    fake: StripeFake, gateway: PaymentGateway, kind: str
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    fake.order("outage", kind=kind)
    with pytest.raises(PaymentUnavailable):
        gateway.prepare(TWO, BUYER, PRICE, by("pm_card_visa"))
    for read in (
        lambda: gateway.books([ONE]),
        lambda: gateway.entries(datetime(2020, 1, 1, tzinfo=UTC), SettableClock().now(), None),
        lambda: gateway.unclaimed(SettableClock().now(), 5),
    ):
        with pytest.raises(PaymentUnavailable):
            read()
    for outcome in (
        gateway.confirm(Charge(handle, "1")),
        gateway.fetch(handle),
        gateway.cancel(handle),
        gateway.refund(handle, 1, PRICE, "2"),
    ):
        assert isinstance(outcome, PaymentUnknown)
    fake.order("outage", kind=None)
    assert isinstance(gateway.confirm(Charge(handle, "1")), Captured)


def test_a_buyer_is_sent_to_the_bank_and_the_payment_goes_on_after_it(
    fake: StripeFake, gateway: PaymentGateway
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_threeDSecure2Required")).handle
    outcome = gateway.confirm(Charge(handle, "1:charge:1:1"))
    assert isinstance(outcome, NeedsBuyer)
    assert outcome.action.kind is ActionKind.REDIRECT
    assert outcome.action.url is not None
    assert outcome.action.url not in repr(outcome)
    fake.order(f"payments/{handle.reference}/challenge", outcome="complete")
    assert isinstance(gateway.fetch(handle), Captured)


def test_a_buyer_whom_the_bank_does_not_confirm_is_declined(
    fake: StripeFake, gateway: PaymentGateway
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_threeDSecure2Required")).handle
    gateway.confirm(Charge(handle, "1:charge:1:1"))
    fake.order(f"payments/{handle.reference}/challenge", outcome="fail")
    declined = gateway.fetch(handle)
    assert isinstance(declined, Declined)
    assert declined.code == "authentication-failed"
    assert gateway.cancel(handle) == Voided()


def test_a_buyer_who_never_comes_back_is_fenced(fake: StripeFake, gateway: PaymentGateway) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_threeDSecure2Required")).handle
    gateway.confirm(Charge(handle, "1:charge:1:1"))
    assert gateway.cancel(handle) == Voided()
    with pytest.raises(ValueError, match=r"challenge|state"):
        fake.order(f"payments/{handle.reference}/challenge", outcome="complete")
    assert gateway.fetch(handle) == Voided()


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient-funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired-card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect-code"),
        ("pm_card_chargeDeclinedProcessingError", "card-declined"),
    ],
)
def test_a_decline_says_what_a_buyer_can_do(gateway: PaymentGateway, token: str, code: str) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by(token)).handle
    outcome = gateway.confirm(Charge(handle, "1:charge:1:1"))
    assert isinstance(outcome, Declined)
    assert (outcome.code, gateway.fetch(handle)) == (code, outcome)


@pytest.mark.parametrize(
    ("payment", "amount", "pointer"),
    [
        (by("pm_card_visa"), Money(1, "USD"), "/amount"),
        (by("pm_card_visa"), Money(5_123, "KWD"), "/amount"),
        (by("pm_unknown"), PRICE, "/paymentInfo/token"),
        (by("tok_unknown"), PRICE, "/paymentInfo/token"),
        (PaymentInfo(payment_type="card"), PRICE, "/paymentInfo/token"),
        (PaymentInfo(payment_type="sepa", token="pm_x"), PRICE, "/paymentInfo/paymentType"),
    ],
)
def test_what_cannot_be_paid_is_named(
    gateway: PaymentGateway, payment: PaymentInfo, amount: Money, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        gateway.prepare(ONE, BUYER, amount, payment)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_a_token_of_the_browser_pays_as_well(gateway: PaymentGateway) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("tok_mastercard")).handle
    assert handle.brand == "mastercard"
    assert isinstance(gateway.confirm(Charge(handle, "1:charge:1:1")), Captured)


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE, "lost_before"])
def test_a_refund_is_made_once_whatever_happens_to_its_answer(
    fake: StripeFake, gateway: PaymentGateway, fault: str
) -> None:
    handle = gateway.prepare(ONE, BUYER, PRICE, by("pm_card_visa")).handle
    gateway.confirm(Charge(handle, "1:charge:1:1"))
    fake.order("next", kind=fault, match="POST .*refunds", times=1)
    assert isinstance(gateway.refund(handle, 1, PRICE, "1:refund:1:1"), PaymentUnknown)
    assert isinstance(gateway.refund(handle, 1, PRICE, "1:refund:1:1"), Refunded)
    assert [entry.kind for entry in gateway.books([ONE])] == ["capture", "refund"]


@pytest.mark.parametrize("currency", ["JPY", "ISK", "UGX", "KWD", "MGA", "HUF"])
def test_every_kind_of_unit_comes_back_as_it_went(gateway: PaymentGateway, currency: str) -> None:
    price = Money(500_000, currency)
    handle = gateway.prepare(ONE, BUYER, price, by("pm_card_visa")).handle
    captured = gateway.confirm(Charge(handle, "1:charge:1:1"))
    assert isinstance(captured, Captured)
    assert captured.amount == price
    assert gateway.refund(handle, 1, price, "1:refund:1:1") == attrs.evolve(
        Refunded(ref="", amount=price), ref=gateway.books([ONE])[1].ref
    )
