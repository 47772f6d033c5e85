"""The objects of Stripe's fake have the fields that the official library declares."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.stripe.fake_server import StripeFake

PAID = {"amount": 700, "currency": "eur", "payment_method_types": ["card"], "confirm": True}


pytestmark = pytest.mark.skipif(
    stripe.VERSION.startswith("16.0."), reason="declares an API version before that of the fake"
)


def fields(declared: Any) -> tuple[set[str], set[str]]:
    """Every field of a class of the library, and those that are always there."""
    hints = {name: str(hint) for name, hint in declared.__annotations__.items()}
    always = {n for n, hint in hints.items() if "Optional" not in hint and "ClassVar" not in hint}
    return set(hints), always


def answered(client: Any) -> Iterator[tuple[Any, Any]]:
    """One object of each kind with its class."""
    pay = client.v1.payment_intents.create
    expand = ["latest_charge", "payment_method"]
    intent = pay({**PAID, "payment_method": "pm_card_visa", "expand": expand})
    yield intent, stripe.PaymentIntent
    yield intent.latest_charge, stripe.Charge
    yield intent.latest_charge.outcome, stripe.Charge.Outcome
    card = stripe.Charge.PaymentMethodDetails.Card
    yield intent.latest_charge.payment_method_details.card, card
    yield intent.payment_method, stripe.PaymentMethod
    yield intent.payment_method.card, stripe.PaymentMethod.Card
    yield client.v1.refunds.create({"payment_intent": intent.id}), stripe.Refund
    pay({**PAID, "payment_method": "pm_card_createDispute"})
    dispute = client.v1.disputes.list().data[0]
    yield dispute, stripe.Dispute
    yield dispute.evidence, stripe.Dispute.Evidence
    yield dispute.evidence_details, stripe.Dispute.EvidenceDetails
    yield dispute.payment_method_details.card, stripe.Dispute.PaymentMethodDetails.Card
    yield client.v1.balance_transactions.list().data[0], stripe.BalanceTransaction
    yield client.v1.events.list().data[0], stripe.Event
    yield client.v1.accounts.retrieve_current(), stripe.Account
    yield client.v1.balance.retrieve(), stripe.Balance


def test_objects_are_as_the_official_library_declares_them(fake: StripeFake, client: Any) -> None:
    for row, declared in answered(client):
        known, always = fields(declared)
        given = set(row.to_dict())
        assert given <= known, declared.__name__
        assert always <= given, declared.__name__


def test_a_declined_charge_and_a_waiting_intent_have_them_too(
    fake: StripeFake, client: Any
) -> None:
    intent = client.v1.payment_intents.create(
        {**PAID, "payment_method": "pm_card_threeDSecure2Required", "return_url": "https://a.b/c"}
    )
    known, _ = fields(stripe.PaymentIntent.NextAction)
    assert set(intent.next_action.to_dict()) <= known
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create({**PAID, "payment_method": "pm_card_chargeDeclined"})
    known, _ = fields(stripe.ErrorObject)
    assert set(declined.value.error.to_dict()) <= known
    error = declined.value.error.payment_intent.last_payment_error
    known, _ = fields(stripe.PaymentIntent.LastPaymentError)
    assert set(error.to_dict()) <= known
