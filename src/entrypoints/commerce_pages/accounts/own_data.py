"""What is known of the holder of an account: all of it to read, and its end."""

from commerce_core.accounts import CloseAccount
from commerce_core.kernel.errors import CommerceError
from commerce_http.accounts.own_data import Export
from commerce_http.web.auth import HOLDER
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.sessions import session_cookie
from commerce_pages.web.visits import Visit


@page("GET", "/account/export", who=HOLDER)
def export_account(visit: Visit, desk: Desk) -> Answer:
    """Everything that the shop knows of the holder, as a file."""
    return Export(desk.shop.own_data.export(visit.holder.id), desk.executor)


@page("GET", "/account/leave", who=HOLDER)
def leave_page(visit: Visit, desk: Desk) -> Answer:
    """What becomes of an account that is closed, and where to close it."""
    return _shown(visit, desk)


@page("POST", "/account/leave", who=HOLDER, runs=Runs.PASSWORD)
def leave(visit: Visit, desk: Desk) -> Answer:
    """Close the account and erase what is known of its holder."""
    try:
        command = visit.form.read(CloseAccount, desk.currency)
        desk.shop.own_data.close(visit.holder, command, visit.origin)
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect("/", [session_cookie(visit.scope, "", lasting=False)])


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    return desk.pages.draw(
        "account/leave.html",
        visit,
        status=status_of(type(error)) if error else 200,
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )
