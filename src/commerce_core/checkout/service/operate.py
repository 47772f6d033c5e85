"""What operators do with sagas: inspect, retry, and decide where only a person can."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, overload

from commerce_core.audit import Action, AuditTrail, CallLog, Decision, OperatorDecision
from commerce_core.checkout.errors import (
    CallUnknown,
    ContradictedByBooks,
    NotToBeUndone,
    SagaNotFound,
)
from commerce_core.checkout.model import CallStatus, Operation, OrderSaga, StepCommand
from commerce_core.checkout.ports import AlarmBounds, BacklogStats, SagaFilter, SagaRow, SagaStore
from commerce_core.checkout.saga import Definitions, next_command
from commerce_core.checkout.service.record import Recorder
from commerce_core.checkout.service.standing import (
    ALARM_AGE,
    ALARM_CLAIMS,
    Dossier,
    SagaStanding,
    Stated,
    standing_of,
)
from commerce_core.checkout.service.transition import OutcomeRecord
from commerce_core.checkout.steps.own import Accepted, Refused
from commerce_core.inventory import StockLedger
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId, is_id
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import Order, OrderKey, OrderRepository, OrderView
from commerce_core.payment import (
    Captured,
    ChargeOutcome,
    Declined,
    NeedsBuyer,
    PaymentGateway,
    PaymentUnknown,
    Pending,
    Voided,
)
from commerce_core.shipping import CannotShip

_LIST: Final = "sagas"
#: Decisions that are shown with a saga: the latest.
_MOST_DECISIONS: Final = 100
#: Outside calls that are shown with it: the latest.
_MOST_CALLS: Final = 200
#: More sagas of definitions that are not known are not counted.
MOST_UNKNOWN: Final = 10_000


class Operations:
    """What operators may do. Deciding takes an :class:`OperatorDecision`, which is kept in the
    transaction of its effect, and is refused while a call is unknown. A request that has decided
    before (its name stands in the decision) decides nothing more.
    """

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        sagas: SagaStore,
        stock: StockLedger,
        recorder: Recorder,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
        definitions: Definitions,
        audit: AuditTrail,
        calls: CallLog,
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._stock = stock
        self._audit = audit
        self._calls = calls
        self._recorder = recorder
        self._definitions = definitions
        self._gateways = gateways
        self._clock = clock

    def page(
        self, state: str | None = None, after: OrderId | None = None, limit: int = 50
    ) -> Sequence[SagaRow]:
        """Sagas, newest first."""
        with self._db.snapshot() as tx:
            return self._sagas.page(tx, SagaFilter(state=state), after, limit)

    def find(
        self,
        *,
        state: str | None = None,
        alarmed: bool = False,
        older_than: datetime | None = None,
        cursor: str | None = None,
        size: int = 50,
    ) -> Page[SagaStanding]:
        """Sagas as they stand, newest first, *size* at a time: in one *state*, alarmed ones alone,
        or those that are not over though they were placed before *older_than*.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        after = OrderId(decode_cursor(_LIST, cursor, str)[0]) if cursor is not None else None
        now = self._clock.now()
        which = SagaFilter(
            state=state,
            alarm=AlarmBounds(ALARM_CLAIMS, now - ALARM_AGE) if alarmed else None,
            open_before=older_than,
        )
        with self._db.snapshot() as tx:
            found = self._sagas.page(tx, which, after, size + 1)
        page = cut_page(_LIST, found, size, lambda row: (row.saga.key.order_id,))
        standing = [standing_of(row, self._definitions, now) for row in page.items]
        return Page(standing, page.next_cursor)

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
            return self._read(tx, order_id)

    def dossier(self, order_id: OrderId) -> Dossier:
        """All that is known of one order's saga, with its latest outside calls and decisions.

        Raises:
            SagaNotFound: there is no such order.
        """
        with self._db.snapshot() as tx:
            row, view = self._read(tx, order_id)
            facts = self._sagas.facts(tx, [row.saga.key])
            holds = self._stock.holds(tx, [order_id])
            calls = self._calls.of_order(tx, order_id, _MOST_CALLS)
            decided = self._audit.latest(tx, order_id, _MOST_DECISIONS)
        return Dossier(
            standing=standing_of(row, self._definitions, self._clock.now()),
            view=view,
            facts=facts,
            holds=holds,
            calls=calls,
            decisions=decided,
        )

    @overload
    def retry(self, order_id: OrderId) -> None: ...

    @overload
    def retry(self, order_id: OrderId, decision: OperatorDecision) -> Decision: ...

    def retry(self, order_id: OrderId, decision: OperatorDecision | None = None) -> Decision | None:
        """Let a saga run now, whatever it was waiting for; what is kept of the *decision*.
        Idempotent; nothing happens to one that is over. A program that has learnt what a step waits
        for decides nothing, and gives none.

        Raises:
            SagaNotFound: there is no such order.
            RequestReused: the decision's request has decided something else.
        """
        if known := self._audit.repeated(decision, Action.RETRY, order_id):
            return known
        with self._db.begin() as tx:
            key = self._key_of(tx, order_id)
            if key is None:
                raise SagaNotFound("there is no such order")
            due = self._sagas.make_due(tx, [key], self._clock.now())
            kept = self._note(tx, decision, Action.RETRY, order_id, "due" if due else "over")
            tx.commit()
        return kept

    def resolve(
        self,
        order_id: OrderId,
        outcome: Captured | Declined | Voided | Accepted | Refused,
        decision: OperatorDecision,
    ) -> Decision:
        """Have the saga go on with what became of its charge, or with a step that waits; what is
        kept of the decision, with the outcome that counts.

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
            RequestReused: the decision's request has decided something else.
        """
        if known := self._audit.repeated(decision, Action.RESOLVE, order_id):
            return known
        if isinstance(outcome, Accepted | Refused):
            key, saga = self._waiting(order_id, lambda saga: saga.waiting is not None)
            return self._decide(key, saga, outcome, decision, Action.RESOLVE)
        charging = self._expects(StepCommand.CONFIRM, StepCommand.LOOK, StepCommand.VOID)
        key, saga = self._waiting(order_id, charging)
        with self._db.snapshot() as tx:
            order = self._orders.load(tx, [key])[order_id].order
        shown = _checked_against(outcome, self._shown(order))
        return self._decide(key, saga, shown, decision, Action.RESOLVE)

    def resolve_as(self, order_id: OrderId, stated: Stated, decision: OperatorDecision) -> Decision:
        """As :meth:`resolve`, with the outcome in a word. It raises the same."""
        _, view = self.show(order_id)
        outcome = stated.outcome(view.order.total, decision.reason)
        return self.resolve(order_id, outcome, decision)

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

    def compensate(self, order_id: OrderId, decision: OperatorDecision) -> Decision:
        """Have a paid order undone that cannot be shipped; what is kept of the decision.

        Raises:
            SagaNotFound: there is no such order.
            CallUnknown: it is not known whether the parcel is booked.
            NotToBeUndone: the order is not waiting for its shipment.
            RequestReused: the decision's request has decided something else.
        """
        if known := self._audit.repeated(decision, Action.COMPENSATE, order_id):
            return known
        key, saga = self._waiting(order_id, self._expects(StepCommand.BOOK))
        if saga.status(Operation.SHIP) is CallStatus.UNKNOWN:
            raise CallUnknown("it is not known whether the parcel is booked")
        outcome = CannotShip(decision.reason)
        return self._decide(key, saga, outcome, decision, Action.COMPENSATE)

    def _read(self, tx: Transaction, order_id: OrderId) -> tuple[SagaRow, OrderView]:
        key = self._key_of(tx, order_id)
        view = self._orders.load(tx, [key]).get(order_id) if key else None
        rows: Sequence[SagaRow] = self._sagas.rows(tx, [key]) if key else ()
        if view is None or not rows:
            raise SagaNotFound("there is no such order")
        return rows[0], view

    def _key_of(self, tx: Transaction, order_id: OrderId) -> OrderKey | None:
        return self._orders.keys_of(tx, [order_id]).get(order_id) if is_id(order_id) else None

    def _expects(self, *awaited: StepCommand) -> Callable[[OrderSaga], bool]:
        return lambda saga: next_command(saga, self._definitions.of(saga)) in awaited

    def _waiting(
        self, order_id: OrderId, waits: Callable[[OrderSaga], bool]
    ) -> tuple[OrderKey, OrderSaga]:
        """The saga of an order that *waits* for the decision, and that no process holds."""
        with self._db.snapshot() as tx:
            key = self._key_of(tx, order_id)
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
        self,
        key: OrderKey,
        saga: OrderSaga,
        outcome: object,
        decision: OperatorDecision,
        action: Action,
    ) -> Decision:
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
            said = _WORDS[type(outcome)]
            kept = self._audit.note(tx, decision, action, key.order_id, said)
            tx.commit()
        return kept

    def _note(
        self,
        tx: Transaction,
        decision: OperatorDecision | None,
        action: Action,
        order_id: OrderId,
        outcome: str,
    ) -> Decision | None:
        return self._audit.note(tx, decision, action, order_id, outcome) if decision else None


#: What the audit calls an outcome.
_WORDS: Final[Mapping[type, str]] = {
    Captured: "captured",
    Declined: "declined",
    Voided: "voided",
    Accepted: "accepted",
    Refused: "refused",
    CannotShip: "undone",
}


def _checked_against(stated: Captured | Declined | Voided, shown: ChargeOutcome) -> ChargeOutcome:
    """The outcome to go on with where an operator has *stated* that of a charge, and its gateway
    has *shown* it.
    """
    if isinstance(shown, NeedsBuyer | Pending):
        raise ContradictedByBooks("the gateway shows that it can still be charged")
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
