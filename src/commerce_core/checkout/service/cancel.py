"""A buyer cancels: noted at once, undone by the saga."""

from commerce_core.checkout.ports import SagaStore
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, OrderId, is_id
from commerce_core.kernel.transaction import Database, retry_transaction
from commerce_core.orders import (
    OrderKey,
    OrderNotFound,
    OrderRepository,
    OrderState,
    OrderView,
    TooLateToCancel,
)


class Cancellations:
    """Accepts cancellations until the order is paid."""

    def __init__(
        self, database: Database, orders: OrderRepository, sagas: SagaStore, clock: Clock
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._clock = clock

    def cancel(self, buyer_id: BuyerId, order_id: str) -> OrderView:
        """Have the buyer's order undone; the order as it is now. Idempotent: asking again for what
        is being undone is fine.

        Raises:
            OrderNotFound: no such order, or not this buyer's.
            TooLateToCancel: it is paid.
        """
        key = OrderKey(buyer_id, OrderId(order_id))
        if not is_id(order_id):
            raise OrderNotFound("there is no such order")
        return retry_transaction(self._db, lambda: self._cancel(key))

    def _cancel(self, key: OrderKey) -> OrderView:
        with self._db.begin() as tx:
            noted = self._sagas.request_cancel(tx, key, self._clock.now())
            view = self._orders.load(tx, [key]).get(key.order_id)
            if view is None:
                raise OrderNotFound("there is no such order")
            if not noted and view.state not in (OrderState.COMPENSATING, OrderState.CANCELLED):
                raise TooLateToCancel("the order is paid already")
            tx.commit()
        return view
