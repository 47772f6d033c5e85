"""The endpoints that change something: each takes a call and gives the object answered."""

from . import disputes, endings, payments, refunds, shapes
from . import params as p
from .calls import Answer, Call, found
from .currencies import chargeable, known
from .errors import ApiError, invalid, missing
from .tables import Row, plain


def create_intent(call: Call) -> Answer:
    params, ledger = call.params, call.ledger
    p.only(params, p.INTENT)
    amount = p.integer(params, "amount", least=1)
    if amount is None:
        raise invalid("Missing required param: amount.", code="parameter_missing", param="amount")
    currency = known(p.required(params, "currency"))
    chargeable(amount, currency)
    return_url, confirmed = p.text(params, "return_url"), p.boolean(params, "confirm")
    if return_url and not confirmed:
        raise invalid(
            "The parameter `return_url` may only be used with `confirm=true`.", param="return_url"
        )
    intent = shapes.intent(ledger, amount, currency, **_given(params))
    method = _method(call)
    ledger.intents.add(intent)
    if method is not None:
        payments.attach(ledger, intent, method)
    ledger.emit("payment_intent.created", plain(intent), call.origin)
    if confirmed:
        _confirm(call, intent)
    return intent


def _given(params: p.Params) -> Answer:
    methods = ("automatic", "automatic_async", "manual")
    types = p.strings(params, "payment_method_types")
    if any(each != "card" for each in types):
        raise invalid("This account takes cards only.", param="payment_method_types")
    automatic = p.table(params, "automatic_payment_methods")
    if types and p.boolean(automatic, "enabled"):
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types."
        )
    enabled = not types and automatic.get("enabled", "true") == "true"
    redirects = p.choice(automatic, "allow_redirects", ("always", "never")) or "always"
    return {
        "automatic_payment_methods": {"allow_redirects": redirects, "enabled": True}
        if enabled
        else None,
        "capture_method": p.choice(params, "capture_method", methods) or "automatic_async",
        "confirmation_method": p.choice(params, "confirmation_method", methods) or "automatic",
        "description": p.text(params, "description"),
        "metadata": p.metadata(params),
        "receipt_email": p.text(params, "receipt_email"),
        "statement_descriptor_suffix": p.text(params, "statement_descriptor_suffix", most=22),
    }


def _method(call: Call) -> Row | None:
    """The payment method of a request: by id, or made of a token."""
    name = p.text(call.params, "payment_method")
    if name is not None:
        return payments.use_method(call.ledger, name)
    data = p.table(call.params, "payment_method_data")
    if not data:
        return None
    if p.required(data, "type") != "card":
        raise invalid("This account takes cards only.", param="payment_method_data[type]")
    return _of_token(call, p.table(data, "card"), "payment_method_data[card]")


def _of_token(call: Call, card: p.Params, param: str) -> Row:
    if "number" in card:
        raise ApiError(
            402,
            "invalid_request_error",
            "Sending credit card numbers directly to the Stripe API is generally unsafe. We "
            "suggest you use test tokens that map to the test card you are using, see "
            "https://stripe.com/docs/testing.",
            stored=False,
        )
    token = p.required(card, "token")
    if not token.startswith("tok_"):
        raise missing("token", token, param=f"{param}[token]", status=400)
    return payments.use_method(call.ledger, token, param=f"{param}[token]")


def confirm_intent(call: Call) -> Answer:
    p.only(call.params, p.CONFIRM)
    intent = found(call, call.ledger.intents, "intent")
    payments.may_confirm(call.ledger, intent)
    method = _method(call)
    if method is not None:
        payments.attach(call.ledger, intent, method)
    _confirm(call, intent)
    return intent


def _confirm(call: Call, intent: Row) -> None:
    payments.confirm(
        call.ledger,
        intent,
        call.origin,
        return_url=p.text(call.params, "return_url"),
        off_session=p.boolean(call.params, "off_session"),
        refuse_action=p.boolean(call.params, "error_on_requires_action"),
    )


def cancel_intent(call: Call) -> Answer:
    p.only(call.params, frozenset({"cancellation_reason", "expand"}))
    reasons = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
    reason = p.choice(call.params, "cancellation_reason", reasons)
    intent = found(call, call.ledger.intents, "intent")
    endings.cancel(call.ledger, intent, reason, call.origin)
    return intent


def capture_intent(call: Call) -> Answer:
    p.only(call.params, frozenset({"amount_to_capture", "expand", "metadata", "final_capture"}))
    amount = p.integer(call.params, "amount_to_capture", least=1)
    intent = found(call, call.ledger.intents, "intent")
    endings.capture(call.ledger, intent, amount, call.origin)
    return intent


def create_refund(call: Call) -> Answer:
    params, ledger = call.params, call.ledger
    p.only(params, p.names("payment_intent charge amount metadata reason expand"))
    amount = p.integer(params, "amount", least=1)
    reasons = ("duplicate", "fraudulent", "requested_by_customer")
    reason, metadata = p.choice(params, "reason", reasons), p.metadata(params)
    charge = _charge_to_refund(call)
    return refunds.give(ledger, charge, amount, call.origin, metadata=metadata, reason=reason)


def _charge_to_refund(call: Call) -> Row:
    charge_id, of = p.text(call.params, "charge"), p.text(call.params, "payment_intent")
    if charge_id is None and of is None:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            code="parameter_missing",
        )
    if of is not None:
        intent = call.ledger.intents.get(of)
        if intent is None or not call.ledger.visible(intent):
            raise missing("payment_intent", of, param="payment_intent", status=400)
        charge_id = intent["latest_charge"]
    charge = call.ledger.charges.get(charge_id) if charge_id else None
    if charge is None and of is None:
        raise missing("charge", str(charge_id), param="charge", status=400)
    if charge is None or not charge["captured"]:
        raise ApiError(
            400,
            "invalid_request_error",
            f"This PaymentIntent ({of}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return charge


def create_method(call: Call) -> Answer:
    p.only(call.params, p.names("type card billing_details metadata expand"))
    if p.required(call.params, "type") != "card":
        raise invalid("This account takes cards only.", param="type")
    return _of_token(call, p.table(call.params, "card"), "card")


def method(call: Call) -> Answer:
    return payments.use_method(call.ledger, call.id) if call.id.startswith("pm_card_") else found(
        call, call.ledger.methods, "payment_method"
    )  # fmt: skip


def update_dispute(call: Call) -> Answer:
    p.only(call.params, p.names("evidence metadata submit expand"))
    evidence = p.text(p.table(call.params, "evidence"), "uncategorized_text", most=150_000)
    dispute = found(call, call.ledger.disputes, "dispute")
    disputes.answer(call.ledger, dispute, evidence, call.origin)
    return dispute


def close_dispute(call: Call) -> Answer:
    dispute = found(call, call.ledger.disputes, "dispute")
    disputes.close(call.ledger, dispute, won=False, origin=call.origin)
    return dispute
