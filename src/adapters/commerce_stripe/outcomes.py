"""What Stripe's answers mean."""

from typing import Any, Final

import stripe

from commerce_core.payment import (
    Action,
    ActionKind,
    Captured,
    ChargeOutcome,
    Declined,
    NeedsBuyer,
    PaymentUnknown,
    Pending,
    Voided,
)
from commerce_stripe.money import NotExact, from_stripe

#: What a buyer may be told. Of a card that was stolen, or looks like fraud, no more than that it
#: was declined: https://docs.stripe.com/declines/codes
_DECLINES: Final = {
    "authentication_required": ("authentication-required", "the bank wants to see the buyer"),
    "expired_card": ("expired-card", "the card has expired"),
    "incorrect_cvc": ("incorrect-code", "the card's code is wrong"),
    "incorrect_number": ("incorrect-number", "the card's number is wrong"),
    "insufficient_funds": ("insufficient-funds", "there are not enough funds on the card"),
    "invalid_cvc": ("incorrect-code", "the card's code is wrong"),
    "invalid_expiry_month": ("expired-card", "the card has expired"),
    "invalid_expiry_year": ("expired-card", "the card has expired"),
    "payment_intent_authentication_failure": (
        "authentication-failed",
        "the buyer was not confirmed by the bank",
    ),
}
_DECLINED: Final = ("card-declined", "the card was declined")


def outcome_of(intent: stripe.PaymentIntent) -> ChargeOutcome:
    """What became of a payment, from the state of its PaymentIntent.

    https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    match intent.status:
        case "succeeded":
            return _captured(intent)
        case "canceled":
            return Voided()
        case "processing":
            return Pending("the bank decides")
        case "requires_action":
            return NeedsBuyer(action=_action_of(intent))
        case "requires_payment_method" if (error := _of(intent, "last_payment_error")) is not None:
            return declined(_of(error, "decline_code") or _of(error, "code"))
        case status:
            return PaymentUnknown(f"the payment is in the state {status}")


def declined(code: str | None) -> Declined:
    """A decline with Stripe's decline code or error *code*."""
    name, detail = _DECLINES.get(code or "", _DECLINED)
    return Declined(code=name, detail=detail)


def _captured(intent: stripe.PaymentIntent) -> ChargeOutcome:
    charge = _of(intent, "latest_charge")
    ref = charge if isinstance(charge, str) else charge.id if charge is not None else intent.id
    received = _of(intent, "amount_received")
    if received is None:
        return PaymentUnknown("the amount that was captured is not told")
    try:
        return Captured(ref=ref, amount=from_stripe(received, intent.currency))
    except NotExact as error:
        return PaymentUnknown(str(error))


def _action_of(intent: stripe.PaymentIntent) -> Action:
    redirect = _of(_of(intent, "next_action"), "redirect_to_url")
    if redirect is not None and redirect.url:
        return Action(kind=ActionKind.REDIRECT, url=redirect.url)
    return Action(kind=ActionKind.SDK, data={"clientSecret": intent.client_secret or ""})


def _of(thing: object, name: str) -> Any:
    """A field that an answer may lack."""
    return getattr(thing, name, None)
