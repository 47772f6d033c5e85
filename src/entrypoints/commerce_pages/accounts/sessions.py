"""Logging in and out, and opening an account."""

import re
from typing import Final

from commerce_core.accounts import LogIn, Register, Role
from commerce_core.cart.service import CartChange, Shopper, guest_id
from commerce_core.kernel.errors import CommerceError, Unavailable
from commerce_core.kernel.ids import BuyerId
from commerce_http.web.answers import Payload
from commerce_http.web.auth import device_cookie, no_cart_cookie
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect, shared_cookies
from commerce_pages.web.sessions import session_cookie
from commerce_pages.web.visits import Visit

#: A path of ours and nothing that a browser takes for another host.
_OURS: Final = re.compile(r"/(?![/\\])[\w./~-]{0,200}")
_PARTS: Final = {Role.BUYER: "shop", Role.SELLER: "sell", Role.OPERATOR: "console"}


@page("GET", "/log-in")
def log_in_page(visit: Visit, desk: Desk) -> Answer:
    """Where to log in."""
    return _log_in(visit, desk, FormState(), _next(visit))


@page("POST", "/log-in", runs=Runs.PASSWORD)
def log_in(visit: Visit, desk: Desk) -> Answer:
    """Begin a session. It is a new one each time, whatever token the browser had before."""
    shop = desk.shop
    try:
        command = visit.form.read(LogIn, desk.currency, but=("next",))
        session = shop.accounts.log_in(command, visit.origin)
        shop.credentials.stay(session.account, session.token)
    except CommerceError as error:
        return _log_in(visit, desk, FormState.refused(visit.form, error), visit.form["next"], error)
    if visit.token:
        shop.accounts.log_out(visit.token)
    account = session.account
    cookies = [
        session_cookie(visit.scope, session.token, lasting=account.role is Role.BUYER),
        *shared_cookies(visit, device_cookie(session.device)),
    ]
    if visit.cart_token and account.role is Role.BUYER:
        shopper = Shopper(
            buyer_id=BuyerId(account.id),
            guest_id=guest_id(visit.cart_token),
            address=account.address,
        )
        try:
            shop.carts.submit(CartChange(shopper=shopper)).result()
        except Unavailable:  # it goes over when its token is shown the next time
            pass
        else:
            cookies += shared_cookies(visit, no_cart_cookie())
    wanted = visit.form["next"]
    return redirect(wanted if _OURS.fullmatch(wanted) else _home(account.role, desk), cookies)


@page("GET", "/register")
def register_page(visit: Visit, desk: Desk) -> Answer:
    """Where to open an account."""
    return desk.pages.draw("register.html", visit, form=FormState(), words=None)


@page("POST", "/register", runs=Runs.PASSWORD)
def register(visit: Visit, desk: Desk) -> Answer:
    """Open an account of a buyer. Who it belongs to logs in then."""
    try:
        desk.shop.accounts.register(visit.form.read(Register, desk.currency), visit.origin)
    except CommerceError as error:
        form = FormState.refused(visit.form, error)
        status = status_of(type(error))
        words = words_of(error)
        return desk.pages.draw("register.html", visit, status=status, form=form, words=words)
    return redirect("/log-in")


@page("POST", "/log-out")
def log_out(visit: Visit, desk: Desk) -> Answer:
    """End the session. Nothing happens to who has none."""
    if visit.token:
        desk.shop.accounts.log_out(visit.token)
    return redirect("/", [session_cookie(visit.scope, "", lasting=False)])


def _log_in(
    visit: Visit, desk: Desk, form: FormState, then: str, error: CommerceError | None = None
) -> Payload:
    return desk.pages.draw(
        "log-in.html",
        visit,
        status=status_of(type(error)) if error else 200,
        form=form,
        then=then if _OURS.fullmatch(then) else "",
        words=words_of(error) if error else None,
    )


def _home(role: Role, desk: Desk) -> str:
    """Where somebody of *role* begins."""
    part = _PARTS[role]
    return f"/{part}" if part in desk.shop.settings.pages else "/"


def _next(visit: Visit) -> str:
    """Where the visitor wanted to go."""
    return next((text for name, text in visit.pairs if name == "next"), "")
