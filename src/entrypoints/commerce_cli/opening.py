"""The shop that a command works on."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from commerce_bootstrap.settings import Settings, load_settings
from commerce_cli.output import WrongCall

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop
    from commerce_core.accounts import Account


@contextmanager
def open_shop(settings: Settings | None = None, *, level: int = logging.ERROR, log_format: str = "plain") -> "Iterator[Shop]":
    """The shop that *settings*, or else the environment, describe, until the block ends. Its log goes to standard error.

    Raises:
        WrongSetting: a setting cannot be used.
    """
    settings = settings or load_settings(os.environ)

    from commerce_bootstrap.container import build_shop  # loads the engines: not for commands that need no shop
    from commerce_bootstrap.logging import configure_logging

    configure_logging(log_format, level)
    shop = build_shop(settings)
    try:
        yield shop
    finally:
        shop.close()


def seller_of(shop: "Shop", email: str) -> "Account":
    """The seller's account of *email*.

    Raises:
        AccountNotFound: nobody registered with it.
        WrongCall: it is no seller's.
    """
    from commerce_core.accounts import Role

    account = shop.accounts.by_email(email)
    if account.role is not Role.SELLER:
        raise WrongCall(f"{email} is no seller, but a {account.role.value}.")
    return account
