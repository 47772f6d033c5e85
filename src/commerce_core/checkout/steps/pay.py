"""Calls to a gateway for the money of an order: when one is sent, when it is only looked up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from commerce_core.checkout.model import (
    CallStatus,
    GivenBack,
    Operation,
    OrderSaga,
    OutsideCall,
    TryAnew,
    call_key,
)
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.money import Money
from commerce_core.orders import Order, OrderKey
from commerce_core.payment import Charge, NeedsBuyer, PaymentGateway, PaymentUnknown

#: So often a call is sent under one key while its gateway shows nothing of it; and there are so
#: many keys at most.
_SENDS: Final = 5
_ATTEMPTS: Final = 5


@attrs.frozen
class LookedUp:
    """An answer that was only looked up, for nothing may be sent any more (rule 3): a person is to
    know of it.
    """

    outcome: object


def pay(
    gateway: PaymentGateway,
    order: Order,
    call: OutsideCall,
    captured: Money,
    tries: int,
    clock: Clock,
) -> object:
    """Send *call*, a charge or a refund of what was *captured*, or look up what became of it.

    After *unknown* a look-up comes first (rule 4): only what the gateway's books do not show is
    sent again. *tries* is how often it was tried in vain; a key that leads nowhere is given up for
    another one, as long as any may be sent.
    """
    too_old = is_too_old(gateway, call, clock.now())
    if not too_old and call.status is not CallStatus.UNKNOWN:
        return _send(gateway, order, call, captured)
    shown = _look_up(gateway, order, call, captured)
    if too_old:
        return LookedUp(shown)
    if not isinstance(shown, PaymentUnknown) or shown.retry_after is not None:
        return shown
    return (
        TryAnew()
        if tries > _SENDS * call.attempt and call.attempt < _ATTEMPTS
        else _send(gateway, order, call, captured)
    )


def look_for_buyer(gateway: PaymentGateway, order: Order, saga: OrderSaga, clock: Clock) -> object:
    """What became of a charge whose buyer has to act.

    It is sent where that may carry it on: where the buyer has brought something back, or where
    nothing was sent before and the gateway does not ask for the buyer any more. A handle permits
    one charge, whoever was first.
    """
    shown = gateway.fetch(order.handle)
    call = saga.calls[Operation.CHARGE]
    brought_back = saga.returned is not None
    carried_on = (
        shown.retry_after is None and (brought_back or call.status is CallStatus.INTENT)
        if isinstance(shown, PaymentUnknown)
        else brought_back and isinstance(shown, NeedsBuyer)
    )
    if not carried_on or is_too_old(gateway, call, clock.now()):
        return shown
    return _send(gateway, order, call, saga.captured, saga.returned)


def is_too_old(gateway: PaymentGateway, call: OutsideCall, now: datetime) -> bool:
    """Whether the key of *call* may be forgotten soon: its age counts from its own intent, never
    from the order's (rule 3).
    """
    return call.intended_at is not None and now > (
        call.intended_at + gateway.capabilities().sendable_for
    )


def _send(
    gateway: PaymentGateway,
    order: Order,
    call: OutsideCall,
    captured: Money,
    returned: Mapping[str, str] | None = None,
) -> object:
    key = call_key(OrderKey(order.buyer_id, order.id), call)
    if call.operation == Operation.CHARGE:
        memo = (call.response or {}).get("memo")
        return gateway.confirm(Charge(order.handle, key, memo=memo, returned=returned))
    return gateway.refund(order.handle, call.subject_no, call.amount or captured, key)


def _look_up(gateway: PaymentGateway, order: Order, call: OutsideCall, captured: Money) -> object:
    """What the gateway's books show; ``PaymentUnknown`` where the call is missing in them."""
    if call.operation == Operation.CHARGE:
        return gateway.fetch(order.handle)
    requested = call.amount or captured
    shown = GivenBack(tuple(entry for entry in gateway.books([order.id]) if entry.kind == "refund"))
    missing = captured.minor - shown.of(captured.currency)
    return (
        PaymentUnknown("its books do not show the refund") if missing >= requested.minor else shown
    )
