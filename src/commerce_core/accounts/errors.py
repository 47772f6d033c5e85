"""Refusals about accounts."""

from commerce_core.kernel.errors import Conflict, NotFound, Unauthorized, Unavailable


class EmailTaken(Conflict):
    """There is an account with this address."""

    code = "email-taken"


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account-not-found"


class LoginFailed(Unauthorized):
    """The address is not known or the password is not its own; which of the two is not said."""

    code = "login-failed"


class SessionUnknown(Unauthorized):
    """The token is none of ours, has run out, or was logged out."""

    code = "session-unknown"


class LinkUnknown(NotFound):
    """A link that was sent by mail is not known, was used, or has run out."""

    code = "link-unknown"


class SessionNotFound(NotFound):
    """The account has no such session (any more)."""

    code = "session-not-found"


class TooManyAttempts(Unavailable):
    """Too many log-ins have failed, to this account from this origin or to many from it: no
    password is checked for a while.
    """

    code = "too-many-attempts"

    def __init__(self, seconds: int) -> None:
        super().__init__("too many log-ins have failed; try again later")
        self.retry_after = max(1, seconds)


class TooManyRequests(Unavailable):
    """One origin registers, logs in, or begins carts more often than it may."""

    code = "too-many-requests"

    def __init__(self, seconds: int) -> None:
        super().__init__("too many of these requests came from your address; try again later")
        self.retry_after = max(1, seconds)
