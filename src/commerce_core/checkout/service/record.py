"""Writing outcomes of sagas, with all that follows from them, in the transaction of the
caller.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from commerce_core.audit import CallLog
from commerce_core.cart import CartRepository, ReturnedLines
from commerce_core.checkout.errors import HoldsLost
from commerce_core.checkout.model import (
    AskBuyer,
    CommitStock,
    OpenRefund,
    OrderSaga,
    RecordEvent,
    RecordShipment,
    ReleaseStock,
    RestoreCart,
    Timing,
)
from commerce_core.checkout.ports import ClaimedSaga, SagaStore, SagaWrite
from commerce_core.checkout.saga import Definitions
from commerce_core.checkout.service.buyer import LOOK_EVERY, asked_at
from commerce_core.checkout.service.transition import (
    LeftSaga,
    OutcomeRecord,
    Transition,
    cart_line,
    continued_from,
    ending_of,
    facts_of,
    has_new_outcome,
    made_progress,
    storable_detail,
    transition_of,
    with_storable_texts,
)
from commerce_core.inventory import AvailabilityChanged, StockLedger
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.ids import CartId, IdFactory, OrderId
from commerce_core.kernel.messaging import Message, Outbox, envelope
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import (
    EVENT_OF,
    Fact,
    OrderKey,
    OrderRepository,
    OrderState,
    TimelineEntry,
)
from commerce_core.payment import NeedsBuyer, Pending

_REREADS: Final = 3


class Recorder:
    """Set-based: a fixed number of statements whatever the number of moves."""

    def __init__(
        self,
        carts: CartRepository,
        stock: StockLedger,
        orders: OrderRepository,
        sagas: SagaStore,
        outbox: Outbox,
        calls: CallLog,
        ids: IdFactory,
        timing: Timing,
        definitions: Definitions,
    ) -> None:
        self._carts = carts
        self._stock = stock
        self._orders = orders
        self._sagas = sagas
        self._outbox = outbox
        self._calls = calls
        self._ids = ids
        self._timing = timing
        self._definitions = definitions

    def record(
        self, tx: Transaction, moves: Sequence[OutcomeRecord], now: datetime
    ) -> list[OutcomeRecord]:
        """Advance each saga and write it under its own guard; the moves whose sagas stay in our
        hands for their next call.

        Where the guard fails under the same fence, the buyer has cancelled meanwhile: read again,
        advance again with the outcome. Under another fence the decision is not ours any
        more. What the gateway said is kept all the same.

        Raises:
            HoldsLost: a completed order's goods are not held: the caller rolls back and has a
                person review it.
        """
        continued: list[OutcomeRecord] = []
        moves = [with_storable_texts(move) for move in moves]
        self._keep_learnt(tx, moves, now)
        for _ in range(_REREADS):
            steps = {m.order.id: transition_of(m, self._definitions, now) for m in moves}
            writes = {order_id: self._saga_write(step, now) for order_id, step in steps.items()}
            written = set(self._sagas.write(tx, list(writes.values()), now))
            self._carry_out(
                tx, [step for order_id, step in steps.items() if order_id in written], now
            )
            continued += [
                continued_from(steps[i].move, writes[i])
                for i in steps
                if i in written and writes[i].lease_until
            ]
            moves = self._reread(tx, [m for m in moves if m.order.id not in written])
            if not moves:
                break
        return continued

    def flag(self, tx: Transaction, move: OutcomeRecord, error: str, now: datetime) -> None:
        """Keep what the gateway said and flag the saga for review; it is tried again later all
        the same.

        It is read again: the write that failed may have been committed after all, and its timeline
        must not be set back.
        """
        self._keep_learnt(tx, [move], now)
        still_ours = [
            m.claimed for m in self._reread(tx, [move]) if not m.claimed.saga.state.is_final
        ]
        postponed = [self._postpone(claimed, claimed.saga, now) for claimed in still_ours]
        self._sagas.write(
            tx, [attrs.evolve(write, attention=True, last_error=error) for write in postponed], now
        )

    def leave(self, tx: Transaction, left: Sequence[LeftSaga], now: datetime) -> None:
        """Let go of sagas whose calls were not made; that they were claimed does not count."""
        writes = [
            SagaWrite(
                read=x.claimed,
                saga=x.saga,
                seq=x.claimed.seq,
                claims=max(0, x.claimed.claims - 1),
                lease_until=None,
                next_run_at=x.until,
            )
            for x in left
        ]
        self._sagas.write(tx, writes, now)

    def resume(
        self, tx: Transaction, moves: Sequence[OutcomeRecord], now: datetime, lease_until: datetime
    ) -> list[OutcomeRecord]:
        """*moves*, sagas whose calls were held back, with their intents written down again: only
        now may they be sent.
        """
        resumed: list[OutcomeRecord] = []
        writes: list[SagaWrite] = []
        for move in moves:
            c = move.claimed
            calls = {
                op: call.resume().intended(now) if call.is_held_back else call
                for op, call in c.saga.calls.items()
            }
            saga = attrs.evolve(c.saga, calls=calls)
            held = attrs.evolve(c, saga=saga, next_run_at=now)
            resumed.append(attrs.evolve(move, claimed=held))
            writes.append(
                SagaWrite(
                    read=c,
                    saga=saga,
                    seq=c.seq,
                    claims=c.claims,
                    lease_until=lease_until,
                    next_run_at=now,
                )
            )
        written = set(self._sagas.write(tx, writes, now))
        return [move for move in resumed if move.order.id in written]

    def _keep_learnt(self, tx: Transaction, moves: Sequence[OutcomeRecord], now: datetime) -> None:
        """What the outside said, and that it was asked, whatever becomes of it."""
        self._sagas.record_facts(tx, list(facts_of(moves)), now)
        if made := [move.made for move in moves if move.made]:
            self._calls.keep(tx, made)

    def _reread(self, tx: Transaction, lost: Sequence[OutcomeRecord]) -> list[OutcomeRecord]:
        if not lost:
            return []
        found = self._sagas.reread(tx, [m.claimed.saga.key for m in lost])
        return [
            attrs.evolve(m, claimed=attrs.evolve(found[m.order.id], claims=m.claimed.claims))
            for m in lost
            if m.order.id in found and found[m.order.id].fence == m.claimed.fence
        ]

    def _saga_write(self, step: Transition, now: datetime) -> SagaWrite:
        claimed = step.move.claimed
        if step.saga.waiting is not None:
            return self._wait(step, now)
        if step.saga.state is OrderState.AWAITING_BUYER and not step.saga.is_given_up:
            return self._await_buyer(step, now)
        if isinstance(step.move.outcome, Pending) and not step.commands:
            return self._later(step, step.move.outcome, now)
        if (
            not step.commands
            and step.saga.state is claimed.saga.state
            and not made_progress(claimed.saga, step.saga)
        ):
            tries = claimed.claims - step.move.blameless
            postponed = self._postpone(attrs.evolve(claimed, claims=tries), step.saga, now)
            reason = storable_text(str(getattr(step.move.outcome, "reason", ""))) or None
            if step.move.blameless:  # first in line when its party is back
                postponed = attrs.evolve(
                    postponed, next_run_at=min(now, step.move.order.created_at)
                )
            return attrs.evolve(
                postponed, read=claimed, last_error=reason, attention=step.move.alarming or None
            )
        # Nobody holds what an operator has decided.
        continues = step.move.by_runner and step.has_next_call
        if not step.commands and not has_new_outcome(
            claimed.saga, step.saga
        ):  # attempted again: it has got no further
            write = self._postpone(claimed, step.saga, now)
            return attrs.evolve(
                write, lease_until=now + self._timing.lease if continues else None, next_run_at=now
            )
        return SagaWrite(
            read=claimed,
            saga=step.saga,
            seq=step.seq,
            claims=0,
            lease_until=now + self._timing.lease if continues else None,
            next_run_at=now,
            last_error=step.saga.cause.detail
            if step.saga.cause and step.saga.needs_person
            else None,
            attention=step.saga.needs_person,
        )

    def _wait(self, step: Transition, now: datetime) -> SagaWrite:
        """A person or a later fact decides: asking again now and then is not trying in vain."""
        waiting = step.saga.waiting
        reason = waiting.response.get("reason") if waiting and waiting.response else None
        return SagaWrite(
            read=step.move.claimed,
            saga=step.saga,
            seq=step.seq,
            claims=0,
            lease_until=None,
            next_run_at=now + self._timing.longest_retry,
            last_error=reason,
            attention=step.saga.needs_person,
        )

    def _await_buyer(self, step: Transition, now: datetime) -> SagaWrite:
        """The buyer is waited for, which is not trying in vain; a gateway that does not answer is.
        Either way no longer than there is time.
        """
        claimed, outcome = step.move.claimed, step.move.outcome
        asked = next((c for c in step.commands if isinstance(c, AskBuyer)), None)
        until = step.saga.buyer_until or (asked and asked_at(now, asked.action).until)
        answered = asked is not None or isinstance(outcome, NeedsBuyer | Pending)
        write = attrs.evolve(
            self._postpone(claimed, step.saga, now),
            seq=step.seq,
            claims=0 if answered else claimed.claims,
        )
        again = now + LOOK_EVERY if answered else write.next_run_at
        return attrs.evolve(write, next_run_at=min(again, until) if until else again)

    def _later(self, step: Transition, outcome: Pending, now: datetime) -> SagaWrite:
        """The gateway decides by itself: asking again is not trying in vain."""
        write = self._postpone(step.move.claimed, step.saga, now)
        earliest = now + self._timing.retry
        at = max(earliest, min(outcome.ask_at or earliest, now + self._timing.longest_retry))
        return attrs.evolve(write, claims=0, next_run_at=at)

    def _postpone(self, claimed: ClaimedSaga, saga: OrderSaga, now: datetime) -> SagaWrite:
        next_run_at = now + self._timing.pause(max(0, claimed.claims - 1))
        return SagaWrite(
            read=claimed,
            saga=saga,
            seq=claimed.seq,
            claims=claimed.claims,
            lease_until=None,
            next_run_at=next_run_at,
        )

    def _carry_out(self, tx: Transaction, steps: Sequence[Transition], now: datetime) -> None:
        if not steps:
            return
        self._ask_buyers(tx, steps, now)
        self._sagas.open_refunds(
            tx, {s.key: c for s in steps for c in s.commands if isinstance(c, OpenRefund)}
        )
        self._sagas.record_shipments(
            tx,
            {s.key: c.shipment for s in steps for c in s.commands if isinstance(c, RecordShipment)},
            now,
        )
        returned = self._give_back(tx, [s for s in steps if s.any(RestoreCart)], now)
        self._outbox.append(tx, self._tell(tx, steps, returned, now))
        self._end_holds(tx, steps, now)

    def _ask_buyers(self, tx: Transaction, steps: Sequence[Transition], now: datetime) -> None:
        """What they have to do is kept as long as it is waited for."""
        asked = {s.key: (s, c.action) for s in steps for c in s.commands if isinstance(c, AskBuyer)}
        if asked:
            until = {key: step.saga.buyer_until for key, (step, _) in asked.items()}
            new = {key: asked_at(now, action) for key, (_, action) in asked.items()}
            self._sagas.ask_buyers(
                tx, {k: attrs.evolve(one, until=until[k] or one.until) for k, one in new.items()}
            )
        awaiting = OrderState.AWAITING_BUYER
        left = [s.key for s in steps if s.move.claimed.saga.state is awaiting is not s.saga.state]
        if left:
            self._sagas.forget_actions(tx, left)

    def _end_holds(self, tx: Transaction, steps: Sequence[Transition], now: datetime) -> None:
        """Last of all: others wait for a SKU that many want from here to the commit."""
        if completed := [s.key.order_id for s in steps if s.any(CommitStock)]:
            lost = set(completed) - set(self._stock.commit(tx, completed, now))
            if lost:
                raise HoldsLost(sorted(lost))
        if undone := [s.key.order_id for s in steps if s.any(ReleaseStock)]:
            released = self._stock.release(tx, undone)
            flipped = [
                AvailabilityChanged(sku_id=sku_id)
                for sku_id, change in released.items()
                if change.flipped
            ]
            self._outbox.append(
                tx, [envelope(event, id=self._ids.new(), at=now) for event in flipped]
            )

    def _give_back(
        self, tx: Transaction, steps: Sequence[Transition], now: datetime
    ) -> Mapping[OrderId, CartId]:
        if not steps:
            return {}
        returns = [
            ReturnedLines(
                buyer_id=s.key.buyer_id,
                order_id=s.key.order_id,
                new_cart_id=CartId(self._ids.new()),
                lines=tuple(cart_line(x) for x in s.move.order.lines),
                metadata=s.move.order.metadata,
                coupons=s.move.order.coupons,
            )
            for s in steps
        ]
        return self._carts.give_back(tx, returns, now)

    def _tell(
        self,
        tx: Transaction,
        steps: Sequence[Transition],
        returned: Mapping[OrderId, CartId],
        now: datetime,
    ) -> list[Message]:
        entries: dict[OrderKey, list[TimelineEntry]] = {}
        messages: list[Message] = []
        for step in steps:
            seq = step.move.claimed.seq
            for record in (
                command for command in step.commands if isinstance(command, RecordEvent)
            ):
                seq += 1
                detail = (
                    ending_of(step.saga, returned)
                    if record.fact is Fact.ORDER_CANCELLED
                    else dict(record.detail)
                )
                entry = TimelineEntry(
                    seq=seq,
                    fact=record.fact,
                    at=now,
                    actor=step.move.actor,
                    cause=step.move.cause,
                    detail=storable_detail(detail),
                )
                entries.setdefault(step.key, []).append(entry)
                event = EVENT_OF[record.fact](
                    order_id=step.key.order_id,
                    buyer_id=step.key.buyer_id,
                    seq=seq,
                    detail=entry.detail,
                    number=step.move.order.number,
                )
                messages.append(envelope(event, id=self._ids.new(), at=now, trace=step.saga.trace))
        if entries:
            self._orders.append(tx, entries)
        return messages
