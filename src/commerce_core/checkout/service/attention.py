"""Telling operators of orders that do not go on by themselves."""

from typing import Final

from commerce_core.accounts import AccountRepository
from commerce_core.checkout.ports import SagaRow, SagaStore
from commerce_core.checkout.service.standing import ALARM_AGE, ALARM_CLAIMS
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Database
from commerce_core.notifications import Kind
from commerce_core.orders import OrderRepository, OrderView

_MOST_OPERATORS: Final = 100


class AttentionNotices:
    """Tells every operator of every alarmed order, once a case: what an operator does about it
    begins another one.
    """

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        sagas: SagaStore,
        accounts: AccountRepository,
        notifier: Notifier,
        clock: Clock,
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._accounts = accounts
        self._notifier = notifier
        self._clock = clock

    def run_once(self, limit: int) -> int:
        """Look at up to *limit* alarmed orders; always 0: it would find them again. Idempotent."""
        with self._db.snapshot() as tx:
            before = self._clock.now() - ALARM_AGE
            rows = self._sagas.alarmed(tx, ALARM_CLAIMS, before, limit)
            views = self._orders.load(tx, [row.saga.key for row in rows])
            operators = self._accounts.operators(tx, _MOST_OPERATORS) if rows else ()
        if not operators:
            return 0
        with self._db.begin() as tx:
            for row in rows:
                subject, facts = _case(row, views[row.saga.key.order_id])
                for operator in operators:
                    kind = Kind.ORDER_NEEDS_ATTENTION
                    self._notifier.notify(tx, kind, subject, operator.id, facts)
            tx.commit()
        return 0


def _case(row: SagaRow, view: OrderView) -> tuple[str, dict[str, str]]:
    key = row.saga.key
    decisions = sum(entry.actor not in ("system", key.buyer_id) for entry in view.timeline)
    facts = {
        "orderId": key.order_id,
        "buyerId": key.buyer_id,
        "state": row.saga.state.value,
    }
    return f"{key.order_id}/{decisions}", facts
