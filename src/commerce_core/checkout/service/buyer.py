"""Buyers who have to act before they are charged: how long they are waited for, and what they bring
back.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from commerce_core.checkout.ports import SagaStore
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, OrderId, is_id
from commerce_core.kernel.transaction import Database, retry_transaction
from commerce_core.orders import NextAction, OrderKey, OrderNotFound, OrderRepository, OrderView
from commerce_core.payment import Action

#: So long the goods are held for a buyer who has to act.
TIME_TO_ACT: Final = timedelta(minutes=20)
#: So often the gateway is asked whether the buyer has acted, should nobody say so.
LOOK_EVERY: Final = timedelta(seconds=30)


def asked_at(now: datetime, action: Action) -> NextAction:
    """*action* as it is asked of a buyer at *now*: until our time limit, or the gateway's own."""
    until = now + TIME_TO_ACT
    return NextAction(action=action, until=min(until, action.until) if action.until else until)


class PaymentReturns:
    """Takes what buyers bring back, and wakes their orders. It believes nothing of it: the gateway
    alone knows what became of a payment.
    """

    def __init__(
        self, database: Database, orders: OrderRepository, sagas: SagaStore, clock: Clock
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._clock = clock

    def bring_back(
        self, buyer_id: BuyerId, order_id: str, returned: Mapping[str, str]
    ) -> OrderView:
        """Hand *returned* on to the gateway of the buyer's order, if that waits for its buyer; the
        order as it is now. Idempotent.

        Raises:
            OrderNotFound: no such order, or not this buyer's.
        """
        key = OrderKey(buyer_id, OrderId(order_id))
        if not is_id(order_id):
            raise OrderNotFound("there is no such order")
        return retry_transaction(self._db, lambda: self._bring_back(key, returned))

    def _bring_back(self, key: OrderKey, returned: Mapping[str, str]) -> OrderView:
        with self._db.begin() as tx:
            if self._sagas.bring_back(tx, key, returned):
                self._sagas.make_due(tx, [key], self._clock.now())
            view = self._orders.load(tx, [key]).get(key.order_id)
            if view is None:
                raise OrderNotFound("there is no such order")
            tx.commit()
        return view
