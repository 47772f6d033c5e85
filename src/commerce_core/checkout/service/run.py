"""Running sagas: claim some, call the outside side by side with no transaction open, write what is learnt as it arrives."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from commerce_core.checkout.model import Operation, Timing, Verb, call_key
from commerce_core.checkout.ports import Claimed
from commerce_core.checkout.saga import ORDER_SAGA, Begin, ask
from commerce_core.checkout.service.pay import LookedUp, pay
from commerce_core.checkout.service.record import Books, Move, Recorder
from commerce_core.kernel.batching import FanOut
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import legible
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.redaction import message_of
from commerce_core.kernel.transaction import Transaction, whole_again
from commerce_core.orders import Order
from commerce_core.payment import PaymentGateway
from commerce_core.payment import Unknown as PaymentUnknown
from commerce_core.shipping import Carrier, ParcelLine
from commerce_core.shipping import Unknown as ShippingUnknown

#: The definitions of sagas that this release can run, with the newest version of each.
KNOWN: Final = {ORDER_SAGA.name: ORDER_SAGA.version}


@attrs.frozen(kw_only=True)
class Task:
    """A call to make for a saga that is held."""

    claimed: Claimed
    order: Order
    verb: Verb


class SagaRunner:
    """Carries orders on. Any number of runners may work on one database."""

    def __init__(
        self,
        books: Books,
        gateways: Mapping[str, PaymentGateway],
        carriers: Mapping[str, Carrier],
        fan_out: FanOut,
        clock: Clock,
        ids: IdFactory,
        timing: Timing,
        owner: str,
    ) -> None:
        self._on = books
        self._gateways = gateways
        self._carriers = carriers
        self._fan_out = fan_out
        self._clock = clock
        self._ids = ids
        self._timing = timing
        self._owner = owner
        self._recorder = Recorder(books, ids, timing)

    @property
    def calls_at_once(self) -> int:
        """How many outside calls are made at a time: so many sagas are claimed at most by all who run at once (rule 8)."""
        return self._fan_out.width

    def run_once(self, limit: int) -> int:
        """Claim up to *limit* sagas and carry each on until it is over or has to wait; how many were claimed.

        Idempotent in effect: what a runner that dies leaves behind is claimed again when its lease is over, and every
        outside call is repeated under the same key.
        """
        tasks, count = self._claim(min(limit, self.calls_at_once))
        if tasks:
            self._fan_out.run(self._perform, tasks, self._settle)
        return count

    def _claim(self, limit: int) -> tuple[list[Task], int]:
        """Claims and first intents are one transaction; no lease is taken for more calls than can be made at once."""
        now = self._clock.now()
        try:
            with self._on.database.begin() as tx:
                held = self._hold(tx, now, limit)
                begun = self._recorder.record(tx, [move for move in held if not ask(move.claimed.saga)], now)
                tx.commit()
        except TransactionLost:
            raise
        except Exception:  # noqa: BLE001 (one that cannot even be begun must not keep the others from being claimed)
            with self._on.database.begin() as tx:
                held = self._hold(tx, now, limit)
                tx.commit()
            begun = self._settle_some([move for move in held if not ask(move.claimed.saga)])
        return self._tasks(held) + self._tasks(begun), len(held)

    def _hold(self, tx: Transaction, now: datetime, limit: int) -> list[Move]:
        claims = self._on.sagas.claim_due(tx, KNOWN, self._owner, now, now + self._timing.lease, limit)
        views = self._on.orders.load(tx, [c.saga.key for c in claims])
        return [Move(claimed=c, order=views[c.saga.key.order_id].order, outcome=Begin()) for c in claims]

    def _tasks(self, moves: Iterable[Move]) -> list[Task]:
        return [Task(claimed=m.claimed, order=m.order, verb=verb) for m in moves if (verb := ask(m.claimed.saga))]

    def _perform(self, task: Task) -> object:
        """Make one call. Nothing is open and nothing is held while it lasts."""
        saga, order = task.claimed.saga, task.order
        match task.verb:
            case Verb.FENCE:
                return self._gateways[saga.gateway].cancel(order.handle)
            case Verb.CONFIRM | Verb.REFUND:
                call = saga.calls[Operation.CHARGE if task.verb is Verb.CONFIRM else Operation.REFUND]
                return pay(self._gateways[call.gateway], order, call, saga.captured, task.claimed.claims, self._clock)
            case Verb.BOOK:
                lines = [ParcelLine(sku_id=line.sku_id, name=line.name, quantity=line.quantity) for line in order.lines]
                call = saga.calls[Operation.SHIP]
                return self._carriers[call.gateway].book(order.id, call_key(saga.key, call), order.address, lines)
            case Verb.UNBOOK:
                call = saga.calls[Operation.UNSHIP]
                return self._carriers[call.gateway].cancel(order.id, call_key(saga.key, call))

    def _settle(self, answers: "Sequence[tuple[Task, object]]") -> Sequence[Task]:
        """Write what was learnt; the calls that follow from it."""
        return self._tasks(self._settle_some([_move(task, outcome) for task, outcome in answers]))

    def _settle_some(self, moves: Sequence[Move]) -> list[Move]:
        """Write a group; where that fails, halve it down to the one that spoils it, which is flagged for a person."""
        now = self._clock.now()

        def record() -> list[Move]:
            with self._on.database.begin() as tx:
                going_on = self._recorder.record(tx, moves, now)
                tx.commit()
            return going_on

        try:
            return whole_again(self._on.database, record)
        except TransactionLost:
            return []  # the lease runs out and the same calls are made again
        except Exception as error:  # noqa: BLE001 (whatever it is, it must not spoil the neighbours)
            if len(moves) == 1:
                self._flag(moves[0], error)
                return []
        middle = len(moves) // 2
        return self._settle_some(moves[:middle]) + self._settle_some(moves[middle:])

    def _flag(self, move: Move, error: Exception) -> None:
        """Put a saga before a person, with what the outside said, if that can be kept at all. It is tried again all the same."""
        try:
            self._put_before_a_person(move, error)
        except TransactionLost:
            return  # the lease runs out and the same call is made again
        except Exception:  # noqa: BLE001 (an amount beyond all numbers cannot be kept as a fact: only as words)
            self._put_before_a_person(attrs.evolve(move, outcome=None), error)

    def _put_before_a_person(self, move: Move, error: Exception) -> None:
        with self._on.database.begin() as tx:
            self._recorder.flag(tx, move, legible(message_of(error)), self._clock.now())
            tx.commit()


def _move(task: Task, outcome: object) -> Move:
    if isinstance(outcome, LookedUp):
        return Move(claimed=task.claimed, order=task.order, outcome=outcome.outcome, alarming=True)
    return Move(claimed=task.claimed, order=task.order, outcome=_known(task, outcome))


def _known(task: Task, outcome: object) -> object:
    """An exception is no answer: it is *unknown* whether the call happened (rule 4)."""
    if not isinstance(outcome, Exception):
        return outcome
    reason = legible(f"{type(outcome).__name__}: {outcome}")
    return ShippingUnknown(reason) if task.verb in (Verb.BOOK, Verb.UNBOOK) else PaymentUnknown(reason)
