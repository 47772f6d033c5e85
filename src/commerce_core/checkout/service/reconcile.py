"""What no order asks for any more: handles that were prepared in vain, and charges that landed after all was undone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from commerce_core.checkout.model import OpenRefund, Operation, OutsideCall, call_key
from commerce_core.checkout.ports import MoneyFact, OwedRefund, SagaRow
from commerce_core.checkout.service.record import Books
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import Order, OrderState
from commerce_core.payment import PaymentGateway, Refunded

#: How long a prepared handle may wait for its order.
_UNCLAIMED_AFTER: Final = timedelta(hours=1)

T = TypeVar("T")
R = TypeVar("R")


class Reconciliation:
    """Runs now and then; each run is idempotent and may be interrupted anywhere."""

    def __init__(self, books: Books, gateways: Mapping[str, PaymentGateway], clock: Clock) -> None:
        self._on = books
        self._gateways = gateways
        self._clock = clock

    def run_once(self, limit: int) -> int:
        """Cancel handles that no order needs, refund captures on cancelled orders; how many of both."""
        return self._cancel_unclaimed(limit) + self._refund_owed(limit)

    def _cancel_unclaimed(self, limit: int) -> int:
        cancelled = 0
        for gateway in self._gateways.values():
            waiting = gateway.unclaimed(self._clock.now() - _UNCLAIMED_AFTER, limit)
            needed = self._needed([order_id for order_id, _ in waiting])
            vain = [handle for order_id, handle in waiting if order_id not in needed]
            _each(vain, gateway.cancel)
            cancelled += len(vain)
        return cancelled

    def _needed(self, order_ids: Sequence[OrderId]) -> set[OrderId]:
        """The orders that exist and may still be charged. One that was undone before it was charged would fill the list for ever."""
        with self._on.database.snapshot() as tx:
            rows: Sequence[SagaRow] = self._on.sagas.rows(tx, list(self._on.orders.keys_of(tx, order_ids).values())) if order_ids else ()
        return {row.saga.key.order_id for row in rows if row.saga.state is not OrderState.CANCELLED}

    def _refund_owed(self, limit: int) -> int:
        """The intent first, then the call, then the fact: a run that dies in between is made good by the next."""
        with self._on.database.begin() as tx:
            owed = {o.key: o for o in reversed(self._on.sagas.owed_refunds(tx, limit))}  # one of an order at a time, the first
            reason = "charged after the order was cancelled"
            numbers = self._on.sagas.open_refunds(tx, {o.key: (OpenRefund(o.capture_ref, reason), o.amount) for o in owed.values()})
            orders = self._on.orders.load(tx, list(owed))
            tx.commit()
        return sum(_each(owed.values(), lambda o: self._refund(o, orders[o.key.order_id].order, numbers[o.key])))

    def _refund(self, owed: OwedRefund, order: Order, no: int) -> bool:
        handle = order.handle
        call = OutsideCall(
            operation=Operation.REFUND, gateway=handle.gateway, account=handle.account, digest=order.digest, subject_no=no
        )  # fmt: skip
        outcome = self._gateways[handle.gateway].refund(handle, no, owed.amount, call_key(owed.key, call))
        if not isinstance(outcome, Refunded):
            return False
        with self._on.database.begin() as tx:
            fact = MoneyFact(key=owed.key, ref=outcome.ref, kind="refund", amount=outcome.amount)
            self._on.sagas.record_facts(tx, [fact], self._clock.now())
            tx.commit()
        return True


def _each(things: Iterable[T], act: Callable[[T], R]) -> list[R]:
    """Act on each; one that fails keeps no other from its turn, and is told of when all had theirs."""
    done: list[R] = []
    failed: Exception | None = None
    for thing in things:
        try:
            done.append(act(thing))
        except Exception as error:  # noqa: BLE001 (a gateway that chokes on one handle must not keep the others' money)
            failed = failed or error
    if failed is not None:
        raise failed
    return done
