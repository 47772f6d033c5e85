"""Accounts and sessions."""

import asyncio

import attrs

from commerce_core.accounts import (
    Account,
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
from commerce_core.kernel.address import Address
from commerce_core.kernel.errors import StaleVersion, Unavailable
from commerce_core.kernel.ids import BuyerId
from commerce_http.web.answers import MomentOut, Reply, Shape
from commerce_http.web.auth import HOLDER, bearer_token, device_cookie, no_cart_cookie
from commerce_http.web.dependencies import HttpRequest
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.frame import RequestHeaders
from commerce_http.web.operations import CallersDevice, CallersOrigin, CartToken, Runs, operation


class AccountOut(Shape):
    """An account as its holder sees it."""

    account_id: str
    email: str
    name: str
    role: str


class AddressOut(Shape):
    """Where parcels go."""

    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str


class AccountDetailsOut(AccountOut):
    """An account with its address."""

    address: AddressOut | None


class SessionOut(Shape):
    """A session: ``Authorization: Bearer <token>`` from now on."""

    token: str
    expires_at: MomentOut
    account: AccountOut


_REGISTER = {
    "email": "ada@example.com",
    "password": "correct horse battery",
    "name": "Ada",
    "role": "buyer",
}
#: Bytes of what somebody who need not be known may send.
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
    answer=AccountOut,
    status=201,
    problems=(EmailTaken, TooManyRequests),
    example=_REGISTER,
    runs=Runs.PASSWORD,
    body_limit=_BODY,
)
def register(command: Register, origin: CallersOrigin, accounts: Accounts) -> AccountOut:
    """Register a buyer or a seller."""
    return account_out(accounts.register(command, origin))


@operation(
    "POST",
    "/sessions",
    answer=SessionOut,
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
    body = SessionOut(
        token=session.token, expires_at=session.expires_at, account=account_out(session.account)
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
    accounts.log_out(bearer_token(RequestHeaders(request.scope).get("authorization")))


@operation("GET", "/accounts/me", who=HOLDER, answer=AccountDetailsOut, runs=Runs.KEY_READ)
def own_account(caller: Account) -> AccountDetailsOut:
    """Who is logged in."""
    return holder_out(caller)


@operation(
    "PATCH",
    "/accounts/me",
    who=HOLDER,
    answer=AccountDetailsOut,
    problems=(StaleVersion,),
    body_limit=_BODY,
    media=("application/json", "application/merge-patch+json"),
    example={"name": "Ada L.", "address": _ADDRESS},
)
def change_account(
    command: ChangeAccount, caller: Account, accounts: Accounts
) -> AccountDetailsOut:
    """Change name or address; an address of `null` takes it away."""
    return holder_out(accounts.change(caller.id, command))


def account_out(account: Account) -> AccountOut:
    """*account* as it is told to its holder."""
    return AccountOut(
        account_id=account.id, email=account.email, name=account.name, role=account.role.value
    )


def holder_out(account: Account) -> AccountDetailsOut:
    """*account* with its address."""
    return AccountDetailsOut(
        account_id=account.id,
        email=account.email,
        name=account.name,
        role=account.role.value,
        address=address_out(account.address),
    )


def address_out(address: Address | None) -> AddressOut | None:
    """*address* as it is told."""
    return AddressOut(**attrs.asdict(address)) if address else None
