"""`commerce notifications`: texts before anybody gets them, and messages that nobody gets."""

import os
from typing import Annotated, Any

from cyclopts import Parameter

from commerce_bootstrap.setting_values import language
from commerce_bootstrap.settings import load_settings
from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output, WrongCall
from commerce_core.notifications import Kind, Notification
from commerce_core.notifications.service import sample_values


def preview(
    kind: str,
    /,
    *,
    locale: str | None = None,
    html: Annotated[bool, Parameter(negative="", help="Print the HTML instead.")] = False,
    json: AsJson = False,
) -> None:
    """Show a message as it is sent, about an order that nobody made.

    Args:
        kind: which one, such as order-confirmed.
        locale: in which language, such as de or de-CH; by default the shop's own.
    """
    if kind not in [*Kind]:
        raise WrongCall(f"{kind} is no kind of message; there are {', '.join(Kind)}.")
    out, settings = Output(as_json=json), load_settings(os.environ)
    from commerce_bootstrap.builders import build_renderer  # loads the engines

    wanted = language("--locale", locale) if locale else None
    renderer = build_renderer(settings)
    spoken = renderer.locale_for(wanted)
    made = renderer.render(Kind(kind), spoken, sample_values(Kind(kind), settings.currency))
    out.say(made.html if html else f"{made.title}\n\n{made.text}")
    answer = {"kind": kind, "locale": spoken, "title": made.title, "text": made.text}
    out.answer({**answer, "html": made.html})


def list_notifications(*, limit: int = 50, json: AsJson = False) -> None:
    """List messages that were put off and still wait, and those that failed, newest first.

    Args:
        limit: at most so many.
    """
    out = Output(as_json=json)
    with open_shop() as shop, shop.database.snapshot() as tx:
        rows = [_row(n) for n in shop.messages.troubled(tx, limit)]
    out.table([*rows], ("id", "kind", "subject", "status", "attempts", "reason"))
    out.answer(rows)


def bounced(*, limit: int = 50, json: AsJson = False) -> None:
    """List addresses that refused their mail for good, newest first: nothing is sent there.

    Args:
        limit: at most so many.
    """
    out = Output(as_json=json)
    with open_shop() as shop, shop.database.snapshot() as tx:
        found = shop.messages.bounces(tx, limit)
    rows = [{"email": b.email, "at": b.at.isoformat(), "reason": b.reason} for b in found]
    out.table([*rows], ("email", "at", "reason"))
    out.answer(rows)


def forgive(email: str, /, *, json: AsJson = False) -> None:
    """Have mail sent again to an address that had refused it.

    Args:
        email: which one, as it stands in the list.
    """
    out = Output(as_json=json)
    with open_shop() as shop, shop.database.begin() as tx:
        known = shop.messages.forget_bounce(tx, email)
        tx.commit()
    if not known:
        raise WrongCall("Mail to this address was not refused.")
    out.say("Mail is sent there again.")
    out.answer({"email": email})


def _row(n: Notification) -> dict[str, Any]:
    return {
        "id": n.id,
        "kind": n.kind.value,
        "subject": n.subject,
        "status": n.status.value,
        "attempts": n.attempts,
        "reason": n.reason,
        "createdAt": n.created_at.isoformat(),
    }
