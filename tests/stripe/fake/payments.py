"""Payment intents: created, confirmed, authenticated, captured, cancelled."""

from typing import Any

from . import disputes, shapes
from .cards import AUTHENTICATION_REQUIRED, GENERIC, Card, Decline, test_card
from .endings import take
from .errors import ApiError, invalid, missing, unexpected_state
from .tables import Row, plain
from .world import Ledger, Origin

_NOBODY = Origin()


def use_method(ledger: Ledger, name: str, *, param: str = "payment_method") -> Row:
    """The payment method *name*; a test card becomes a new one at every use."""
    row = ledger.methods.get(name)
    if row is not None:
        return row
    card = None if ledger.livemode else test_card(name)
    if card is None:
        raise missing("PaymentMethod", name, param=param, status=400)
    row = shapes.method(ledger, card)
    row["_card"] = card
    return ledger.methods.add(row)


def attach(ledger: Ledger, intent: Row, method: Row) -> None:
    """Take a method for an intent. One that paid elsewhere may not be used again."""
    if method.get("_used", intent["id"]) != intent["id"]:
        raise ApiError(
            400,
            "invalid_request_error",
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
            "times, you must attach it to a Customer first.",
        )
    intent["payment_method"] = method["id"]
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"


def may_confirm(ledger: Ledger, intent: Row) -> None:
    """Refuse the confirmation of what has succeeded, ended or is on its way."""
    if intent["status"] in {"succeeded", "requires_capture"}:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it has already succeeded after being "
            "previously confirmed.",
            plain(intent),
        )
    if intent["status"] in {"canceled", "processing"}:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be confirmed: "
            "requires_confirmation, requires_action.",
            plain(intent),
        )


def confirm(
    ledger: Ledger,
    intent: Row,
    origin: Origin = _NOBODY,
    *,
    return_url: str | None = None,
    off_session: bool = False,
    refuse_action: bool = False,
) -> None:
    """Try to be paid.

    Raises:
        ApiError: 400 in a state or without a method that forbids it; 402 if the card is declined.
    """
    may_confirm(ledger, intent)
    if intent["payment_method"] is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            plain(intent),
        )
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and not return_url:
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`.",
            payment_intent=plain(intent),
        )
    method = ledger.methods.get(intent["payment_method"])
    assert method is not None
    card: Card = method["_card"]
    intent["_challenge"] = None
    if card.challenge and (off_session or refuse_action):
        raise _decline(ledger, intent, method, AUTHENTICATION_REQUIRED, origin)
    if card.challenge:
        _challenge(ledger, intent, return_url, origin)
    elif not _process(ledger, intent, method, origin):
        declined = _settle(ledger, intent, method, origin)
        if declined:
            raise declined


def _challenge(ledger: Ledger, intent: Row, return_url: str | None, origin: Origin) -> None:
    """Send the buyer to the issuer; without an address to come back to, Stripe.js does it."""
    token = ledger.world.id("src")
    intent.update(status="requires_action", _challenge=token, _return_url=return_url)
    url = f"{ledger.world.address}/_fake/3ds/{ledger.account}/{intent['id']}/{token}"
    intent["next_action"] = (
        {"redirect_to_url": {"return_url": return_url, "url": url}, "type": "redirect_to_url"}
        if return_url
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect",
                                                           "stripe_js": url}}
    )  # fmt: skip
    ledger.emit("payment_intent.requires_action", plain(intent), origin)


def authenticated(ledger: Ledger, intent: Row, *, passed: bool) -> None:
    """The buyer came through the challenge, or failed it."""
    method = ledger.methods.get(intent["payment_method"])
    assert method is not None
    intent.update(_challenge=None, next_action=None)
    if not passed:
        message = (
            "The provided PaymentMethod has failed authentication. You can provide "
            "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent "
            "again."
        )
        error = {
            "code": "payment_intent_authentication_failure",
            "message": message,
            "payment_method": plain(method),
            "type": "invalid_request_error",
        }
        _failed(ledger, intent, error, _NOBODY)
        return
    if not _process(ledger, intent, method, _NOBODY):
        _settle(ledger, intent, method, _NOBODY)


def _process(ledger: Ledger, intent: Row, method: Row, origin: Origin) -> bool:
    """Whether the answer takes a while."""
    settings, random = ledger.world.settings, ledger.world.random
    if random.random() >= settings.processing_rate:
        return False
    intent.update(status="processing", next_action=None)
    ledger.emit("payment_intent.processing", plain(intent), origin)
    fails = random.random() < settings.processing_fails_rate

    def finish() -> None:
        if intent["status"] == "processing":
            if fails:
                _decline(ledger, intent, method, GENERIC, _NOBODY)
            else:
                _settle(ledger, intent, method, _NOBODY)

    ledger.world.later(settings.processing_seconds, finish)
    return True


def _settle(ledger: Ledger, intent: Row, method: Row, origin: Origin) -> ApiError | None:
    """Be paid, or give the error of a declined card."""
    card: Card = method["_card"]
    if card.decline:
        return _decline(ledger, intent, method, card.decline, origin)
    charge = ledger.charges.add(shapes.charge(ledger, intent, method))
    method["_used"] = intent["id"]
    intent.update(latest_charge=charge["id"], next_action=None, last_payment_error=None)
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        ledger.emit("charge.succeeded", plain(charge), origin)
        ledger.emit("payment_intent.amount_capturable_updated", plain(intent), origin)
        return None
    take(ledger, intent, charge, intent["amount"])
    ledger.emit("charge.succeeded", plain(charge), origin)
    ledger.emit("payment_intent.succeeded", plain(intent), origin)
    if card.dispute:
        disputes.open_dispute(ledger, charge, card.dispute, inquiry=card.inquiry)
    return None


def _decline(
    ledger: Ledger, intent: Row, method: Row, decline: Decline, origin: Origin
) -> ApiError:
    charge = ledger.charges.add(
        shapes.charge(
            ledger,
            intent,
            method,
            paid=False,
            status="failed",
            failure_code=decline.code,
            failure_message=decline.message,
            outcome=shapes.outcome("declined_by_network", "issuer_declined", decline.decline_code),
        )
    )
    intent["latest_charge"] = charge["id"]
    error = {
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "payment_method": plain(method),
        "type": "card_error",
    }
    ledger.emit("charge.failed", plain(charge), origin)
    _failed(ledger, intent, error, origin)
    more = {name: error[name] for name in ("charge", "decline_code", "payment_method")}
    return ApiError(
        402,
        "card_error",
        decline.message,
        code=decline.code,
        payment_intent=plain(intent),
        **more,
    )


def _failed(ledger: Ledger, intent: Row, error: dict[str, Any], origin: Origin) -> None:
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error,
        next_action=None,
    )
    ledger.emit("payment_intent.payment_failed", plain(intent), origin)
