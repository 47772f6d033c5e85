"""Whether a simulated shop has kept every promise that it made to a buyer."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Final

import attrs

from commerce_core.accounts import Account
from commerce_core.checkout import Placed, PlaceOrder, SagaRow
from commerce_core.kernel.audit import Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import MessageId, OrderId
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.orders import OrderState
from commerce_core.shipping import Booked
from commerce_testkit.examined import Examined
from commerce_testkit.memory.broker import MemoryBroker

_ENDINGS: Final = frozenset({"orders.order_completed.v1", "orders.order_cancelled.v1"})


@attrs.define(kw_only=True, eq=False)
class OrderAttempt:
    """An order that a buyer tries to place under one idempotency key, and its answers."""

    buyer: Account
    command: PlaceOrder
    key: str
    answer: "Future[Placed] | None" = None
    placed: Placed | None = None
    refused: bool = False
    cancel_accepted: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the buyer does not know yet what became of it."""
        return self.placed is None and not self.refused


class ListeningBroker(MemoryBroker):
    """Takes every message, remembers which facts were published of which order, and hands them to
    *consumers*.
    """

    def __init__(self, clock: Clock, consumers: Sequence[Consumer] = ()) -> None:
        super().__init__(consumers, lambda _: None, clock)
        self.published: dict[str, set[str]] = {}

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        for message in messages:
            self.published.setdefault(message.partition_key, set()).add(message.name)
        return super().publish(messages)


def violation(invariant: str, subject: str, detail: str) -> Violation:
    """That *invariant* does not hold of an order."""
    return Violation(invariant=invariant, subject=f"order {subject}", detail=detail)


def broken_promises(
    examined: Examined,
    attempts: Sequence[OrderAttempt],
    published: Mapping[str, set[str]],
    rows: Mapping[OrderId, SagaRow],
    now: datetime,
) -> Iterator[Violation]:
    """Where buyers, the gateway and the carrier got a wrong answer, of a shop at rest.

    Args:
        examined: the shop, with its gateway and its carrier.
        attempts: what buyers tried to order, and how they were answered.
        published: the names of the events that were published, by order.
        rows: all sagas.
        now: handles that can still be charged at this time are left over.
    """
    for attempt in attempts:
        if attempt.placed is not None:
            yield from _of_buyer(attempt, attempt.placed.key.order_id, rows)
    if left := examined.gateway.unclaimed(now, 1_000):
        yield violation("L8", left[0][0], "its handle can still be charged")
    for order_id, row in rows.items():
        booked = isinstance(examined.carrier.find_by_reference(order_id), Booked)
        yield from _of_outside(order_id, row.saga.state, booked, published.get(order_id, set()))


def _of_buyer(
    attempt: OrderAttempt, order_id: OrderId, rows: Mapping[OrderId, SagaRow]
) -> Iterator[Violation]:
    row = rows.get(order_id)
    if row is None:
        yield violation("S12", order_id, "its buyer has a confirmation of it, and it is gone")
    elif attempt.cancel_accepted and row.saga.state is OrderState.COMPLETED:
        yield violation("L2", order_id, "its cancellation was accepted, and it was completed")


def _of_outside(
    order_id: OrderId, state: OrderState, booked: bool, published: set[str]
) -> Iterator[Violation]:
    if booked != (state is OrderState.COMPLETED):
        parcel = "has" if booked else "has no"
        yield violation("L2", order_id, f"{state.value}, and the carrier {parcel} parcel")
    endings = published & _ENDINGS
    if endings != {f"orders.order_{state.value.lower()}.v1"}:
        yield violation("L6", order_id, f"{state.value}, and published {sorted(endings)}")
