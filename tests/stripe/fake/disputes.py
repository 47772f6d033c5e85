"""Disputes: opened by the buyer's bank, then won or lost."""

from . import shapes
from .errors import ApiError
from .tables import Row
from .world import Ledger, Origin

_NOBODY = Origin()
_OPEN = {"needs_response", "under_review"}


def open_dispute(ledger: Ledger, charge: Row, reason: str, *, inquiry: bool = False) -> Row:
    """The buyer objects. The bank takes the money back at once, but not for an inquiry."""
    dispute = ledger.disputes.add(shapes.dispute(ledger, charge, reason, inquiry=inquiry))
    ledger.emit("charge.dispute.created", dispute)
    if not inquiry:
        charge["disputed"] = True
        fee = ledger.world.settings.dispute_fee
        _move(ledger, dispute, -dispute["amount"], fee, "dispute")
        ledger.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(ledger: Ledger, dispute: Row, *, won: bool, origin: Origin = _NOBODY) -> None:
    """The bank has decided.

    Raises:
        ApiError: it had decided before.
    """
    inquiry = dispute["status"].startswith("warning_") and dispute["status"] != "warning_closed"
    if dispute["status"] not in _OPEN and not inquiry:
        raise ApiError(400, "invalid_request_error", "This dispute is already closed")
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    if won and not inquiry:
        _move(ledger, dispute, dispute["amount"], 0, "dispute_reversal")
    ledger.emit("charge.dispute.closed", dispute, origin)
    if won and not inquiry:
        ledger.emit("charge.dispute.funds_reinstated", dispute, origin)


def answer(ledger: Ledger, dispute: Row, evidence: str | None, origin: Origin) -> None:
    """Hand in evidence; two documented texts decide a test dispute at once."""
    if dispute["status"] not in _OPEN:
        raise ApiError(400, "invalid_request_error", "This dispute is already closed")
    dispute["evidence"]["uncategorized_text"] = evidence
    dispute["evidence_details"].update(has_evidence=True, submission_count=1)
    dispute["status"] = "under_review"
    ledger.emit("charge.dispute.updated", dispute, origin)
    if evidence in {"winning_evidence", "losing_evidence"}:
        close(ledger, dispute, won=evidence == "winning_evidence", origin=origin)


def _move(ledger: Ledger, dispute: Row, amount: int, fee: int, category: str) -> None:
    move = ledger.moves.add(shapes.move(ledger, "adjustment", dispute, amount, fee, category))
    dispute["balance_transactions"].append(move)
