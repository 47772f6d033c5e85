"""The adapter, examined by programs that know Stripe and not the adapter."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stripe

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    ActionKind,
    Charge,
    Declined,
    Handle,
    NeedsBuyer,
    PaymentGateway,
    PaymentInfo,
    PaymentUnknown,
    Voided,
)
from commerce_core.plugins import PAYMENT_GATEWAYS, PluginContext, load
from commerce_stripe.gateway import StripeAccount, StripeGateway
from commerce_testkit.memory.clock import SettableClock
from tests.stripe.programs import localstripe, stripe_mock

ORDER, BUYER = OrderId("order-1"), BuyerId("buyer-1")
PRICE = Money(10_99, "USD")


def at(address: str, monkeypatch: pytest.MonkeyPatch) -> PaymentGateway:
    """The adapter as settings open it, with *address* in place of Stripe's."""
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_12345")
    url = f"stripe://acct_1/?api={address}&return_url=https://shop.example.com/paid"
    context = PluginContext(currency="USD", clock=SettableClock())
    opened: PaymentGateway = load(PAYMENT_GATEWAYS, url)(url, context)
    return opened


@pytest.fixture
def client(tmp_path: Path) -> Iterator[stripe.StripeClient]:
    with localstripe(tmp_path) as address:
        yield stripe.StripeClient("sk_test_12345", base_addresses={"api": address})


@pytest.fixture
def gateway(client: stripe.StripeClient) -> PaymentGateway:
    """Without a way back, which localstripe does not know: buyers act in Stripe's script."""
    return StripeGateway(client, StripeAccount(name="acct_1/test"), SettableClock())


def prepared(client: stripe.StripeClient, gateway: PaymentGateway, number: str) -> Handle:
    """A payment with a card of localstripe's."""
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})
    payment = PaymentInfo(payment_type="card", token=method.id)
    return gateway.prepare(ORDER, BUYER, PRICE, payment).handle


def test_stripe_s_own_check_of_requests_takes_every_call(tmp_path: Path) -> None:
    with stripe_mock(tmp_path) as address:
        client = stripe.StripeClient("sk_test_12345", base_addresses={"api": address})
        account = StripeAccount(name="acct_1/test", return_url="https://shop.example.com/back")
        opened = StripeGateway(client, account, SettableClock())
        for token in ("pm_card_visa", "tok_visa"):
            payment = PaymentInfo(payment_type="card", token=token)
            handle = opened.prepare(ORDER, BUYER, PRICE, payment).handle
            # It answers every call with one and the same payment: one that was declined.
            charged = opened.confirm(Charge(handle, "1"))
            outcomes = [charged, opened.fetch(handle), opened.cancel(handle)]
            assert {type(outcome) for outcome in outcomes} == {Declined}
            assert isinstance(opened.refund(handle, 1, PRICE, "2"), PaymentUnknown)
        assert opened.entries(datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC), None).items == []
        assert opened.books([ORDER]) == []
        opened.unclaimed(datetime(2026, 1, 1, tzinfo=UTC), 5)


def test_a_key_of_another_account_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stripe_mock(tmp_path) as address, pytest.raises(ValueError, match="belongs to"):
        at(address, monkeypatch)


def test_a_handle_names_the_card_and_the_mode_of_the_account(
    client: stripe.StripeClient, gateway: PaymentGateway
) -> None:
    handle = prepared(client, gateway, "4242424242424242")
    assert (handle.gateway, handle.account) == ("stripe", "acct_1/test")
    assert (handle.brand, handle.last4) == ("visa", "4242")
    assert isinstance(gateway.fetch(handle), PaymentUnknown)


def test_a_decline_is_told_without_its_reason_where_it_could_be_fraud(
    client: stripe.StripeClient, gateway: PaymentGateway
) -> None:
    handle = prepared(client, gateway, "4000000000000341")
    declined = gateway.confirm(Charge(handle, "1"))
    assert declined == Declined(code="card-declined", detail="the card was declined")
    assert gateway.fetch(handle) == declined


def test_a_buyer_who_must_act_is_given_what_stripe_s_script_needs(
    client: stripe.StripeClient, gateway: PaymentGateway
) -> None:
    handle = prepared(client, gateway, "4000002760003184")
    outcome = gateway.confirm(Charge(handle, "1"))
    assert isinstance(outcome, NeedsBuyer)
    assert outcome.action.kind is ActionKind.SDK
    secret = outcome.action.data["clientSecret"]
    assert secret.startswith(f"{handle.reference}_secret_")
    assert secret not in repr(outcome)
    assert isinstance(gateway.fetch(handle), NeedsBuyer)
    assert gateway.cancel(handle) == Voided()
    assert gateway.confirm(Charge(handle, "2")) == Voided()
