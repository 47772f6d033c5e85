"""Sandbox gateway, sandbox carrier and in-process delivery by address."""

from collections.abc import Callable, Sequence

from commerce_core.kernel.messaging import Consumer, DeadLetter
from commerce_core.plugins import PluginContext, file_path, options
from commerce_local.broker import LocalBroker
from commerce_local.sandbox_carrier import SandboxCarrier
from commerce_local.sandbox_gateway import SandboxGateway


def open_gateway(url: str, context: PluginContext) -> SandboxGateway:
    """The sandbox gateway whose books are in the file that *url* names; its option ``account``
    distinguishes accounts.
    """
    return SandboxGateway(
        file_path(url, "var/sandbox-payments.db"),
        context.clock,
        options(url).get("account", "sandbox"),
    )


def open_carrier(url: str, context: PluginContext) -> SandboxCarrier:
    """The sandbox carrier whose books are in the file that *url* names."""
    return SandboxCarrier(file_path(url, "var/sandbox-carrier.db"))


def open_broker(
    url: str,
    context: PluginContext,
    consumers: Sequence[Consumer],
    park: Callable[[Sequence[DeadLetter]], None],
) -> LocalBroker:
    """Delivery through the queues in the shop's own database.

    Raises:
        ValueError: the shop's database has none.
    """
    if context.queues is None:
        raise ValueError("the shop's database has no queues")
    return LocalBroker(context.queues)
