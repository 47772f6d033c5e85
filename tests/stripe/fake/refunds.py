"""Refunds: given, refused, still pending, failing days later."""

from . import shapes
from .currencies import fits, shown
from .errors import ApiError
from .tables import Row
from .world import Ledger, Origin

_NOBODY = Origin()


def give(
    ledger: Ledger,
    charge: Row,
    amount: int | None,
    origin: Origin = _NOBODY,
    *,
    metadata: dict[str, str] | None = None,
    reason: str | None = None,
) -> Row:
    """Give back *amount*, by default all that is left.

    Raises:
        ApiError: 400, if the charge is disputed or less is left.
    """
    _may_refund(charge, amount)
    left = charge["amount"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    fits(wanted, charge["currency"])
    method = ledger.methods.get(charge["payment_method"])
    assert method is not None
    fate = method["_card"].refund
    refund = shapes.refund(ledger, charge, wanted, metadata=metadata or {}, reason=reason)
    ledger.refunds.add(refund)
    move = ledger.moves.add(shapes.move(ledger, "refund", refund, -wanted))
    refund["balance_transaction"] = move["id"]
    _count(charge, wanted)
    settings = ledger.world.settings
    if fate == "pending":
        refund.update(status="pending", pending_reason="processing")
        ledger.world.later(settings.refund_succeeds_after, lambda: succeed(ledger, refund))
    elif fate == "fails":
        ledger.world.later(settings.refund_fails_after, lambda: fail(ledger, refund))
    ledger.emit("refund.created", refund, origin)
    ledger.emit("charge.refunded", charge, origin)
    return refund


def _may_refund(charge: Row, amount: int | None) -> None:
    if charge["disputed"]:
        raise ApiError(
            400,
            "invalid_request_error",
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise ApiError(
            400,
            "invalid_request_error",
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )
    if amount is not None and amount > left:
        currency = charge["currency"]
        raise ApiError(
            400,
            "invalid_request_error",
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({shown(left, currency)})",
            param="amount",
        )


def _count(charge: Row, amount: int) -> None:
    refunded = charge["amount_refunded"] + amount
    charge.update(amount_refunded=refunded, refunded=refunded == charge["amount"])


def succeed(ledger: Ledger, refund: Row) -> None:
    """A pending refund has arrived."""
    if refund["status"] == "pending":
        refund.update(status="succeeded", pending_reason=None)
        ledger.emit("refund.updated", refund)
        ledger.emit("charge.refund.updated", refund)


def fail(ledger: Ledger, refund: Row, reason: str = "expired_or_canceled_card") -> None:
    """A refund comes back: the money is the shop's again."""
    if refund["status"] not in {"pending", "succeeded"}:
        return
    move = ledger.moves.add(shapes.move(ledger, "refund_failure", refund, refund["amount"]))
    refund.update(
        status="failed",
        pending_reason=None,
        failure_reason=reason,
        failure_balance_transaction=move["id"],
    )
    charge = ledger.charges.get(refund["charge"])
    assert charge is not None
    _count(charge, -refund["amount"])
    for type_ in ("refund.updated", "refund.failed", "charge.refund.updated"):
        ledger.emit(type_, refund)
