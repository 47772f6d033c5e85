"""Accounts and sessions."""

import asyncio

import attrs

from commerce_core.accounts import (
    Account as CoreAccount,
)
from commerce_core.accounts import (
    ChangeAccount,
    EmailTaken,
    LogIn,
    LoginFailed,
    Register,
    Role,
    TooManyAttempts,
    TooManyRequests,
)
from commerce_core.accounts.service import Accounts
from commerce_core.cart.service import CartChange, Carts, Shopper, guest_id
from commerce_core.kernel.errors import StaleVersion, Unavailable
from commerce_core.kernel.ids import BuyerId
from commerce_http.accounts.shapes import (
    Account,
    AccountDetails,
    Session,
    account_shape,
    holder_shape,
)
from commerce_http.web.answers import Reply
from commerce_http.web.auth import HOLDER, bearer_token, device_cookie, no_cart_cookie
from commerce_http.web.dependencies import HttpRequest
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.frame import headers_of
from commerce_http.web.operations import CallersDevice, CallersOrigin, CartToken, Runs, operation

_REGISTER = {
    "email": "ada@example.com",
    "password": "correct horse battery",
    "name": "Ada",
    "role": "buyer",
}
#: Bytes of a body that an unauthenticated client may send.
_BODY = 1 << 18
_ADDRESS = {
    "name": "Ada",
    "line1": "1 Main Street",
    "city": "Springfield",
    "postalCode": "12345",
    "country": "US",
}


@operation(
    "POST",
    "/accounts",
    answer=Account,
    status=201,
    problems=(EmailTaken, TooManyRequests),
    example=_REGISTER,
    runs=Runs.PASSWORD,
    body_limit=_BODY,
)
def register(command: Register, origin: CallersOrigin, accounts: Accounts) -> Account:
    """Register a buyer or a seller."""
    return account_shape(accounts.register(command, origin))


@operation(
    "POST",
    "/sessions",
    answer=Session,
    status=201,
    problems=(LoginFailed, TooManyAttempts, TooManyRequests),
    headers={
        "X-Device-Token": "What this device is known by at the next log-in.",
        "Set-Cookie": "The same for browsers.",
    },
    body_limit=_BODY,
    example={"email": "ada@example.com", "password": "correct horse battery"},
)
async def log_in(
    command: LogIn,
    cart_token: CartToken,
    origin: CallersDevice,
    accounts: Accounts,
    carts: Carts,
    executor: BlockingExecutor,
) -> Reply:
    """Log in.

    The cart of a guest's token that is shown goes over into the buyer's own. Wrong passwords are
    counted by account and address, or device where `X-Device-Token` (or its cookie) is shown.
    """
    session = await executor.do(Runs.PASSWORD, accounts.log_in, command, origin)
    body = Session(
        token=session.token, expires_at=session.expires_at, account=account_shape(session.account)
    )
    known = Reply(
        body=body,
        headers={"X-Device-Token": session.device},
        cookies=(device_cookie(session.device),),
    )
    if cart_token is None or session.account.role is not Role.BUYER:
        return known
    shopper = Shopper(
        buyer_id=BuyerId(session.account.id),
        guest_id=guest_id(cart_token),
        address=session.account.address,
    )
    try:
        await asyncio.wrap_future(carts.submit(CartChange(shopper=shopper)))
    except (
        Unavailable
    ):  # the log-in counts all the same: the cart goes over when its token is shown the next time
        return known
    return attrs.evolve(known, cookies=(*known.cookies, no_cart_cookie()))


@operation("DELETE", "/sessions/current", who=HOLDER, status=204)
def log_out(request: HttpRequest, accounts: Accounts) -> None:
    """Log out: the token counts no more."""
    accounts.log_out(bearer_token(headers_of(request.scope).get("authorization")))


@operation("GET", "/accounts/me", who=HOLDER, answer=AccountDetails, runs=Runs.KEY_READ)
def own_account(caller: CoreAccount) -> AccountDetails:
    """Who is logged in."""
    return holder_shape(caller)


@operation(
    "PATCH",
    "/accounts/me",
    who=HOLDER,
    answer=AccountDetails,
    problems=(StaleVersion,),
    body_limit=_BODY,
    media=("application/json", "application/merge-patch+json"),
    example={"name": "Ada L.", "address": _ADDRESS},
)
def change_account(
    command: ChangeAccount, caller: CoreAccount, accounts: Accounts
) -> AccountDetails:
    """Change name or address; an address of `null` takes it away. `personalised` says whether what
    was bought may be used to recommend, to the holder and to others.
    """
    return holder_shape(accounts.change(caller.id, command))
