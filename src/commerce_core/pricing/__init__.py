"""Pricing: what a cart costs."""

from commerce_core.pricing.model import Adjustment, PricedLine, Quote
from commerce_core.pricing.ports import Charges
from commerce_core.pricing.service import FreeOfCharges, Pricer

__all__ = ["Adjustment", "Charges", "FreeOfCharges", "PricedLine", "Pricer", "Quote"]
