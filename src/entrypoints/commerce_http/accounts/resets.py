"""Links that are sent by mail: for a forgotten password, and for another e-mail address."""

from commerce_core.accounts import Account as CoreAccount
from commerce_core.accounts import (
    AskReset,
    ChangeEmail,
    ChooseNew,
    EmailTaken,
    LinkUnknown,
    TooManyAttempts,
    TooManyRequests,
)
from commerce_core.accounts.service import Resets
from commerce_core.kernel.errors import StaleVersion
from commerce_http.web.auth import HOLDER
from commerce_http.web.operations import CallersDevice, CallersOrigin, Runs, operation

_BODY = 1 << 14


@operation(
    "POST",
    "/password-resets",
    status=202,
    problems=(TooManyRequests,),
    body_limit=_BODY,
    example={"email": "ada@example.com"},
)
def ask_password_reset(command: AskReset, origin: CallersOrigin, resets: Resets) -> None:
    """Have a link sent by which a new password is chosen.

    202 whether or not there is such an account. An address gets five mails within an hour at most.
    """
    resets.ask(command, origin)


@operation(
    "PUT",
    "/password-resets/{token}",
    status=204,
    problems=(LinkUnknown, TooManyRequests),
    runs=Runs.PASSWORD,
    body_limit=_BODY,
    example={"new": "another horse battery"},
)
def choose_password(token: str, command: ChooseNew, origin: CallersOrigin, resets: Resets) -> None:
    """Choose a new password, once and within 30 minutes. All sessions of the account end."""
    resets.choose(token, command, origin)


@operation(
    "POST",
    "/email-changes",
    who=HOLDER,
    status=202,
    problems=(TooManyAttempts, TooManyRequests),
    runs=Runs.PASSWORD,
    body_limit=_BODY,
    example={"email": "ada.l@example.com", "password": "correct horse battery"},
)
def ask_email_change(
    command: ChangeEmail, caller: CoreAccount, origin: CallersDevice, resets: Resets
) -> None:
    """Have a link sent to another e-mail address. Until it is used all stays as it is."""
    resets.ask_change(caller, command, origin)


@operation(
    "PUT",
    "/email-changes/{token}",
    status=204,
    problems=(LinkUnknown, EmailTaken, StaleVersion, TooManyRequests),
)
def confirm_email_change(token: str, origin: CallersOrigin, resets: Resets) -> None:
    """Confirm the new address, once and within a day."""
    resets.confirm_change(token, origin)
