"""What operators do with sagas: look, hurry, and decide where only a person can."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.checkout.errors import CallUnknown, NotToBeUndone, SagaNotFound
from commerce_core.checkout.model import CallStatus, Operation, Verb
from commerce_core.checkout.ports import SagaRow, Standing
from commerce_core.checkout.saga import ask
from commerce_core.checkout.service.record import Books, Move, Recorder
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import Order, OrderView
from commerce_core.payment import Captured, Declined, Voided
from commerce_core.shipping import CannotShip

#: A saga that was claimed so often without progress, or is so old, stands in the alarmed list.
ALARM_CLAIMS: Final = 20
ALARM_AGE: Final = timedelta(hours=1)


@attrs.frozen(kw_only=True)
class Decision:
    """Who decides, why, and what shows it: kept in the timeline."""

    actor: str
    reason: str
    evidence: str


class Operations:
    """The operators' desk. Everything that decides takes a :class:`Decision` and is refused while a call is unknown."""

    def __init__(self, books: Books, recorder: Recorder, clock: Clock) -> None:
        self._on = books
        self._recorder = recorder
        self._clock = clock

    def page(self, state: str | None = None, after: OrderId | None = None, limit: int = 50) -> Sequence[SagaRow]:
        """Sagas, newest first."""
        with self._on.database.snapshot() as tx:
            return self._on.sagas.page(tx, state, after, limit)

    def alarmed(self, limit: int = 100) -> Sequence[SagaRow]:
        """Unfinished sagas that a person must look at. Needs no running worker."""
        with self._on.database.snapshot() as tx:
            return self._on.sagas.alarmed(tx, ALARM_CLAIMS, self._clock.now() - ALARM_AGE, limit)

    def census(self, at_most: int | None = None) -> Mapping[str, Standing]:
        """The unfinished sagas by state, counted up to *at_most* in all. Needs no running worker."""
        with self._on.database.snapshot() as tx:
            return self._on.sagas.census(tx, ALARM_CLAIMS, self._clock.now() - ALARM_AGE, at_most)

    def counts(self) -> dict[str, int]:
        """How many unfinished sagas stand in each state."""
        return {state: standing.count for state, standing in self.census().items()}

    def show(self, order_id: OrderId) -> tuple[SagaRow, OrderView]:
        """A saga with its calls, and its order with its timeline.

        Raises:
            SagaNotFound: there is no such order.
        """
        with self._on.database.snapshot() as tx:
            key = self._on.orders.keys_of(tx, [order_id]).get(order_id)
            view = self._on.orders.load(tx, [key]).get(order_id) if key else None
            rows: Sequence[SagaRow] = self._on.sagas.rows(tx, [key]) if key else ()
        if view is None or not rows:
            raise SagaNotFound("there is no such order")
        return rows[0], view

    def retry(self, order_id: OrderId) -> None:
        """Let a saga run now, whatever it was waiting for. Idempotent; nothing happens to one that is over.

        Raises:
            SagaNotFound: there is no such order.
        """
        with self._on.database.begin() as tx:
            keys = self._on.orders.keys_of(tx, [order_id])
            if not keys:
                raise SagaNotFound("there is no such order")
            self._on.sagas.make_due(tx, list(keys.values()), self._clock.now())
            tx.commit()

    def resolve(self, order_id: OrderId, outcome: Captured | Declined | Voided, decision: Decision) -> None:
        """Tell the saga what really became of its charge, as the gateway's own books show. Money that is known to be taken stays owed.

        Raises:
            SagaNotFound: there is no such order.
            CallUnknown: a runner has the saga in its hands right now.
            NotToBeUndone: the order does not wait to know what became of its charge.
        """
        self._decide(order_id, outcome, decision, (Verb.CONFIRM, Verb.FENCE))

    def compensate(self, order_id: OrderId, decision: Decision) -> None:
        """Have a paid order undone that cannot be shipped.

        Raises:
            SagaNotFound: there is no such order.
            CallUnknown: it is not known whether the parcel is booked.
            NotToBeUndone: the order is not waiting for its shipment.
        """
        self._decide(order_id, CannotShip(decision.reason), decision, (Verb.BOOK,))

    def _decide(self, order_id: OrderId, outcome: object, decision: Decision, awaited: tuple[Verb, ...]) -> None:
        now = self._clock.now()
        with self._on.database.begin() as tx:
            key = self._on.orders.keys_of(tx, [order_id]).get(order_id)
            rows: Sequence[SagaRow] = self._on.sagas.rows(tx, [key]) if key else ()
            if key is None or not rows:
                raise SagaNotFound("there is no such order")
            saga = rows[0].saga
            if ask(saga) not in awaited:
                raise NotToBeUndone(f"the order is {saga.state.value} and does not wait for this")
            if Verb.BOOK in awaited and saga.status(Operation.SHIP) is CallStatus.UNKNOWN:
                raise CallUnknown("it is not known whether the parcel is booked")
            claimed = self._on.sagas.take_over(tx, key, now)
            if claimed is None or claimed.saga != saga:
                raise CallUnknown("a call for this order is under way: try again when it is over")
            order: Order = self._on.orders.load(tx, [key])[order_id].order
            move = Move(
                claimed=claimed, order=order, outcome=outcome, actor=decision.actor, cause=f"{decision.reason}; {decision.evidence}"
            )
            self._recorder.record(tx, [move], now)
            self._on.sagas.make_due(tx, [key], now)
            tx.commit()
