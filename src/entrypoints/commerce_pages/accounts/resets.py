"""A password that was forgotten, and the links that are sent by mail: where they lead to, a form
asks before it does what they are for, as programs that check mail follow every link.
"""

from collections.abc import Callable

from commerce_core.accounts import AskReset, ChooseNew
from commerce_core.kernel.errors import CommerceError
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit


@page("GET", "/forgotten")
def forgotten_page(visit: Visit, desk: Desk) -> Answer:
    """Where to ask for a link by which a new password is chosen."""
    return _drawn("account/forgotten.html", visit, desk)


@page("POST", "/forgotten")
def ask_reset(visit: Visit, desk: Desk) -> Answer:
    """Have the link sent. What is answered is the same whether or not there is such an account."""

    def ask() -> None:
        desk.shop.resets.ask(visit.form.read(AskReset, desk.currency), visit.origin)

    return _done("account/forgotten.html", visit, desk, ask, "/forgotten?done=sent")


@page("GET", "/password-resets/{token}")
def reset_page(visit: Visit, desk: Desk) -> Answer:
    """Where the link of a mail leads: to a new password."""
    return _drawn("account/reset.html", visit, desk)


@page("POST", "/password-resets/{token}", runs=Runs.PASSWORD)
def choose_password(visit: Visit, desk: Desk) -> Answer:
    """Choose it, once. All sessions of the account end."""

    def choose() -> None:
        command = visit.form.read(ChooseNew, desk.currency)
        desk.shop.resets.choose(visit.named("token"), command, visit.origin)

    return _done("account/reset.html", visit, desk, choose, "/log-in")


@page("GET", "/email-changes/{token}")
def email_page(visit: Visit, desk: Desk) -> Answer:
    """Where the link of a mail leads: to a new e-mail address."""
    return _drawn("account/email.html", visit, desk)


@page("POST", "/email-changes/{token}")
def confirm_email(visit: Visit, desk: Desk) -> Answer:
    """Confirm the new address, once."""

    def confirm() -> None:
        desk.shop.resets.confirm_change(visit.named("token"), visit.origin)

    return _done("account/email.html", visit, desk, confirm, "/log-in")


def _done(template: str, visit: Visit, desk: Desk, do: Callable[[], None], then: str) -> Answer:
    try:
        do()
    except CommerceError as error:
        return _drawn(template, visit, desk, error)
    return redirect(then)


def _drawn(template: str, visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    return desk.pages.draw(
        template,
        visit,
        status=status_of(type(error)) if error else 200,
        is_sent=error is None and ("done", "sent") in visit.pairs,
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )
