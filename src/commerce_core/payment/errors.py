"""Refusals of payments."""

from commerce_core.kernel.errors import Unavailable


class PaymentUnavailable(Unavailable):
    """The gateway cannot be reached; nothing was stored and nobody was charged."""

    code = "payment-unavailable"
    retry_after = 5
