"""The truth, for tests: what moved, by intent. Counted from the balance transactions alone, so that
it does not depend on the sums that the API shows.
"""

from collections import defaultdict
from typing import Any

from .world import Ledger, World

_SIDES = {
    "charge": ("captured", 1),
    "refund": ("refunded", -1),
    "refund_failure": ("refunds_failed", 1),
}


def books(world: World) -> dict[str, Any]:
    """Each account with its intents and the sums of each currency."""
    return {"now": world.now(), "accounts": [_account(each) for each in world.accounts()]}


def _account(ledger: Ledger) -> dict[str, Any]:
    intents: dict[str, dict[str, Any]] = {}
    for intent in ledger.intents.all():
        names = ("amount", "currency", "status", "metadata", "created", "latest_charge")
        intents[intent["id"]] = {name: intent[name] for name in names} | _zero() | {"entries": []}
    totals: dict[str, dict[str, int]] = defaultdict(_zero)
    for move in ledger.moves.all():
        source = ledger.find_even_hidden(move["source"])
        side, sign = _SIDES.get(move["type"]) or _dispute(move["reporting_category"])
        intent = intents[source["payment_intent"]]
        for sums in (intent, totals[move["currency"]]):
            sums[side] += sign * move["amount"]
            sums["kept"] += move["amount"]
        entry = {"kind": side, "of": source["id"], "amount": sign * move["amount"]}
        intent["entries"].append({**entry, "at": move["created"]})
    return {
        "account": ledger.account,
        "livemode": ledger.livemode,
        "intents": intents,
        "totals": totals,
    }


def _dispute(category: str) -> tuple[str, int]:
    return ("dispute_won", 1) if category == "dispute_reversal" else ("disputed", -1)


def _zero() -> dict[str, int]:
    """*kept* is what is left of all: captures less refunds and lost disputes."""
    sides = ("captured", "refunded", "refunds_failed", "disputed", "dispute_won", "kept")
    return dict.fromkeys(sides, 0)
