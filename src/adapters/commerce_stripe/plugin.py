"""Stripe by address."""

import logging
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import stripe

from commerce_core.plugins import PluginContext, name_of, options
from commerce_stripe.failures import reason_of
from commerce_stripe.gateway import StripeAccount, StripeGateway
from commerce_stripe.notices import StripeNotices, secrets_in

_LOG: Final = logging.getLogger("commerce.stripe")
_KEY: Final = "STRIPE_SECRET_KEY"
_LONGEST_KEY: Final = 4_096
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")


def open_gateway(url: str, context: PluginContext) -> StripeGateway:
    """Payments to the account that *url* names:
    ``stripe://acct_1AbC?key_file=/run/secrets/stripe&return_url=https://shop.example.com/paid``.

    Options: ``return_url`` (where a bank sends the buyer back to; it must be there), ``key_env``
    (the variable that holds the secret key: ``STRIPE_SECRET_KEY``) or ``key_file`` (a file with
    it; it counts before the variable), ``shop`` (tells this shop's payments from others on the
    account), ``api`` (another address than Stripe's own; ``http://`` on this machine alone).

    Raises:
        ValueError: the address names no account or no way back, there is no key, it is not
            accepted, or it belongs to another account; the file of secrets holds none, or an
            empty one.
        OSError: a file cannot be read.
    """
    said = options(url)
    account = urlsplit(url).netloc
    if not account.startswith("acct_"):
        raise ValueError("the address names no account: stripe://acct_…")
    if "return_url" not in said:
        raise ValueError("return_url=… says where a bank sends the buyer back to")
    key = _key_of(said)
    client = _client(key, said.get("api"), context.call_timeout.total_seconds())
    _check_account(client, account)
    mode = "live" if "_live_" in key else "test"
    where = StripeAccount(
        gateway=name_of(url),
        name=f"{account}/{mode}",
        shop=said.get("shop", "shop"),
        return_url=said["return_url"],
    )
    return StripeGateway(client, where, context.clock, _notices(said, where))


def _notices(said: dict[str, str], account: StripeAccount) -> StripeNotices | None:
    if "notices_file" not in said:
        return None
    return StripeNotices(secrets_in(Path(said["notices_file"])), account.name, account.shop)


def _key_of(said: dict[str, str]) -> str:
    if "key_file" in said:
        with Path(said["key_file"]).open(encoding="utf-8") as file:
            key = file.read(_LONGEST_KEY).strip()
    else:
        key = os.environ.get(said.get("key_env", _KEY), "").strip()
    if not key:
        raise ValueError(f"there is no secret key; key_file=PATH or the variable {_KEY} holds it")
    return key


def _client(key: str, api: str | None, seconds: float) -> stripe.StripeClient:
    """One that does neither repeat calls nor report about them: the saga repeats."""
    if api is not None:
        parts = urlsplit(api)
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise ValueError("api must be https://, or http:// on this machine")
    stripe.enable_telemetry = False
    # Below a warning it writes requests and answers down, with what only the buyer may see.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    return stripe.StripeClient(
        key,
        http_client=stripe.RequestsClient(timeout=seconds),
        max_network_retries=0,
        base_addresses={"api": api} if api else None,
    )


def _check_account(client: stripe.StripeClient, account: str) -> None:
    try:
        found = client.v1.accounts.retrieve_current().id
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise ValueError(reason_of(error)) from error
    except stripe.StripeError as error:
        _LOG.warning("the account was not compared: %s", reason_of(error))
        return
    if found != account:
        raise ValueError(f"the key belongs to the account {found}")
