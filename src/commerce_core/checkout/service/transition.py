"""The next state of a saga after an outcome: pure functions."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, cast

import attrs

from commerce_core.audit import CallRecord
from commerce_core.cart import CartLine
from commerce_core.checkout.model import Command, GivenBack, OrderSaga, RecordEvent
from commerce_core.checkout.ports import ClaimedSaga, MoneyFact, SagaWrite
from commerce_core.checkout.saga import Definitions, advance, next_call
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.ids import CartId, OrderId
from commerce_core.orders import Order, OrderKey, OrderLine
from commerce_core.payment import Captured, Refunded

_SYSTEM: Final = "system"


@attrs.frozen(kw_only=True)
class OutcomeRecord:
    """A claimed saga, and the outcome of its call. *actor* is ``system``, or the operator who
    decided.

    An *alarming* one is flagged for review unless it gets on. A *blameless* one has not got on
    because of a party that is away: it does not count as tried in vain. *made* is what is kept of
    the call.
    """

    claimed: ClaimedSaga
    order: Order
    outcome: object
    alarming: bool = False
    blameless: bool = False
    actor: str = _SYSTEM
    cause: str | None = None
    made: CallRecord | None = None

    @property
    def by_runner(self) -> bool:
        """Whether a runner holds the saga."""
        return self.actor == _SYSTEM


@attrs.frozen
class LeftSaga:
    """A saga that is released until some time without its call, with the state of that call."""

    claimed: ClaimedSaga
    saga: OrderSaga
    until: datetime


@attrs.frozen
class Transition:
    """A move with what the saga's definition makes of it, and whether a call follows."""

    move: OutcomeRecord
    saga: OrderSaga
    commands: tuple[Command, ...]
    has_next_call: bool

    @property
    def key(self) -> OrderKey:
        """Of the order."""
        return self.saga.key

    @property
    def seq(self) -> int:
        """The last entry of the timeline, with those that follow from the move."""
        recorded = sum(isinstance(command, RecordEvent) for command in self.commands)
        return self.move.claimed.seq + recorded

    def any(self, kind: type[Command]) -> bool:
        """Whether a command of *kind* follows from the move."""
        return any(isinstance(command, kind) for command in self.commands)


def cart_line(x: OrderLine) -> CartLine:
    """The line of a cart that a line of an order goes back to."""
    return CartLine(
        item_id=x.item_id,
        variant_id=x.variant_id,
        sku_id=x.sku_id,
        quantity=x.quantity,
        seen_price=x.unit_price,
        seen_name=x.name,
        metadata=x.metadata,
    )


def continued_from(move: OutcomeRecord, write: SagaWrite) -> OutcomeRecord:
    """*move* after its *write*: the saga is still claimed."""
    return attrs.evolve(
        move,
        claimed=attrs.evolve(
            move.claimed,
            saga=write.saga,
            seq=write.seq,
            claims=max(1, write.claims),
            next_run_at=write.next_run_at,
        ),
    )


def transition_of(move: OutcomeRecord, definitions: Definitions, now: datetime) -> Transition:
    """What the saga's definition makes of *move*; the intents in it are of *now*."""
    read = move.claimed.saga
    definition = definitions.of(read)
    saga, commands = advance(read, move.outcome, definition)
    if any(call.intended_at is None for call in saga.calls.values()):
        saga = attrs.evolve(saga, calls={op: c.intended(now) for op, c in saga.calls.items()})
    has_next_call = next_call(saga, definition) is not None
    return Transition(move, saga, commands, has_next_call)


def made_progress(before: OrderSaga, after: OrderSaga) -> bool:
    """Whether a call has an outcome, or is attempted again: one that is merely unknown now is no
    progress.
    """
    attempted_again = any(
        before.calls[op].attempt != call.attempt
        for op, call in after.calls.items()
        if op in before.calls
    )
    return attempted_again or has_new_outcome(before, after)


def has_new_outcome(before: OrderSaga, after: OrderSaga) -> bool:
    """Whether the state is another one, or a call that was open has an outcome."""
    return before.state is not after.state or any(
        not call.status.is_open and before.status(op) is not call.status
        for op, call in after.calls.items()
    )


def ending_of(saga: OrderSaga, returned: Mapping[OrderId, CartId]) -> dict[str, Any]:
    """What the timeline says of the end of a cancelled order."""
    cause = saga.cause
    return {
        "code": cause.code if cause else "undone",
        "detail": cause.detail if cause else "",
        "cartId": returned.get(saga.key.order_id),
    }


def facts_of(moves: Iterable[OutcomeRecord]) -> Iterable[MoneyFact]:
    """What the outcomes of *moves* say happened to money."""
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


def with_storable_texts(move: OutcomeRecord) -> OutcomeRecord:
    """*move* with every text of its outcome storable: its words go into causes, calls and
    timelines.
    """
    outcome: object = move.outcome
    if not attrs.has(type(outcome)):
        return move
    answer: Any = outcome
    details = (
        (a.name, getattr(answer, a.name))
        for a in attrs.fields(cast("type[attrs.AttrsInstance]", type(outcome)))
    )
    unreadable = {
        name: storable_text(text)
        for name, text in details
        if isinstance(text, str) and storable_text(text) != text
    }
    return attrs.evolve(move, outcome=attrs.evolve(answer, **unreadable)) if unreadable else move


def storable_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """*detail* with every text in a form that every database keeps."""
    return {
        key: storable_text(value) if isinstance(value, str) else value
        for key, value in detail.items()
    }
