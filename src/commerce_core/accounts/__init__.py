"""Accounts: who buys, who sells, who operates, and how they log in."""

from commerce_core.accounts.commands import ChangeAccount, LogIn, Register
from commerce_core.accounts.errors import (
    AccountNotFound,
    EmailTaken,
    LoginFailed,
    SessionUnknown,
    TooManyAttempts,
    TooManyRequests,
)
from commerce_core.accounts.model import (
    Account,
    Attempts,
    Buyer,
    Limits,
    LoggedIn,
    Origin,
    Role,
    Session,
)
from commerce_core.accounts.ports import (
    MARKS_HOLD,
    AccountRepository,
    PasswordHasher,
    SecretStore,
    TokenFactory,
)

__all__ = [
    "MARKS_HOLD",
    "Account",
    "AccountNotFound",
    "AccountRepository",
    "Attempts",
    "Buyer",
    "ChangeAccount",
    "EmailTaken",
    "Limits",
    "LogIn",
    "LoggedIn",
    "LoginFailed",
    "Origin",
    "PasswordHasher",
    "Register",
    "Role",
    "SecretStore",
    "Session",
    "SessionUnknown",
    "TokenFactory",
    "TooManyAttempts",
    "TooManyRequests",
]
