"""What no order asks for any more: handles that were prepared in vain, and charges that landed after all was undone."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from commerce_core.checkout.model import OpenRefund
from commerce_core.checkout.ports import MoneyFact, OwedRefund, SagaRow
from commerce_core.checkout.service.record import Books
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import OrderState
from commerce_core.payment import PaymentGateway, Refunded

#: How long a prepared handle may wait for its order.
_UNCLAIMED_AFTER: Final = timedelta(hours=1)


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
            for order_id, handle in waiting:
                if order_id not in needed:
                    gateway.cancel(handle)
                    cancelled += 1
        return cancelled

    def _needed(self, order_ids: Sequence[OrderId]) -> set[OrderId]:
        """The orders that exist and may still be charged. One that was undone before it was charged would fill the list for ever."""
        with self._on.database.snapshot() as tx:
            rows: Sequence[SagaRow] = self._on.sagas.rows(tx, list(self._on.orders.keys_of(tx, order_ids).values())) if order_ids else ()
        return {row.saga.key.order_id for row in rows if row.saga.state is not OrderState.CANCELLED}

    def _refund_owed(self, limit: int) -> int:
        """The intent first, then the call, then the fact: a run that dies in between is made good by the next."""
        with self._on.database.begin() as tx:
            owed = self._on.sagas.owed_refunds(tx, limit)
            reason = "charged after the order was cancelled"
            self._on.sagas.open_refunds(tx, {o.key: (OpenRefund(o.capture_ref, reason), o.amount) for o in owed})
            tx.commit()
        return sum(self._refund(one) for one in owed)

    def _refund(self, owed: OwedRefund) -> bool:
        with self._on.database.snapshot() as tx:
            order = self._on.orders.load(tx, [owed.key])[owed.key.order_id].order
        key = f"{owed.key.order_id}:refund:late:{owed.capture_ref}"
        outcome = self._gateways[order.handle.gateway].refund(order.handle, 1, owed.amount, key)
        if not isinstance(outcome, Refunded):
            return False
        with self._on.database.begin() as tx:
            fact = MoneyFact(key=owed.key, ref=outcome.ref, kind="refund", amount=outcome.amount)
            self._on.sagas.record_facts(tx, [fact], self._clock.now())
            tx.commit()
        return True
