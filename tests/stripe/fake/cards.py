"""The documented test cards, as payment methods and as tokens: https://docs.stripe.com/testing."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str


@dataclass(frozen=True)
class Card:
    """A test card and what it does."""

    last4: str = "4242"
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    #: Whether the issuer wants 3-D Secure.
    challenge: bool = False
    #: "succeeds", "fails" (some time after it had succeeded) or "pending" (succeeds later).
    refund: str = "succeeds"
    #: The reason of a dispute that is opened as soon as the charge has succeeded.
    dispute: str | None = None
    #: An inquiry withdraws no money.
    inquiry: bool = False


def _declined(decline_code: str, message: str = "Your card was declined.") -> Decline:
    return Decline("card_declined", decline_code, message)


GENERIC = _declined("generic_decline")
_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.")
_EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
_PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)

_CARDS = {
    "visa": Card(),
    "visa_debit": Card("5556", funding="debit"),
    "mastercard": Card("4444", "mastercard"),
    "mastercard_debit": Card("8210", "mastercard", "debit"),
    "mastercard_prepaid": Card("5100", "mastercard", "prepaid"),
    "amex": Card("0005", "amex"),
    "discover": Card("1117", "discover"),
    "diners": Card("0004", "diners"),
    "jcb": Card("0505", "jcb", country="JP"),
    "unionpay": Card("0005", "unionpay", country="CN"),
    "de": Card("0006", country="DE"),
    "gb": Card("0000", country="GB"),
    "chargeDeclined": Card("0002", decline=GENERIC),
    "chargeCustomerFail": Card("0341", decline=GENERIC),
    "chargeDeclinedInsufficientFunds": Card("9995", decline=_FUNDS),
    "chargeDeclinedLostCard": Card("9987", decline=_declined("lost_card")),
    "chargeDeclinedStolenCard": Card("9979", decline=_declined("stolen_card")),
    "chargeDeclinedFraudulent": Card("0019", decline=_declined("fraudulent")),
    "chargeDeclinedVelocityLimitExceeded": Card(
        "6975", decline=_declined("card_velocity_exceeded")
    ),
    "chargeDeclinedExpiredCard": Card("0069", decline=_EXPIRED),
    "chargeDeclinedIncorrectCvc": Card("0127", decline=_CVC),
    "chargeDeclinedProcessingError": Card("0119", decline=_PROCESSING),
    "radarBlock": Card("0019", decline=_declined("fraudulent")),
    "threeDSecure2Required": Card("3220", challenge=True),
    "threeDSecureRequired": Card("3063", challenge=True),
    "threeDSecureOptional": Card("3055"),
    "threeDSecureRequiredChargeDeclined": Card("1629", challenge=True, decline=GENERIC),
    "threeDSecureRequiredProcessingError": Card("1280", challenge=True, decline=_PROCESSING),
    "authenticationRequired": Card("3184", challenge=True),
    "authenticationRequiredOnSetup": Card("3155", challenge=True),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "3178", challenge=True, decline=_FUNDS
    ),
    "refundFail": Card("5126", refund="fails"),
    "pendingRefund": Card("7726", refund="pending"),
    "createDispute": Card("0259", dispute="fraudulent"),
    "createDisputeProductNotReceived": Card("2685", dispute="product_not_received"),
    "createDisputeInquiry": Card("1976", dispute="fraudulent", inquiry=True),
    "bypassPending": Card("0077"),
}


def test_card(name: str) -> Card | None:
    """The card behind ``pm_card_…`` or ``tok_…``; None if it is not documented.

    Declines of Visa are documented with the brand and without.
    """
    for prefix in ("pm_card_", "tok_"):
        if name.startswith(prefix):
            bare = name.removeprefix(prefix)
            card = _CARDS.get(bare) or _CARDS.get(bare.removeprefix("visa_"))
            return replace(card) if card else None
    return None
