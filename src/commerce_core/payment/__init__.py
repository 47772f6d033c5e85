"""Payment: how a buyer pays, and the promise of a gateway."""

from commerce_core.payment.errors import PaymentUnavailable
from commerce_core.payment.model import (
    BookEntry,
    Capabilities,
    Captured,
    CardNumber,
    ChargeOutcome,
    Declined,
    Handle,
    PaymentInfo,
    PaymentUnknown,
    Refunded,
    RefundOutcome,
    Voided,
)
from commerce_core.payment.ports import PaymentGateway, Route

__all__ = [
    "BookEntry",
    "Capabilities",
    "Captured",
    "CardNumber",
    "ChargeOutcome",
    "Declined",
    "Handle",
    "PaymentGateway",
    "PaymentInfo",
    "PaymentUnavailable",
    "PaymentUnknown",
    "RefundOutcome",
    "Refunded",
    "Route",
    "Voided",
]
