"""The password of an account, and where its holder is logged in."""

from commerce_core.accounts import Account as CoreAccount
from commerce_core.accounts import ChangePassword, SessionNotFound, TooManyAttempts
from commerce_core.accounts.service import Credentials
from commerce_http.accounts.shapes import SessionList, session_list
from commerce_http.web.auth import HOLDER, bearer_token
from commerce_http.web.dependencies import HttpRequest
from commerce_http.web.frame import headers_of
from commerce_http.web.operations import CallersDevice, Runs, operation

_BODY = 1 << 14


@operation(
    "PUT",
    "/accounts/me/password",
    who=HOLDER,
    status=204,
    problems=(TooManyAttempts,),
    runs=Runs.PASSWORD,
    body_limit=_BODY,
    example={"current": "correct horse battery", "new": "another horse battery"},
)
def change_password(
    command: ChangePassword,
    request: HttpRequest,
    caller: CoreAccount,
    origin: CallersDevice,
    credentials: Credentials,
) -> None:
    """Choose another password. All other sessions end."""
    credentials.change_password(caller, command, _token(request), origin)


@operation("GET", "/sessions", who=HOLDER, answer=SessionList)
def list_sessions(
    request: HttpRequest, caller: CoreAccount, credentials: Credentials
) -> SessionList:
    """Where the caller is logged in, newest first."""
    return session_list(credentials.sessions(caller.id, _token(request)))


@operation("DELETE", "/sessions", who=HOLDER, status=204)
def end_sessions(caller: CoreAccount, credentials: Credentials) -> None:
    """Log out everywhere, here too."""
    credentials.end_sessions(caller.id)


@operation("DELETE", "/sessions/{session_id}", who=HOLDER, status=204, problems=(SessionNotFound,))
def end_session(session_id: str, caller: CoreAccount, credentials: Credentials) -> None:
    """Log one of the caller's devices out."""
    credentials.end_session(caller.id, session_id)


def _token(request: HttpRequest) -> str:
    return bearer_token(headers_of(request.scope).get("authorization"))
