"""Operators of a simulated shop: they decide where only a person can, at any time."""

from collections.abc import Iterable
from contextlib import suppress
from random import Random
from typing import Final

from commerce_core.assembly import Services
from commerce_core.audit import OperatorDecision
from commerce_core.checkout import Accepted, CallUnknown, Refused, SagaRow
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import OrderState
from commerce_core.payment import Captured, Declined, PaymentGateway, Voided

_DECISION: Final = OperatorDecision(
    actor="operator", reason="it takes too long", evidence="the books"
)


def decide(services: Services, gateway: PaymentGateway, order_id: OrderId, random: Random) -> None:
    """Resolve a step that waits, give up on a parcel, or tell what *gateway*'s books show of a
    charge.

    Raises:
        CommerceError: it cannot be decided now.
    """
    row, view = services.operations.show(order_id)
    if row.saga.waiting is not None:
        _resolve(services, order_id, random)
        return
    if row.saga.state is OrderState.SHIPPING:
        services.operations.compensate(order_id, _DECISION)
        return
    known = gateway.fetch(view.order.handle)
    if isinstance(known, (Captured, Declined, Voided)):
        services.operations.resolve(order_id, known, _DECISION)


def resolve_what_waits(services: Services, rows: Iterable[SagaRow], random: Random) -> None:
    """Decide over every step of *rows* that waits for a person: nothing else ends it. One that is
    asked again just now, by a process that may have died over it, has to wait.
    """
    for row in rows:
        if row.saga.waiting is not None:
            with suppress(CallUnknown):
                _resolve(services, row.saga.key.order_id, random)


def _resolve(services: Services, order_id: OrderId, random: Random) -> None:
    said = random.choice((Accepted(), Refused("refused", "nobody knows the buyer")))
    services.operations.resolve(order_id, said, _DECISION)
