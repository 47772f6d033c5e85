"""Writing what was learnt of sagas, with all that follows from it, in the transaction of the
caller.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import attrs

from commerce_core.cart import CartBook, CartLine, ReturnedLines
from commerce_core.checkout.errors import HoldsLost
from commerce_core.checkout.model import (
    Command,
    CommitStock,
    GivenBack,
    OpenRefund,
    OrderSaga,
    RecordEvent,
    RecordShipment,
    ReleaseStock,
    RestoreCart,
    Timing,
)
from commerce_core.checkout.ports import ClaimedSaga, MoneyFact, SagaStore, SagaWrite
from commerce_core.checkout.saga import advance, ask
from commerce_core.inventory import AvailabilityChanged, StockLedger
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.ids import CartId, IdFactory, OrderId
from commerce_core.kernel.messaging import Message, Outbox, envelope
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import (
    EVENT_OF,
    Fact,
    Order,
    OrderBook,
    OrderKey,
    OrderLine,
    TimelineEntry,
)
from commerce_core.payment import Captured, Refunded

_REREADS: Final = 3
_SYSTEM: Final = "system"


@attrs.frozen(kw_only=True)
class SagaRepositories:
    """The storage that a running saga writes."""

    database: Database
    carts: CartBook
    stock: StockLedger
    orders: OrderBook
    sagas: SagaStore
    outbox: Outbox


@attrs.frozen(kw_only=True)
class OutcomeRecord:
    """A saga in our hands, and what was learnt of it. *actor* is ``system``, or the operator who
    decided.

    An *alarming* one is put before a person unless it gets on. A *blameless* one has not got on
    because of a party that is
    away: it does not count as tried in vain.
    """

    claimed: ClaimedSaga
    order: Order
    outcome: object
    alarming: bool = False
    blameless: bool = False
    actor: str = _SYSTEM
    cause: str | None = None

    @property
    def by_runner(self) -> bool:
        """Whether a runner holds the saga."""
        return self.actor == _SYSTEM


@attrs.frozen
class Left:
    """A saga that is let go until some time without its call, with what is known of that call."""

    claimed: ClaimedSaga
    saga: OrderSaga
    until: datetime


@attrs.frozen
class _Transition:
    """A move with what the saga's definition makes of it."""

    move: OutcomeRecord
    saga: OrderSaga
    commands: tuple[Command, ...]

    @property
    def key(self) -> OrderKey:
        return self.saga.key

    def any(self, kind: type[Command]) -> bool:
        return any(isinstance(command, kind) for command in self.commands)


class Recorder:
    """Set-based: a fixed number of statements whatever the number of moves."""

    def __init__(self, books: SagaRepositories, ids: IdFactory, timing: Timing) -> None:
        self._repos = books
        self._ids = ids
        self._timing = timing

    def record(
        self, tx: Transaction, moves: Sequence[OutcomeRecord], now: datetime
    ) -> list[OutcomeRecord]:
        """Advance each saga and write it under its own guard; the moves whose sagas stay in our
        hands for their next call.

        Where the guard fails under the same fence, the buyer has cancelled meanwhile: read again,
        advance again with the outcome in hand. Under another fence the decision is not ours any
        more. What the outside said is kept all the same.

        Raises:
            HoldsLost: a completed order's goods are not held: the caller rolls back and has a
                person look at it.
        """
        going_on: list[OutcomeRecord] = []
        moves = [_in_legible_words(move) for move in moves]
        self._repos.sagas.record_facts(tx, list(_facts(moves)), now)
        for _ in range(_REREADS):
            steps = {m.order.id: _step(m, now) for m in moves}
            writes = {order_id: self._saga_write(step, now) for order_id, step in steps.items()}
            written = set(self._repos.sagas.write(tx, list(writes.values()), now))
            self._carry_out(
                tx, [step for order_id, step in steps.items() if order_id in written], now
            )
            going_on += [
                _next(steps[i].move, writes[i])
                for i in steps
                if i in written and writes[i].lease_until
            ]
            moves = self._reread(tx, [m for m in moves if m.order.id not in written])
            if not moves:
                break
        return going_on

    def flag(self, tx: Transaction, move: OutcomeRecord, error: str, now: datetime) -> None:
        """Keep what the outside said and put the saga before a person; it is tried again later all
        the same.

        It is read anew: the write that failed may have been committed after all, and its timeline
            must not be set back.
        """
        self._repos.sagas.record_facts(tx, list(_facts([move])), now)
        still_ours = [
            m.claimed for m in self._reread(tx, [move]) if not m.claimed.saga.state.is_final
        ]
        put_off = [self._put_off(claimed, claimed.saga, now) for claimed in still_ours]
        self._repos.sagas.write(
            tx, [attrs.evolve(write, attention=True, last_error=error) for write in put_off], now
        )

    def leave(self, tx: Transaction, left: Sequence[Left], now: datetime) -> None:
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
        self._repos.sagas.write(tx, writes, now)

    def resume(
        self, tx: Transaction, moves: Sequence[OutcomeRecord], now: datetime, lease_until: datetime
    ) -> list[OutcomeRecord]:
        """*moves*, sagas whose calls were held back, with their intents written down anew: only now
        may they be sent.
        """
        resumed: list[OutcomeRecord] = []
        writes: list[SagaWrite] = []
        for move in moves:
            c = move.claimed
            calls = {
                op: attrs.evolve(call.resume(), intended_at=now) if call.is_held_back else call
                for op, call in c.saga.calls.items()
            }
            saga = attrs.evolve(c.saga, calls=calls)
            resumed.append(attrs.evolve(move, claimed=attrs.evolve(c, saga=saga)))
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
        written = set(self._repos.sagas.write(tx, writes, now))
        return [move for move in resumed if move.order.id in written]

    def _reread(self, tx: Transaction, lost: Sequence[OutcomeRecord]) -> list[OutcomeRecord]:
        if not lost:
            return []
        found = self._repos.sagas.reread(tx, [m.claimed.saga.key for m in lost])
        return [
            attrs.evolve(m, claimed=attrs.evolve(found[m.order.id], claims=m.claimed.claims))
            for m in lost
            if m.order.id in found and found[m.order.id].fence == m.claimed.fence
        ]

    def _saga_write(self, step: _Transition, now: datetime) -> SagaWrite:
        claimed = step.move.claimed
        if (
            not step.commands
            and step.saga.state is claimed.saga.state
            and not learnt(claimed.saga, step.saga)
        ):
            tries = claimed.claims - step.move.blameless
            put_off = self._put_off(attrs.evolve(claimed, claims=tries), step.saga, now)
            reason = storable_text(str(getattr(step.move.outcome, "reason", ""))) or None
            if step.move.blameless:  # first in line when its party is back
                put_off = attrs.evolve(put_off, next_run_at=min(now, step.move.order.created_at))
            return attrs.evolve(
                put_off, read=claimed, last_error=reason, attention=step.move.alarming or None
            )
        goes_on = (
            step.move.by_runner and ask(step.saga) is not None
        )  # nobody holds what an operator has decided
        if not step.commands and not _has_turned_out(
            claimed.saga, step.saga
        ):  # attempted anew: it has got no further
            write = self._put_off(claimed, step.saga, now)
            return attrs.evolve(
                write, lease_until=now + self._timing.lease if goes_on else None, next_run_at=now
            )
        return SagaWrite(
            read=claimed,
            saga=step.saga,
            seq=claimed.seq + sum(isinstance(command, RecordEvent) for command in step.commands),
            claims=0,
            lease_until=now + self._timing.lease if goes_on else None,
            next_run_at=now,
            last_error=step.saga.cause.detail
            if step.saga.cause and step.saga.needs_person
            else None,
            attention=step.saga.needs_person,
        )

    def _put_off(self, claimed: ClaimedSaga, saga: OrderSaga, now: datetime) -> SagaWrite:
        next_run_at = now + self._timing.pause(max(0, claimed.claims - 1))
        return SagaWrite(
            read=claimed,
            saga=saga,
            seq=claimed.seq,
            claims=claimed.claims,
            lease_until=None,
            next_run_at=next_run_at,
        )

    def _carry_out(self, tx: Transaction, steps: Sequence[_Transition], now: datetime) -> None:
        if not steps:
            return
        sagas = self._repos.sagas
        sagas.open_refunds(
            tx, {s.key: c for s in steps for c in s.commands if isinstance(c, OpenRefund)}
        )
        sagas.record_shipments(
            tx,
            {s.key: c.shipment for s in steps for c in s.commands if isinstance(c, RecordShipment)},
            now,
        )
        returned = self._give_back(tx, [s for s in steps if s.any(RestoreCart)], now)
        self._repos.outbox.append(tx, self._tell(tx, steps, returned, now))
        self._end_holds(tx, steps, now)

    def _end_holds(self, tx: Transaction, steps: Sequence[_Transition], now: datetime) -> None:
        """Last of all: others wait for a SKU that many want from here to the commit."""
        if completed := [s.key.order_id for s in steps if s.any(CommitStock)]:
            lost = set(completed) - set(self._repos.stock.commit(tx, completed, now))
            if lost:
                raise HoldsLost(sorted(lost))
        if undone := [s.key.order_id for s in steps if s.any(ReleaseStock)]:
            released = self._repos.stock.release(tx, undone)
            flipped = [
                AvailabilityChanged(sku_id=sku_id)
                for sku_id, change in released.items()
                if change.flipped
            ]
            self._repos.outbox.append(
                tx, [envelope(event, id=self._ids.new(), at=now) for event in flipped]
            )

    def _give_back(
        self, tx: Transaction, steps: Sequence[_Transition], now: datetime
    ) -> Mapping[OrderId, CartId]:
        if not steps:
            return {}
        returns = [
            ReturnedLines(
                buyer_id=s.key.buyer_id,
                order_id=s.key.order_id,
                new_cart_id=CartId(self._ids.new()),
                lines=tuple(_cart_line(x) for x in s.move.order.lines),
            )
            for s in steps
        ]
        return self._repos.carts.give_back(tx, returns, now)

    def _tell(
        self,
        tx: Transaction,
        steps: Sequence[_Transition],
        returned: Mapping[OrderId, CartId],
        now: datetime,
    ) -> list[Message]:
        entries: dict[OrderKey, list[TimelineEntry]] = {}
        messages: list[Message] = []
        for step in steps:
            seq = step.move.claimed.seq
            for tell in (command for command in step.commands if isinstance(command, RecordEvent)):
                seq += 1
                detail = (
                    _ending(step.saga, returned)
                    if tell.fact is Fact.ORDER_CANCELLED
                    else dict(tell.detail)
                )
                entry = TimelineEntry(
                    seq=seq,
                    fact=tell.fact,
                    at=now,
                    actor=step.move.actor,
                    cause=step.move.cause,
                    detail=_storable(detail),
                )
                entries.setdefault(step.key, []).append(entry)
                event = EVENT_OF[tell.fact](
                    order_id=step.key.order_id,
                    buyer_id=step.key.buyer_id,
                    seq=seq,
                    detail=entry.detail,
                )
                messages.append(envelope(event, id=self._ids.new(), at=now, trace=step.saga.trace))
        if entries:
            self._repos.orders.append(tx, entries)
        return messages


def _cart_line(x: OrderLine) -> CartLine:
    return CartLine(
        item_id=x.item_id,
        variant_id=x.variant_id,
        sku_id=x.sku_id,
        quantity=x.quantity,
        seen_price=x.unit_price,
        seen_name=x.name,
    )


def _next(move: OutcomeRecord, write: SagaWrite) -> OutcomeRecord:
    return attrs.evolve(
        move,
        claimed=attrs.evolve(
            move.claimed, saga=write.saga, seq=write.seq, claims=max(1, write.claims)
        ),
    )


def _step(move: OutcomeRecord, now: datetime) -> _Transition:
    """What the definition makes of *move*; the intents in it are of *now*."""
    saga, commands = advance(move.claimed.saga, move.outcome)
    if new := {
        op: attrs.evolve(call, intended_at=now)
        for op, call in saga.calls.items()
        if call.intended_at is None
    }:
        saga = attrs.evolve(saga, calls={**saga.calls, **new})
    return _Transition(move, saga, commands)


def learnt(before: OrderSaga, after: OrderSaga) -> bool:
    """Whether a call turned out, or is attempted anew: a call that is merely unknown now is no
    progress.
    """
    anew = any(
        before.calls[op].attempt != call.attempt
        for op, call in after.calls.items()
        if op in before.calls
    )
    return anew or _has_turned_out(before, after)


def _has_turned_out(before: OrderSaga, after: OrderSaga) -> bool:
    return before.state is not after.state or any(
        not call.status.is_open and before.status(op) is not call.status
        for op, call in after.calls.items()
    )


def _ending(saga: OrderSaga, returned: Mapping[OrderId, CartId]) -> dict[str, Any]:
    cause = saga.cause
    return {
        "code": cause.code if cause else "undone",
        "detail": cause.detail if cause else "",
        "cartId": returned.get(saga.key.order_id),
    }


def _facts(moves: Iterable[OutcomeRecord]) -> Iterable[MoneyFact]:
    return (fact for move in moves for fact in money_facts(move.claimed.saga.key, move.outcome))


def money_facts(key: OrderKey, outcome: object) -> Iterable[MoneyFact]:
    """What *outcome* says happened to the money of an order."""
    match outcome:
        case Captured(ref=ref, amount=amount):
            yield MoneyFact(key=key, ref=storable_text(ref), kind="capture", amount=amount)
        case Refunded(ref=ref, amount=amount):
            yield MoneyFact(key=key, ref=storable_text(ref), kind="refund", amount=amount)
        case GivenBack(entries=entries):
            for entry in entries:
                yield MoneyFact(
                    key=key, ref=storable_text(entry.ref), kind="refund", amount=entry.amount
                )
        case _:
            pass


def _in_legible_words(move: OutcomeRecord) -> OutcomeRecord:
    """*move* with every text of its outcome legible: its words go into causes, calls and
    timelines.
    """
    outcome: object = move.outcome
    if not attrs.has(type(outcome)):
        return move
    answer: Any = outcome
    said = (
        (a.name, getattr(answer, a.name))
        for a in attrs.fields(cast("type[attrs.AttrsInstance]", type(outcome)))
    )
    unreadable = {
        name: storable_text(text)
        for name, text in said
        if isinstance(text, str) and storable_text(text) != text
    }
    return attrs.evolve(move, outcome=attrs.evolve(answer, **unreadable)) if unreadable else move


def _storable(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: storable_text(value) if isinstance(value, str) else value
        for key, value in detail.items()
    }
