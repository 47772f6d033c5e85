"""Refusals of payments."""

from commerce_core.kernel.errors import NotFound, Rejected, Unavailable


class PaymentUnavailable(Unavailable):
    """The gateway cannot be reached; nothing was stored and nobody was charged."""

    code = "payment-unavailable"
    retry_after = 5


class NotAuthentic(Rejected):
    """It is not signed by the gateway, or not now: nothing of it was kept."""

    code = "not-authentic"


class NoSuchGateway(NotFound):
    """No gateway of this name tells the shop anything by itself."""

    code = "payment-gateway-unknown"


class NoticeNotFound(NotFound):
    """The gateway has sent no notice of this id."""

    code = "notice-not-found"
