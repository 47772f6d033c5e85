"""What no order needs any more: handles that were prepared in vain, and charges that landed
after all was undone.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.checkout.errors import RefundOverdue
from commerce_core.checkout.model import CallStatus, OpenRefund, OutsideCall
from commerce_core.checkout.ports import SagaRow, SagaStore
from commerce_core.checkout.service.transition import money_facts
from commerce_core.checkout.steps.give_back import given_back, refund_of
from commerce_core.checkout.steps.own import no_answer
from commerce_core.checkout.steps.pay import LookedUp, pay
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.in_turn import each_in_turn
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database
from commerce_core.orders import Order, OrderKey, OrderRepository, OrderState
from commerce_core.payment import PaymentGateway

#: How long a prepared handle may wait for its order.
_UNCLAIMED_AFTER: Final = timedelta(hours=1)
#: A refund is tried about so often: it counts as tried in vain once for each.
_ONE_TRY: Final = timedelta(minutes=1)
_CHARGED_LATE: Final = "charged after the order was cancelled"


@attrs.frozen(kw_only=True)
class _Owed:
    """A refund to make of an order that is over; *captured* is all that was ever taken of it in
    that currency.
    """

    order: Order
    call: OutsideCall
    captured: Money

    @property
    def key(self) -> OrderKey:
        return OrderKey(self.order.buyer_id, self.order.id)


class Reconciliation:
    """Runs now and then; each run is idempotent and may be interrupted anywhere."""

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        sagas: SagaStore,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._gateways = gateways
        self._clock = clock

    def run_once(self, limit: int) -> int:
        """Cancel handles that no order needs, refund captures on cancelled orders; how many of
        both.
        """
        return self._cancel_unclaimed(limit) + self._refund_owed(limit)

    def _cancel_unclaimed(self, limit: int) -> int:
        cancelled = 0
        for gateway in self._gateways.values():
            waiting = gateway.unclaimed(self._clock.now() - _UNCLAIMED_AFTER, limit)
            needed = self._needed([order_id for order_id, _ in waiting])
            vain = [handle for order_id, handle in waiting if order_id not in needed]
            each_in_turn(vain, gateway.cancel)
            cancelled += len(vain)
        return cancelled

    def _needed(self, order_ids: Sequence[OrderId]) -> set[OrderId]:
        """The orders that exist and may still be charged. One that was undone before it was charged
        would fill the list for ever.
        """
        with self._db.snapshot() as tx:
            rows: Sequence[SagaRow] = (
                self._sagas.rows(tx, list(self._orders.keys_of(tx, order_ids).values()))
                if order_ids
                else ()
            )
        return {row.saga.key.order_id for row in rows if row.saga.state is not OrderState.CANCELLED}

    def _refund_owed(self, limit: int) -> int:
        """The intent first, then the call, then the fact: a run that dies in between is made good
        by the next.
        """
        return sum(each_in_turn(self._intended(limit), self._refund))

    def _intended(self, limit: int) -> list[_Owed]:
        """What is owed, with the intent of each refund written down; one of an order at a time, the
        first.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            owed = {o.key: o for o in reversed(self._sagas.owed_refunds(tx, limit))}
            if not owed:
                tx.commit()  # what was found settled is not checked again
                return []
            orders = {
                OrderKey(v.order.buyer_id, v.order.id): v.order
                for v in self._orders.load(tx, list(owed)).values()
            }
            numbers = self._sagas.open_refunds(
                tx,
                {o.key: OpenRefund(o.capture_ref, _CHARGED_LATE, o.amount) for o in owed.values()},
            )
            known = self._sagas.refund_calls(tx, numbers)
            new = {
                k: refund_of(orders[k], no, owed[k].amount, known.get(k)).intended(now)
                for k, no in numbers.items()
            }
            self._sagas.write_calls(
                tx, {k: call for k, call in new.items() if call != known.get(k)}, now
            )
            captures: dict[OrderKey, list[Money]] = {key: [] for key in owed}
            for fact in self._sagas.facts(tx, list(owed)):
                if fact.kind == "capture":
                    captures[fact.key].append(fact.amount)
            tx.commit()
        return [
            _Owed(
                order=orders[key],
                call=new[key],
                captured=Money.total(captures[key], one.amount.currency),
            )
            for key, one in owed.items()
        ]

    def _refund(self, owed: _Owed) -> bool:
        """Whether it went back. Raises RefundOverdue where nothing may be sent any more."""
        failed, answer = self._call_gateway(owed)
        outcome = answer.outcome if isinstance(answer, LookedUp) else answer
        now = self._clock.now()
        call = given_back(owed.call, owed.captured, outcome).intended(now)
        with self._db.begin() as tx:
            self._sagas.record_facts(tx, list(money_facts(owed.key, outcome)), now)
            self._sagas.write_calls(tx, {owed.key: call}, now)
            tx.commit()
        if failed is not None:
            raise failed
        if isinstance(answer, LookedUp) and call.status is CallStatus.UNKNOWN:
            raise RefundOverdue(owed.order.id)
        return call.status is CallStatus.OK

    def _call_gateway(self, owed: _Owed) -> tuple[Exception | None, object]:
        """What the gateway answers; an exception is no answer (rule 4)."""
        age = self._clock.now() - (owed.call.intended_at or self._clock.now())
        try:
            gateway = self._gateways[owed.call.gateway]
            return None, pay(
                gateway, owed.order, owed.call, owed.captured, int(age / _ONE_TRY), self._clock
            )
        except Exception as error:  # noqa: BLE001 (whatever it is, it may have happened)
            return error, no_answer(error)
