"""How an intent ends: the money is taken, or it is cancelled."""

from . import shapes
from .errors import ApiError, unexpected_state
from .tables import Row, plain
from .world import Ledger, Origin

_NOBODY = Origin()
_CANCELLABLE = (
    "requires_payment_method", "requires_capture", "requires_confirmation", "requires_action",
    "processing",
)  # fmt: skip


def take(ledger: Ledger, intent: Row, charge: Row, amount: int) -> None:
    """Money moves: the only place where a charge is captured."""
    move = ledger.moves.add(shapes.move(ledger, "charge", charge, amount))
    charge.update(captured=True, amount_captured=amount, balance_transaction=move["id"])
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)


def cancel(ledger: Ledger, intent: Row, reason: str | None, origin: Origin = _NOBODY) -> None:
    """End an intent; nothing can be paid with it afterwards."""
    if intent["status"] not in _CANCELLABLE or intent["status"] == "processing":
        raise unexpected_state(
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            f"canceled: {', '.join(_CANCELLABLE)}.",
            plain(intent),
        )
    if intent["status"] == "requires_capture":
        charge = ledger.charges.get(intent["latest_charge"])
        assert charge is not None
        charge.update(refunded=True, amount_refunded=charge["amount"])
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=ledger.world.now(),
        cancellation_reason=reason,
        next_action=None,
        _challenge=None,
    )
    ledger.emit("payment_intent.canceled", plain(intent), origin)


def capture(ledger: Ledger, intent: Row, amount: int | None, origin: Origin = _NOBODY) -> None:
    """Take what was authorised, or a part; the rest is given free."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            "captured: requires_capture.",
            plain(intent),
        )
    wanted = intent["amount_capturable"] if amount is None else amount
    if wanted > intent["amount_capturable"]:
        raise ApiError(
            400,
            "invalid_request_error",
            "The amount to capture is greater than the amount authorised.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = ledger.charges.get(intent["latest_charge"])
    assert charge is not None
    charge["amount_refunded"] = charge["amount"] - wanted
    take(ledger, intent, charge, wanted)
    ledger.emit("charge.captured", plain(charge), origin)
    ledger.emit("payment_intent.succeeded", plain(intent), origin)
