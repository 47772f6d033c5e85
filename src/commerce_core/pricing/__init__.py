"""Pricing: what a cart costs."""

from commerce_core.pricing.model import Adjustment, Charged, PricedLine, Quote, RefusedCoupon
from commerce_core.pricing.ports import Charges, CouponCharges
from commerce_core.pricing.service import FreeOfCharges, Pricer

__all__ = [
    "Adjustment",
    "Charged",
    "Charges",
    "CouponCharges",
    "FreeOfCharges",
    "PricedLine",
    "Pricer",
    "Quote",
    "RefusedCoupon",
]
