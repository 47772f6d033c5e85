"""Accounts: who buys, who sells, who operates, and how they log in."""

from commerce_core.accounts.commands import ChangeAccount, LogIn, Register
from commerce_core.accounts.errors import AccountNotFound, EmailTaken, LoginFailed, SessionUnknown, TooManyAttempts
from commerce_core.accounts.model import Account, LoggedIn, LoginFailures, Role, Session
from commerce_core.accounts.ports import AccountBook, PasswordHasher, SecretBook, TokenFactory

__all__ = [
    "Account",
    "AccountBook",
    "AccountNotFound",
    "ChangeAccount",
    "EmailTaken",
    "LogIn",
    "LoggedIn",
    "LoginFailed",
    "LoginFailures",
    "PasswordHasher",
    "Register",
    "Role",
    "SecretBook",
    "Session",
    "SessionUnknown",
    "TokenFactory",
    "TooManyAttempts",
]
