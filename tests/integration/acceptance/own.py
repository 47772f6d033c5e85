"""What the holder of an account asks of it: rows of the count of statements."""

import itertools
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from commerce_core.accounts import AskReset, RequestKind
from commerce_core.accounts.service import digest_of
from commerce_sqlalchemy.tables import credential_request
from tests.integration.acceptance.quarters import Quarter
from tests.integration.http.people import Person

PASSWORD: Final = "correct horse battery"
_numbers = itertools.count(1)

Send = Callable[[], object]


def _holder(q: Quarter, sessions: int = 1) -> Person:
    """Somebody with a password, and so many sessions."""
    body = {
        "email": f"own{next(_numbers)}@example.com",
        "password": PASSWORD,
        "name": "Own",
        "role": "buyer",
    }
    account = q.send(Person(q.client), "POST", "/accounts", body, 201).json()
    login = {name: body[name] for name in ("email", "password")}
    for _ in range(sessions):
        token = q.send(Person(q.client), "POST", "/sessions", login, 201).json()["token"]
    return Person(q.client, token, account)


def change_password(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    body = {"current": PASSWORD, "new": PASSWORD + " II"}
    return lambda: q.send(holder, "PUT", "/accounts/me/password", body, 204)


def list_sessions(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    return lambda: q.send(holder, "GET", "/sessions")


def end_sessions(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    return lambda: q.send(holder, "DELETE", "/sessions", status=204)


def end_session(q: Quarter) -> Send:
    holder = _holder(q, 2)
    path = f"/sessions/{digest_of(holder.token or '')}"
    return lambda: q.send(holder, "DELETE", path, status=204)


def export_account(q: Quarter) -> Send:
    return lambda: q.send(q.buyer, "GET", "/accounts/me/export")


def close_account(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    return lambda: q.send(holder, "DELETE", "/accounts/me", {"password": PASSWORD}, 204)


def ask_reset(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    body = {"email": holder.account["email"]}
    return lambda: q.send(Person(q.client), "POST", "/password-resets", body, 202)


def choose_password(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    shop = q.market.shop
    shop.resets.ask(AskReset(email=holder.account["email"]))
    path = f"/password-resets/{_sent(q, RequestKind.PASSWORD_RESET)}"
    return lambda: q.send(Person(q.client), "PUT", path, {"new": PASSWORD}, 204)


def ask_email_change(q: Quarter) -> Send:
    holder = _holder(q, min(q.size, 5))
    body = {"email": f"other{next(_numbers)}@example.com", "password": PASSWORD}
    return lambda: q.send(holder, "POST", "/email-changes", body, 202)


def confirm_email_change(q: Quarter) -> Send:
    ask_email_change(q)()
    path = f"/email-changes/{_sent(q, RequestKind.EMAIL_CHANGE)}"
    return lambda: q.send(Person(q.client), "PUT", path, status=204)


def _sent(q: Quarter, kind: RequestKind) -> str:
    """The token of the newest request, once its link is on its way."""
    with q.market.database.snapshot() as tx:
        newest = sa.select(credential_request.c.id).where(credential_request.c.kind == kind.value)
        latest = newest.order_by(credential_request.c.created_at.desc()).limit(1)
        request_id: str = tx.connection.execute(latest).scalar_one()
    while q.market.shop.resets.run_once(50):
        pass
    return q.market.shop.resets._links.token(kind, request_id)
