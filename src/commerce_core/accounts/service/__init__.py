"""The verbs of accounts: open them, log in and out, know who calls, export and erase."""

from commerce_core.accounts.service.accounts import Accounts, digest_of
from commerce_core.accounts.service.credentials import Credentials
from commerce_core.accounts.service.guesses import Guesses
from commerce_core.accounts.service.own_data import AccountData, OwnData
from commerce_core.accounts.service.passwords import Passwords, address_key, clean_password
from commerce_core.accounts.service.resets import Links, Resets
from commerce_core.accounts.service.together import AccountServices

__all__ = [
    "AccountData",
    "AccountServices",
    "Accounts",
    "Credentials",
    "Guesses",
    "Links",
    "OwnData",
    "Passwords",
    "Resets",
    "address_key",
    "clean_password",
    "digest_of",
]
