"""What operators do with sagas: inspect, retry, and decide where only a person can."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.checkout.errors import (
    CallUnknown,
    ContradictedByBooks,
    NotToBeUndone,
    SagaNotFound,
)
from commerce_core.checkout.model import CallStatus, Operation, OrderSaga, StepCommand
from commerce_core.checkout.ports import BacklogStats, SagaRow, SagaStore
from commerce_core.checkout.saga import Definitions, next_command
from commerce_core.checkout.service.record import Recorder
from commerce_core.checkout.service.transition import OutcomeRecord
from commerce_core.checkout.steps.own import Accepted, Refused
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.transaction import Database
from commerce_core.orders import Order, OrderKey, OrderRepository, OrderView
from commerce_core.payment import (
    Captured,
    ChargeOutcome,
    Declined,
    PaymentGateway,
    PaymentUnknown,
    Voided,
)
from commerce_core.shipping import CannotShip

#: A saga that was claimed so often without progress, or is so old, stands in the alarmed list.
ALARM_CLAIMS: Final = 20
ALARM_AGE: Final = timedelta(hours=1)
#: More sagas of definitions that are not known are not counted.
MOST_UNKNOWN: Final = 10_000


@attrs.frozen(kw_only=True)
class OperatorDecision:
    """Who decides, why, and what shows it: kept in the timeline."""

    actor: str
    reason: str
    evidence: str


class Operations:
    """What operators may do. Deciding takes an :class:`OperatorDecision` and is refused while a
    call is unknown.
    """

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        sagas: SagaStore,
        recorder: Recorder,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
        definitions: Definitions,
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._recorder = recorder
        self._definitions = definitions
        self._gateways = gateways
        self._clock = clock

    def page(
        self, state: str | None = None, after: OrderId | None = None, limit: int = 50
    ) -> Sequence[SagaRow]:
        """Sagas, newest first."""
        with self._db.snapshot() as tx:
            return self._sagas.page(tx, state, after, limit)

    def numbered(self, number: str) -> Sequence[SagaRow]:
        """The saga of the order that people call by *number*; none where no order has it."""
        with self._db.snapshot() as tx:
            found = self._orders.numbered(tx, [number])
            return self._sagas.rows(tx, [*found.values()])

    def alarmed(self, limit: int = 100) -> Sequence[SagaRow]:
        """Unfinished sagas that are flagged for review. Needs no running worker."""
        with self._db.snapshot() as tx:
            return self._sagas.alarmed(tx, ALARM_CLAIMS, self._clock.now() - ALARM_AGE, limit)

    def census(self, at_most: int | None = None) -> Mapping[str, BacklogStats]:
        """The unfinished sagas by state, counted up to *at_most* in all. Needs no running
        worker.
        """
        with self._db.snapshot() as tx:
            return self._sagas.census(tx, ALARM_CLAIMS, self._clock.now() - ALARM_AGE, at_most)

    def counts(self) -> dict[str, int]:
        """How many unfinished sagas stand in each state."""
        return {state: stats.count for state, stats in self.census().items()}

    def unknown_definitions(self) -> Mapping[tuple[str, int], int]:
        """How many unfinished sagas, by name and version, are of definitions that this process does
        not know: it leaves them alone. Counted up to 10,000 in all.
        """
        with self._db.snapshot() as tx:
            return self._sagas.unknown_definitions(tx, self._definitions.known, MOST_UNKNOWN)

    def show(self, order_id: OrderId) -> tuple[SagaRow, OrderView]:
        """A saga with its calls, and its order with its timeline.

        Raises:
            SagaNotFound: there is no such order.
        """
        with self._db.snapshot() as tx:
            key = self._orders.keys_of(tx, [order_id]).get(order_id)
            view = self._orders.load(tx, [key]).get(order_id) if key else None
            rows: Sequence[SagaRow] = self._sagas.rows(tx, [key]) if key else ()
        if view is None or not rows:
            raise SagaNotFound("there is no such order")
        return rows[0], view

    def retry(self, order_id: OrderId) -> None:
        """Let a saga run now, whatever it was waiting for. Idempotent; nothing happens to one that
        is over.

        Raises:
            SagaNotFound: there is no such order.
        """
        with self._db.begin() as tx:
            keys = self._orders.keys_of(tx, [order_id])
            if not keys:
                raise SagaNotFound("there is no such order")
            self._sagas.make_due(tx, list(keys.values()), self._clock.now())
            tx.commit()

    def resolve(
        self,
        order_id: OrderId,
        outcome: Captured | Declined | Voided | Accepted | Refused,
        decision: OperatorDecision,
    ) -> None:
        """Have the saga go on with what became of its charge, or with a step that waits.

        A step that waits is *accepted* or *refused* as it is said. For a charge the gateway is
        queried first: what it shows is what counts. Its reference and its amount are taken, not the
        operator's words, which are kept as evidence. Where it does not know, only *declined* is
        believed: the shop voids the payment before the order is cancelled. Money that is known to
        be taken stays owed.

        Raises:
            SagaNotFound: there is no such order.
            CallUnknown: a runner has claimed the saga right now, or the gateway does not
                answer.
            NotToBeUndone: the order does not wait to know what became of its charge; or no step of
                it waits.
            ContradictedByBooks: the gateway says otherwise.
        """
        if isinstance(outcome, Accepted | Refused):
            key, saga = self._waiting(order_id, lambda saga: saga.waiting is not None)
            self._decide(key, saga, outcome, decision)
            return
        key, saga = self._waiting(order_id, self._expects(StepCommand.CONFIRM, StepCommand.VOID))
        with self._db.snapshot() as tx:
            order = self._orders.load(tx, [key])[order_id].order
        self._decide(key, saga, _checked_against(outcome, self._shown(order)), decision)

    def _shown(self, order: Order) -> ChargeOutcome:
        """What the gateway shows of a charge. No transaction is open during the call.

        Raises:
            CallUnknown: it does not answer.
        """
        try:
            gateway = self._gateways[order.handle.gateway]
            shown_charge = gateway.fetch(order.handle)
            entries = gateway.books([order.id]) if isinstance(shown_charge, PaymentUnknown) else ()
        except Exception as error:  # whatever it is, it is no answer
            raise CallUnknown("the gateway does not answer: try again when it does") from error
        captured = next((entry for entry in entries if entry.kind == "capture"), None)
        return Captured(ref=captured.ref, amount=captured.amount) if captured else shown_charge

    def compensate(self, order_id: OrderId, decision: OperatorDecision) -> None:
        """Have a paid order undone that cannot be shipped.

        Raises:
            SagaNotFound: there is no such order.
            CallUnknown: it is not known whether the parcel is booked.
            NotToBeUndone: the order is not waiting for its shipment.
        """
        key, saga = self._waiting(order_id, self._expects(StepCommand.BOOK))
        if saga.status(Operation.SHIP) is CallStatus.UNKNOWN:
            raise CallUnknown("it is not known whether the parcel is booked")
        self._decide(key, saga, CannotShip(decision.reason), decision)

    def _expects(self, *awaited: StepCommand) -> Callable[[OrderSaga], bool]:
        return lambda saga: next_command(saga, self._definitions.of(saga)) in awaited

    def _waiting(
        self, order_id: OrderId, waits: Callable[[OrderSaga], bool]
    ) -> tuple[OrderKey, OrderSaga]:
        """The saga of an order that *waits* for the decision, and that no process holds."""
        with self._db.snapshot() as tx:
            key = self._orders.keys_of(tx, [order_id]).get(order_id)
            rows: Sequence[SagaRow] = self._sagas.rows(tx, [key]) if key else ()
        if key is None or not rows:
            raise SagaNotFound("there is no such order")
        row = rows[0]
        if not waits(row.saga):
            raise NotToBeUndone(f"the order is {row.saga.state.value} and does not wait for this")
        if row.lease_until is not None and row.lease_until >= self._clock.now():
            raise CallUnknown("a call for this order is under way: try again when it is over")
        return key, row.saga

    def _decide(
        self, key: OrderKey, saga: OrderSaga, outcome: object, decision: OperatorDecision
    ) -> None:
        """Write what follows from *outcome*, if the saga is still as it was read."""
        now = self._clock.now()
        with self._db.begin() as tx:
            claimed = self._sagas.take_over(tx, key, now)
            if claimed is None or claimed.saga != saga:
                raise CallUnknown("the order has changed meanwhile: read it again")
            order: Order = self._orders.load(tx, [key])[key.order_id].order
            move = OutcomeRecord(
                claimed=claimed,
                order=order,
                outcome=outcome,
                actor=decision.actor,
                cause=f"{decision.reason}; {decision.evidence}",
            )
            self._recorder.record(tx, [move], now)
            self._sagas.make_due(tx, [key], now)
            tx.commit()


def _checked_against(stated: Captured | Declined | Voided, shown: ChargeOutcome) -> ChargeOutcome:
    """The outcome to go on with where an operator has *stated* that of a charge, and its gateway
    has *shown* it.
    """
    if isinstance(shown, Captured) != isinstance(stated, Captured) and not isinstance(
        shown, PaymentUnknown
    ):
        raise ContradictedByBooks(f"the gateway shows {_in_words(shown)}")
    if not isinstance(shown, PaymentUnknown):
        return shown
    if not isinstance(stated, Declined):
        what = "no charge" if isinstance(stated, Captured) else "that it can still be charged"
        raise ContradictedByBooks(f"the gateway shows {what} ({shown.reason})")
    return stated


def _in_words(shown: ChargeOutcome) -> str:
    match shown:
        case Captured(ref=ref, amount=amount):
            return f"that {amount} was captured ({ref})"
        case Declined(detail=detail):
            return f"that it was declined ({detail})"
        case _:
            return "that it was voided"
