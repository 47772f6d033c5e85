"""``expand[]=latest_charge``: ids in an answer are replaced by their objects."""

from typing import Any

from .errors import invalid
from .params import names
from .tables import plain
from .world import Ledger

_EXPANDABLE = names(
    "latest_charge payment_method charge payment_intent balance_transaction source refunds "
    "failure_balance_transaction"
)
_PATHS, _DEPTH = 20, 4


def expanded(ledger: Ledger, answer: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """A copy of the answer with every path expanded.

    Raises:
        ApiError: a path that cannot be expanded, or one that is too deep.
    """
    if len(paths) > _PATHS:
        raise invalid("Too many paths to expand.", param="expand")
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEPTH:
            raise invalid("You cannot expand more than 4 levels of a property.", param="expand")
        if parts[0] == "data" and isinstance(answer.get("data"), list):
            rows = [_expand(ledger, row, parts[1:], path) for row in answer["data"]]
            answer = {**answer, "data": rows}
        else:
            answer = _expand(ledger, answer, parts, path)
    return answer


def _expand(ledger: Ledger, row: dict[str, Any], parts: list[str], path: str) -> dict[str, Any]:
    if not parts:
        return row
    name, rest = parts[0], parts[1:]
    known = name in row or (name == "refunds" and row.get("object") == "charge")
    if name not in _EXPANDABLE or not known:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = row.get(name)
    if name == "refunds" and value is None:
        value = _refunds(ledger, row["id"])
    elif isinstance(value, str):
        found = ledger.find(value)
        value = plain(found) if found else value
    if rest and isinstance(value, dict):
        value = _expand(ledger, value, rest, path)
    return {**row, name: value}


def _refunds(ledger: Ledger, charge: str) -> dict[str, Any]:
    newest = ledger.refunds.of("charge", charge)[::-1]
    return {
        "object": "list",
        "data": newest[:10],
        "has_more": len(newest) > 10,
        "url": f"/v1/charges/{charge}/refunds",
    }
