"""The objects of the API as they are answered, with the fields that the reference gives them."""

from typing import Any

from .cards import Card
from .tables import Row
from .world import Ledger

_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "enhanced_evidence", "product_description", "receipt", "refund_policy",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date",
    "service_documentation", "shipping_address", "shipping_carrier", "shipping_date",
    "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
    "uncategorized_text",
)  # fmt: skip


def intent(ledger: Ledger, amount: int, currency: str, **given: Any) -> Row:
    intent_id = ledger.world.id("pi")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{ledger.world.id('s')[2:]}",
        "confirmation_method": "automatic",
        "created": ledger.world.now(),
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": ledger.livemode,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        **given,
    }


def method(ledger: Ledger, card: Card) -> Row:
    return {
        "id": ledger.world.id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": {}, "email": None, "name": None, "phone": None},
        "card": {
            "brand": card.brand,
            "checks": {"cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": f"fp{card.last4}",
            "funding": card.funding,
            "last4": card.last4,
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": ledger.world.now(),
        "customer": None,
        "livemode": ledger.livemode,
        "metadata": {},
        "type": "card",
    }


def charge(ledger: Ledger, intent: Row, method: Row, **given: Any) -> Row:
    return {
        "id": ledger.world.id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "A SHOP",
        "captured": False,
        "created": ledger.world.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": ledger.livemode,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome("approved_by_network", "authorized"),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": _used(method["card"]), "type": "card"},
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "review": None,
        "source": None,
        "source_transfer": None,
        "status": "succeeded",
        "transfer": None,
        **given,
    }


def outcome(network: str, type_: str, reason: str | None = None) -> Row:
    """What the network and the risk engine said of a charge."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "rule": None,
        "seller_message": "Payment complete." if reason is None else "The bank declined.",
        "type": type_,
    }


def _used(card: Row) -> Row:
    """The card of a method as a charge shows it."""
    method_only = {"display_brand", "three_d_secure_usage"}
    unused = ("mandate", "setup_credential_usage", "stored_credential_usage", "three_d_secure")
    shown = {name: value for name, value in card.items() if name not in method_only}
    return {**shown, **dict.fromkeys(unused), "network": card["brand"]}


def refund(ledger: Ledger, charge: Row, amount: int, **given: Any) -> Row:
    return {
        "id": ledger.world.id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": ledger.world.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "failure_balance_transaction": None,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **given,
    }


def dispute(ledger: Ledger, charge: Row, reason: str, *, inquiry: bool) -> Row:
    return {
        "id": ledger.world.id("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": ledger.world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE),
        "evidence_details": {
            "enhanced_eligibility": {},
            "due_by": ledger.world.now() + 7 * 86_400,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": None,
        },
        "is_charge_refundable": inquiry,
        "livemode": ledger.livemode,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": charge["payment_method_details"]["card"]["network"],
                "network_reason_code": "83",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def move(
    ledger: Ledger, type_: str, source: Row, amount: int, fee: int = 0, category: str | None = None
) -> Row:
    """A balance transaction. The account settles every currency in itself."""
    return {
        "id": ledger.world.id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "balance_type": "payments",
        "available_on": ledger.world.now() + 2 * 86_400,
        "created": ledger.world.now(),
        "currency": source["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [],
        "net": amount - fee,
        "reporting_category": category or type_,
        "source": source["id"],
        "status": "pending",
        "type": type_,
    }
