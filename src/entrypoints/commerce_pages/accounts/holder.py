"""What the holder of an account sees of it and changes."""

from collections.abc import Callable, Mapping
from typing import Final

from commerce_core.accounts import ChangeAccount, ChangeEmail, ChangePassword
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import CommerceError
from commerce_http.web.auth import HOLDER
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.sessions import session_cookie
from commerce_pages.web.visits import Visit

#: What a form of this page has done.
DONE: Final[Mapping[str, str]] = {
    "profile": "It was changed.",
    "password": "Your password was changed. Everywhere else you were logged out.",
    "email": "A link was sent to the new address. Until it is used all stays as it is.",
    "session": "That session has ended.",
}
_ADDRESS: Final = {
    "name": "name", "line1": "line1", "line2": "line2", "city": "city", "region": "region",
    "postalCode": "postal_code", "country": "country",
}  # fmt: skip


@page("GET", "/account", who=HOLDER)
def account_page(visit: Visit, desk: Desk) -> Answer:
    """Name and address, password, e-mail address, and where one is logged in."""
    return _shown(visit, desk)


@page("POST", "/account", who=HOLDER)
def change_profile(visit: Visit, desk: Desk) -> Answer:
    """Change name, address, language, and whether what was bought may be used to recommend."""

    def change() -> None:
        desk.shop.accounts.change(visit.holder.id, _profile(visit, desk))

    return _done(visit, desk, "profile", change)


@page("POST", "/account/password", who=HOLDER, runs=Runs.PASSWORD)
def change_password(visit: Visit, desk: Desk) -> Answer:
    """Choose another password. All other sessions end."""

    def change() -> None:
        command = visit.form.read(ChangePassword, desk.currency)
        desk.shop.credentials.change_password(
            visit.holder, command, visit.token or "", visit.origin
        )

    return _done(visit, desk, "password", change)


@page("POST", "/account/email", who=HOLDER, runs=Runs.PASSWORD)
def change_email(visit: Visit, desk: Desk) -> Answer:
    """Have a link sent to another e-mail address."""

    def ask() -> None:
        command = visit.form.read(ChangeEmail, desk.currency)
        desk.shop.resets.ask_change(visit.holder, command, visit.origin)

    return _done(visit, desk, "email", ask)


@page("POST", "/account/sessions/{session_id}/end", who=HOLDER)
def end_session(visit: Visit, desk: Desk) -> Answer:
    """Log one of the holder's devices out."""

    def end() -> None:
        desk.shop.credentials.end_session(visit.holder.id, visit.named("session_id"))

    return _done(visit, desk, "session", end)


@page("POST", "/account/sessions/end", who=HOLDER)
def end_sessions(visit: Visit, desk: Desk) -> Answer:
    """Log out everywhere, here too."""
    desk.shop.credentials.end_sessions(visit.holder.id)
    return redirect("/log-in", [session_cookie(visit.scope, "", lasting=False)])


def _profile(visit: Visit, desk: Desk) -> ChangeAccount:
    form = visit.form
    address = {name: form[f"address.{name}"] for name in _ADDRESS if form[f"address.{name}"]}
    said = {
        "name": form["name"],
        "locale": form["locale"] or None,
        "address": address or None,
        "personalised": form["personalised"] == "true",
    }
    return reader(desk.currency).read(said, ChangeAccount)


def _done(visit: Visit, desk: Desk, what: str, do: Callable[[], None]) -> Answer:
    try:
        do()
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/account?done={what}")


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    holder = visit.holder
    address = holder.address
    values = {
        f"address.{name}": getattr(address, kept) if address else ""
        for name, kept in _ADDRESS.items()
    }
    return desk.pages.draw(
        "account/account.html",
        visit,
        status=status_of(type(error)) if error else 200,
        done=DONE.get(dict(visit.pairs).get("done", "")) if error is None else None,
        sessions=desk.shop.credentials.sessions(holder.id, visit.token or ""),
        values=values,
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )
