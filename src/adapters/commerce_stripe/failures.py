"""What Stripe's errors mean. Their messages stay here: they may repeat what was sent."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import stripe

from commerce_core.kernel.errors import Invalid
from commerce_core.payment import PaymentUnavailable, PaymentUnknown

_TOO_MANY: Final = 429
_AMOUNTS: Final = {
    "amount_too_small": "is below the least amount that can be paid by card",
    "amount_too_large": "is above the largest amount that can be paid by card",
}


def reason_of(error: stripe.StripeError) -> str:
    """What an operator reads of *error*."""
    status = f" {error.http_status}" if error.http_status else ""
    request = f", request {error.request_id}" if error.request_id else ""
    return f"Stripe answered {error.code or type(error).__name__}{status}{request}"


def unknown(error: stripe.StripeError) -> PaymentUnknown:
    """What is known of a call that *error* has ended: nothing, but how long Stripe wants to be left
    alone, where it says so (https://docs.stripe.com/rate-limits).
    """
    headers: Mapping[str, str] = error.headers or {}
    said = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    pause = timedelta(seconds=int(said)) if re.fullmatch("[0-9]{1,5}", said) else None
    limited = error.http_status == _TOO_MANY
    return PaymentUnknown(reason_of(error), pause if limited else None)


def asks_to_look(error: stripe.StripeError) -> bool:
    """Whether the payment may be in a state that the call does not go from: it tells more."""
    return isinstance(error, stripe.InvalidRequestError) and error.http_status == 400


def is_failing(error: stripe.StripeError) -> bool:
    """Whether Stripe itself failed, which it remembers under the key."""
    return (error.http_status or 0) >= 500


def not_prepared(error: stripe.StripeError) -> Invalid | PaymentUnavailable:
    """Why a payment could not be prepared."""
    code, param = error.code or "", str(getattr(error, "param", None) or "")
    if code in _AMOUNTS:
        return Invalid.at("/amount", _AMOUNTS[code])
    of_method = code == "resource_missing" or param.startswith(("payment_method", "card"))
    if isinstance(error, stripe.CardError) or (
        isinstance(error, stripe.InvalidRequestError) and of_method
    ):
        return Invalid.at("/paymentInfo/token", "is no payment method that can be charged")
    return PaymentUnavailable(reason_of(error))


@contextmanager
def unavailable() -> Generator[None]:
    """Let whatever goes wrong with Stripe meanwhile be a gateway that cannot be reached.

    Raises:
        PaymentUnavailable: in place of each of its errors.
    """
    try:
        yield
    except stripe.StripeError as error:
        raise PaymentUnavailable(reason_of(error)) from error
