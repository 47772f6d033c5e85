"""RabbitMQ by address."""

from collections.abc import Callable, Sequence

from commerce_core.kernel.messaging import Consumer, DeadLetter
from commerce_core.plugins import PluginContext
from commerce_rabbitmq.broker import RabbitBroker


def open_broker(
    url: str, context: PluginContext, consumers: Sequence[Consumer],
    park: Callable[[Sequence[DeadLetter]], None]
) -> RabbitBroker:  # fmt: skip
    """Delivery through the broker at *url*, to *consumers* wherever they run."""
    return RabbitBroker(url, {c.name: c.follows for c in consumers}, park, context.clock)
