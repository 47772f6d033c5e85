"""Who follows which events, and handing them over one consumer at a time."""

from collections.abc import Mapping, Sequence
from typing import Final

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Rejected
from commerce_core.kernel.messaging import Consumer, DeadLetter, Message

_ORDER_EVENTS: Final = (
    "orders.order_created.v1",
    "orders.inventory_reserved.v1",
    "orders.payment_completed.v1",
    "orders.payment_declined.v1",
    "orders.shipment_ready.v1",
    "orders.order_completed.v1",
    "orders.payment_refunded.v1",
    "orders.inventory_released.v1",
    "orders.order_cancelled.v1",
)

#: Which event wakes which consumer: the wire names that each consumer, known by its own name, follows.
SUBSCRIPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "search-indexer": ("catalog.item_changed.v1", "inventory.availability_changed.v1"),
    "seller-orders": _ORDER_EVENTS,
}


def deliver(consumer: Consumer, messages: Sequence[Message], clock: Clock) -> Sequence[DeadLetter]:
    """Have *consumer* take *messages*; those that it can never take, each with its reason. Halves a group down to the bad ones.

    Raises:
        Unavailable: the consumer cannot take them now; all are to be delivered again.
    """
    if not messages:
        return []
    try:
        consumer.handle(messages)
    except Rejected as error:
        if len(messages) == 1:
            reason = f"{error.code}: {error.detail}"
            return [DeadLetter(message=messages[0], consumer=consumer.name, reason=reason, parked_at=clock.now())]
        middle = len(messages) // 2
        return [*deliver(consumer, messages[:middle], clock), *deliver(consumer, messages[middle:], clock)]
    return []
