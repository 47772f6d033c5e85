"""A broker at an address: an event that is published waits for the consumer that follows it."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.plugins import BROKERS, PluginContext, load
from commerce_local.clock import SystemClock

_PATIENCE = 90

address = sys.argv[1]


class Mailer(Consumer):
    """Follows one event; what waits for it is looked at below."""

    name = "mailer"
    follows = ("order-placed",)

    def handle(self, messages: Sequence[Message]) -> None:
        raise AssertionError("nothing is handed to it here")


context = PluginContext(currency="USD", clock=SystemClock())
broker = load(BROKERS, address)(address, context, [Mailer()], print)
placed = Message(
    id=MessageId("m1"),
    name="order-placed",
    partition_key="o1",
    occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    payload={"number": 1},
)
assert broker.publish([placed]) == [placed.id]
queue, until = broker.queues()["mailer"], time.monotonic() + _PATIENCE
while not (received := queue.receive(10)):
    assert time.monotonic() < until
assert [delivery.message for delivery in received] == [placed]
queue.settle(received)
broker.close()
