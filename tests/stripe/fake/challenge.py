"""The page of the buyer's bank: it completes or fails a 3-D Secure challenge, and sends the buyer
back to the shop as Stripe does.
"""

import html
import re
from urllib.parse import parse_qs, urlencode

from . import payments
from .api import Reply
from .world import Ledger, World

_PATH = re.compile(r"(\w+)/(\w+)/(\w+)\Z")
_PAGE = """<!doctype html><title>Your bank</title><h1>Confirm the payment of {amount}</h1>
<form method="post"><button name="outcome" value="complete">Complete</button>
<button name="outcome" value="fail">Fail</button></form>
"""


def visit(world: World, method: str, path: str, query: str, body: str) -> Reply:
    """The page for a GET; with ``outcome=complete`` or ``fail``, by GET or POST, the way back."""
    match = _PATH.match(path)
    given = parse_qs(body if method == "POST" else query).get("outcome", [""])[0]
    with world.lock:
        world.catch_up()
        for ledger in world.accounts():
            intent = ledger.intents.get(match[2]) if match else None
            if match and intent is not None and ledger.account == match[1]:
                return _visited(ledger, intent, match[3], given)
    return Reply(404, b"There is no such page.", type="text/plain")


def _visited(ledger: Ledger, intent: payments.Row, token: str, outcome: str) -> Reply:
    if intent.get("_challenge") != token:
        return Reply(410, b"This page is not valid any more.", type="text/plain")
    if outcome not in {"complete", "fail"}:
        amount = html.escape(f"{intent['amount']} {intent['currency']}")
        return Reply(200, _PAGE.format(amount=amount).encode(), type="text/html")
    back = intent["_return_url"]
    payments.authenticated(ledger, intent, passed=outcome == "complete")
    paid = intent["status"] in {"succeeded", "requires_capture", "processing"}
    answered = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if paid else "failed",
        }
    )
    if not back:
        return Reply(200, b"Done.", type="text/plain")
    return Reply(302, b"", {"Location": f"{back}{'&' if '?' in back else '?'}{answered}"})
