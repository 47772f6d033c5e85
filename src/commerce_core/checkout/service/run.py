"""Running sagas: claim some, call the outside side by side with no transaction open, write what is
learnt as it arrives.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.checkout.model import OrderSaga, OutsideCall, StepCommand, Timing
from commerce_core.checkout.ports import ClaimedSaga, Party, SagaStore
from commerce_core.checkout.saga import Begin, Definitions, next_call
from commerce_core.checkout.service.call_records import CallTimes, call_record
from commerce_core.checkout.service.leave_alone import Breaker
from commerce_core.checkout.service.record import Recorder
from commerce_core.checkout.service.transition import LeftSaga, OutcomeRecord
from commerce_core.checkout.steps.own import StepUnknown, no_answer
from commerce_core.checkout.steps.pay import LookedUp
from commerce_core.checkout.steps.step import CallRequest, Outside, Step
from commerce_core.kernel.batching import Calls, FanOut, isolate_failures
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.redaction import message_of
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import Order, OrderRepository
from commerce_core.payment import PaymentUnknown
from commerce_core.shipping import ShippingUnknown

#: Seconds that a run waits for calls that are under way, where there is nothing else to do.
_SHORT_WAIT: Final = 0.05


@attrs.frozen(kw_only=True)
class StepCall:
    """A call to make for a saga that is held; *fresh*: its intent was written down just now, and
    nobody has sent it yet.
    """

    claimed: ClaimedSaga
    order: Order
    step: Step
    command: StepCommand
    fresh: bool = False
    times: CallTimes = attrs.field(factory=CallTimes, eq=False)

    @property
    def party(self) -> Party:
        """The party that is called."""
        return self.step.party(self.claimed.saga)

    @property
    def call(self) -> OutsideCall | None:
        """The call that is made under a key; ``None``: it needs none."""
        operation = self.command.operation
        return self.claimed.saga.call(operation) if operation else None

    @property
    def is_repeated(self) -> bool:
        """Whether the party has not answered it before."""
        return not self.fresh and self.call is not None

    def held_back(self) -> OrderSaga:
        """The saga where the call is not made."""
        saga, call = self.claimed.saga, self.call
        return saga.with_call(call.hold_back()) if self.fresh and call else saga


class SagaRunner:
    """Carries orders on. Any number of runners may work on one database."""

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        sagas: SagaStore,
        recorder: Recorder,
        definitions: Definitions,
        outside: Outside,
        fan_out: FanOut,
        clock: Clock,
        timing: Timing,
    ) -> None:
        self._db = database
        self._orders = orders
        self._sagas = sagas
        self._recorder = recorder
        self._definitions = definitions
        self._outside = outside
        self._width = fan_out.width
        self._clock = clock
        self._timing = timing
        self._breaker = Breaker(timing, clock)
        self._calls: Calls[StepCall, object] = fan_out.open(self._perform)
        self._ending = False

    @property
    def calls_at_once(self) -> int:
        """How many outside calls are made at a time: so many sagas are claimed at most by all who
        run at once (rule 8).
        """
        return self._width

    def recall(self, limit: int) -> int:
        """Let up to *limit* sagas run now that would run later than any is ever put off: a clock
        was wrong when that was said; how many.
        """
        now = self._clock.now()
        far = now + 2 * max(self._timing.longest_retry, self._timing.lease)
        with self._db.snapshot() as tx:
            if not self._sagas.waits_beyond(tx, far):
                return 0
        with self._db.begin() as tx:
            recalled = self._sagas.recall(tx, far, now, limit)
            tx.commit()
        return recalled

    def run_once(self, limit: int) -> int:
        """Write what has been answered, and claim up to *limit* sagas for the slots that are free;
        how much was done.

        A saga is carried on until it is over or has to wait. A call that takes long is left in its
        slot for a later run; only where there is nothing else to do this one waits a moment for
        it. Idempotent in effect: what a runner that dies leaves behind is claimed again when its
        lease is over, and every outside call is repeated under the same key.
        """
        written, claimed = self._write(0.0), self._claim_some(limit)
        while self._write(0.0):
            pass  # what answers at once is carried on at once
        if written or claimed or not self._calls.in_flight:
            return written + claimed
        self._write(_SHORT_WAIT)
        return 1

    def finish(self, seconds: float) -> None:
        """Write what is still answered within *seconds*, and begin nothing more: for a process that
        ends.
        """
        self._ending = True
        try:
            for _ in range(int(seconds / _SHORT_WAIT) + 1):
                if not self._calls.in_flight:
                    break
                self._write(_SHORT_WAIT)
        finally:
            self._ending = False

    def _write(self, patience: float) -> int:
        """Write the answers that have arrived, and make the calls that follow from them in the same
        slots.
        """
        answers = self._calls.answers(patience)
        if not answers:
            return 0
        begun = 0
        try:
            begun = self._begin(self._settle(answers))
        finally:
            self._calls.give_back(len(answers) - begun)
        return len(answers)

    def _claim_some(self, limit: int) -> int:
        """How many sagas were claimed: never more than there are free slots for (rule 8)."""
        slots = self._calls.take(limit)
        begun = 0
        try:
            if not slots:
                return 0
            tasks, count = self._claim(slots)
            begun = self._begin(tasks)
        finally:
            self._calls.give_back(slots - begun)
        return count

    def _begin(self, tasks: Sequence[StepCall]) -> int:
        """Make the calls that may be made now, how many; the sagas of the others are released."""
        admitted, left = list[StepCall](), list[LeftSaga]()
        for task in sorted(tasks, key=self._after_others):
            if not self._ending and self._breaker.admits(task.party):
                admitted.append(task)
            else:
                left.append(LeftSaga(task.claimed, task.held_back(), self._until(task.party)))
        if left:
            self._leave(left)
        self._calls.begin(admitted)
        return len(admitted)

    def _after_others(self, task: StepCall) -> bool:
        """Of those that wait for a party that is left alone, which one is not to be the probe if
        there are others.
        """
        if self._breaker.left_alone_until(task.party) is None:
            return False
        return task.is_repeated == self._breaker.probes_anew(task.party)

    def _until(self, party: Party) -> datetime:
        """When to claim again what waits for a party that is down."""
        soon = self._clock.now() + (timedelta(0) if self._ending else self._timing.retry)
        return max(self._breaker.left_alone_until(party) or soon, soon)

    def _leave(self, left: Sequence[LeftSaga]) -> None:
        with (
            suppress(TransactionLost),
            self._db.begin() as tx,
        ):  # if it is lost they are free when their lease is over
            self._recorder.leave(tx, left, self._clock.now())
            tx.commit()

    def _claim(self, limit: int) -> tuple[list[StepCall], int]:
        """Claims and first intents are one transaction; no lease is taken for more calls than can
        be made at once.
        """
        now = self._clock.now()
        try:
            with self._db.begin() as tx:
                held = self._hold(tx, now, limit)
                begun = self._recorder.record(tx, self._without_call(held), now)
                resumed = self._resume(tx, held, now)
                tx.commit()
        except TransactionLost:
            raise
        except Exception:  # noqa: BLE001 (one order must not block the others)
            with self._db.begin() as tx:
                held = self._hold(tx, now, limit)
                resumed = self._resume(tx, held, now)
                tx.commit()
            begun = self._settle_some(self._without_call(held))
        plain = [move for move in held if not _is_held_back(move)]
        return self._tasks(plain) + self._tasks([*begun, *resumed], fresh=True), len(held)

    def _hold(self, tx: Transaction, now: datetime, limit: int) -> list[OutcomeRecord]:
        claims = self._sagas.claim_due(
            tx,
            self._definitions.known,
            now,
            now + self._timing.lease,
            limit,
            self._breaker.away(),
        )
        views = self._orders.load(tx, [c.saga.key for c in claims])
        return [
            OutcomeRecord(claimed=c, order=views[c.saga.key.order_id].order, outcome=Begin())
            for c in claims
        ]

    def _resume(
        self, tx: Transaction, held: Sequence[OutcomeRecord], now: datetime
    ) -> list[OutcomeRecord]:
        waiting = [move for move in held if _is_held_back(move)]
        return self._recorder.resume(tx, waiting, now, now + self._timing.lease) if waiting else []

    def _next_call(self, move: OutcomeRecord) -> tuple[Step, StepCommand] | None:
        saga = move.claimed.saga
        return next_call(saga, self._definitions.of(saga))

    def _without_call(self, moves: Iterable[OutcomeRecord]) -> list[OutcomeRecord]:
        """Those of *moves* that are to be settled without a call."""
        return [move for move in moves if self._next_call(move) is None]

    def _tasks(self, moves: Iterable[OutcomeRecord], *, fresh: bool = False) -> list[StepCall]:
        return [
            StepCall(claimed=m.claimed, order=m.order, step=call[0], command=call[1], fresh=fresh)
            for m in moves
            if (call := self._next_call(m))
        ]

    def _perform(self, task: StepCall) -> object:
        """Make one call. Nothing is open and nothing is held while it lasts."""
        claimed = task.claimed
        request = CallRequest(
            command=task.command, saga=claimed.saga, order=task.order, tries=claimed.claims
        )
        task.times.begun = self._clock.now()
        try:
            return task.step.perform(request, self._outside)
        finally:
            task.times.ended = self._clock.now()

    def _settle(self, answers: "Sequence[tuple[StepCall, object]]") -> Sequence[StepCall]:
        """Write the outcomes; the calls that follow from them."""
        for task, outcome in answers:
            asked_for = outcome.retry_after if isinstance(outcome, PaymentUnknown) else None
            self._breaker.record_answer(
                task.party, task.order.id, answered=_is_answer(outcome), retry_after=asked_for
            )
        moves = [_move(task, outcome) for task, outcome in answers]
        away = [
            not _is_answer(o) and self._breaker.left_alone_until(t.party) is not None
            for t, o in answers
        ]
        continued = self._settle_some(
            [attrs.evolve(m, blameless=True) if b else m for m, b in zip(moves, away, strict=True)]
        )
        return self._tasks(continued, fresh=True)

    def _settle_some(self, moves: Sequence[OutcomeRecord]) -> list[OutcomeRecord]:
        """Write *moves*; those still claimed. One that fails its group is flagged for a
        person.
        """
        continued: list[OutcomeRecord] = []
        for move, answer in zip(moves, isolate_failures(self._record, moves), strict=True):
            match answer:
                case OutcomeRecord():
                    continued.append(answer)
                case None | TransactionLost():
                    pass  # if it is lost the lease runs out and the same call is made again
                case error:
                    self._flag(move, error)
        return continued

    def _record(self, moves: Sequence[OutcomeRecord]) -> list[OutcomeRecord | None]:
        """Write *moves* in one transaction; each as it goes on, if it does."""
        now = self._clock.now()

        def record() -> list[OutcomeRecord]:
            with self._db.begin() as tx:
                continued = self._recorder.record(tx, moves, now)
                tx.commit()
            return continued

        continued = {m.order.id: m for m in retry_transaction(self._db, record)}
        return [continued.get(move.order.id) for move in moves]

    def _flag(self, move: OutcomeRecord, error: Exception) -> None:
        """Flag a saga for review, with what the gateway said, if that can be kept at all. It is
        tried again all the same.
        """
        try:
            self._flag_for_review(move, error)
        except TransactionLost:
            return  # the lease runs out and the same call is made again
        except Exception:  # noqa: BLE001 (it cannot be stored as a fact)
            self._flag_for_review(attrs.evolve(move, outcome=None, made=None), error)

    def _flag_for_review(self, move: OutcomeRecord, error: Exception) -> None:
        with self._db.begin() as tx:
            self._recorder.flag(tx, move, storable_text(message_of(error)), self._clock.now())
            tx.commit()


def _move(task: StepCall, outcome: object) -> OutcomeRecord:
    made = call_record(
        task.times, task.claimed.saga.key, task.command.verb, task.party, task.call,
        task.claimed.claims, outcome,
    )  # fmt: skip
    if isinstance(outcome, LookedUp):
        return OutcomeRecord(
            claimed=task.claimed, order=task.order, outcome=outcome.outcome, alarming=True,
            made=made,
        )  # fmt: skip
    known = no_answer(outcome) if isinstance(outcome, Exception) else outcome
    return OutcomeRecord(claimed=task.claimed, order=task.order, outcome=known, made=made)


def _is_held_back(move: OutcomeRecord) -> bool:
    return any(call.is_held_back for call in move.claimed.saga.calls.values())


def _is_answer(outcome: object) -> bool:
    """Whether the party has answered: it is there. The result of a look-up is an answer, even if it
    leaves a call open.
    """
    return not isinstance(outcome, (Exception, PaymentUnknown, ShippingUnknown, StepUnknown))
