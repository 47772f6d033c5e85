"""The shop that a command works on."""

import logging
import os
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from commerce_bootstrap.deployment import database_file
from commerce_bootstrap.setting_values import PartAway
from commerce_bootstrap.settings import Settings, load_settings
from commerce_bootstrap.settings_report import known_secrets
from commerce_cli.heap import loading, share_heaps, trimming
from commerce_cli.lean import without_frameworks
from commerce_cli.output import WrongCall

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop
    from commerce_core.accounts import Account

_LOG: Final = logging.getLogger("commerce.opening")
#: Seconds between two looks for a part that is away: at first, and at most.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 3.0
#: Called with a part that is away: waits so many seconds, and says whether to try again.
Wait: TypeAlias = Callable[[PartAway, float], bool]


@contextmanager
def open_shop(
    settings: Settings | None = None, *, level: int = logging.ERROR, log_format: str = "plain"
) -> "Generator[Shop]":
    """The shop that *settings* describe, until the block ends. Its log goes to standard error.
    Without *settings* it is the one that the environment describes, which must have been opened
    before.

    Raises:
        WrongSetting: a setting cannot be used.
        WrongCall: no shop was opened there.
    """
    if settings is None:
        settings = load_settings(os.environ)
        _check_opened_before(settings)
    share_heaps()

    with loading():
        with without_frameworks():
            from commerce_bootstrap.container import (
                build_shop,  # loads the engines: not for commands that need no shop
            )
        from commerce_bootstrap.logging import configure_logging

        configure_logging(log_format, level, known_secrets(settings, os.environ))
        shop = build_shop(settings)
    try:
        yield shop
    finally:
        shop.close()


def _check_opened_before(settings: Settings) -> None:
    file = database_file(settings.database_url)
    if file is not None and not file.exists():
        raise WrongCall(
            f"No shop was opened here: {file} does not exist. Go to the shop's folder, or set "
            "COMMERCE_DATABASE_URL."
        )


def opened_in_time(
    stack: ExitStack,
    settings: Settings,
    wait: Wait,
    *,
    level: int = logging.INFO,
) -> "Shop | None":
    """The shop, on *stack*, as soon as every server that it needs answers: they may be started in
    any order.

    *wait* is called with the part that is away and waits so many seconds; it answers whether to try
    again. ``None``: it said no.

    Raises:
        WrongSetting: a setting cannot be used, now or later.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            shop = stack.enter_context(
                open_shop(settings, level=level, log_format=settings.log_format)
            )
            stack.enter_context(trimming())
            return shop
        except PartAway as away:
            _LOG.warning("waiting for the %s: %s", away.part, away)
            if not wait(away, pause):
                return None
        pause = min(2 * pause, _LONGEST_PAUSE)


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
