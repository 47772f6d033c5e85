"""Stripe at an address: a payment is prepared there."""

import os
import sys

import stripe

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import PaymentInfo
from commerce_core.plugins import PAYMENT_GATEWAYS, PluginContext, load
from commerce_local.clock import SystemClock

address = sys.argv[1]
os.environ["STRIPE_SECRET_KEY"] = "sk_test_123"
context = PluginContext(currency="USD", clock=SystemClock())
gateway = load(PAYMENT_GATEWAYS, address)(address, context)
address = address.partition("&api=")[2]
client = stripe.StripeClient("sk_test_123", base_addresses={"api": address})
card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
method = client.v1.payment_methods.create({"type": "card", "card": card})
payment = PaymentInfo(payment_type="card", token=method.id)
handle = gateway.prepare(OrderId("order-1"), BuyerId("buyer-1"), Money(999, "USD"), payment).handle
assert handle.gateway == "stripe"
assert handle.reference.startswith("pi_")
