"""The shop that a command works on."""

import ctypes
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from commerce_bootstrap.settings import Settings, load_settings
from commerce_cli.output import WrongCall

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop
    from commerce_core.accounts import Account


@contextmanager
def open_shop(settings: Settings | None = None, *, level: int = logging.ERROR, log_format: str = "plain") -> "Generator[Shop]":
    """The shop that *settings*, or else the environment, describe, until the block ends. Its log goes to standard error.

    Raises:
        WrongSetting: a setting cannot be used.
    """
    settings = settings or load_settings(os.environ)
    _share_heaps()

    from commerce_bootstrap.container import build_shop  # loads the engines: not for commands that need no shop
    from commerce_bootstrap.logging import configure_logging

    configure_logging(log_format, level)
    shop = build_shop(settings)
    try:
        yield shop
    finally:
        shop.close()


def _share_heaps() -> None:
    """Let threads share two heaps, where the C library has a say in it (glibc: M_ARENA_MAX).

    By default each thread gets one of its own, which keeps what was freed in it: after an import of 20,000 products a
    serving process held 350 MB instead of 150.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(-8, 2)


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
