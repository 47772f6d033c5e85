"""The flow of an order, as a pure function: *given this saga and this outcome, the next saga and
what to write*.

The rules are those that the explicit-state model of the order saga explores; nothing here does I/O
or knows the time.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from commerce_core.checkout.errors import DefinitionUnknown
from commerce_core.checkout.model import (
    BY_BUYER,
    AskBuyer,
    Cause,
    Command,
    CommitStock,
    Operation,
    OrderSaga,
    RecordEvent,
    ReleaseStock,
    RestoreCart,
    StepCommand,
)
from commerce_core.checkout.steps.arrange_shipment import ArrangeShipment
from commerce_core.checkout.steps.charge_payment import ChargePayment
from commerce_core.checkout.steps.own import OwnStep
from commerce_core.checkout.steps.step import Awaits, Done, Failed, Stay, Step
from commerce_core.orders import Fact, OrderState
from commerce_core.payment import Action

_NAME: Final = re.compile("[a-z][a-z0-9_]{0,39}")
#: Operations of the shop's own steps, and the verbs of their calls.
_TAKEN: Final = frozenset(
    {
        *(Operation.CHARGE, Operation.REFUND, Operation.SHIP, Operation.UNSHIP),
        *(StepCommand.CONFIRM.verb, StepCommand.VOID.verb, StepCommand.REFUND.verb),
        *(StepCommand.BOOK.verb, StepCommand.UNBOOK.verb),
    }
)


@attrs.frozen
class Stage:
    """A step, and the state of the saga in which it is tried. A *pivot* may still be turned back by
    a cancellation accepted before it. *awaiting* is the state in which its buyer acts; without one
    no buyer is waited for.
    """

    state: OrderState
    step: Step
    pivot: bool = False
    awaiting: OrderState | None = None


def _told_apart(_: object, _attribute: "attrs.Attribute[Any]", stages: tuple[Stage, ...]) -> None:
    own = [stage.step.name for stage in stages if isinstance(stage.step, OwnStep)]
    for name in own:
        if not _NAME.fullmatch(name) or name in _TAKEN:
            raise ValueError(f"{name!r} cannot be the name of a step")
    if len({*own}) < len(own):
        raise ValueError(f"two steps of one saga have the same name: {', '.join(own)}")


@attrs.frozen
class Saga:
    """A definition: what follows a placed order, in order, under a name and version that stored
    sagas remember.

    Raises:
        ValueError: a step's name is none, or two have the same.
    """

    name: str
    version: int
    stages: tuple[Stage, ...] = attrs.field(validator=_told_apart)
    completed: tuple[Command, ...] = (CommitStock(), RecordEvent(Fact.ORDER_COMPLETED))
    released: tuple[Command, ...] = (ReleaseStock(), RecordEvent(Fact.INVENTORY_RELEASED))
    cancelled: tuple[Command, ...] = (RestoreCart(), RecordEvent(Fact.ORDER_CANCELLED))

    @property
    def own_steps(self) -> Iterator[OwnStep]:
        """The steps that are none of the shop's own."""
        return (stage.step for stage in self.stages if isinstance(stage.step, OwnStep))

    @property
    def undone_in_order(self) -> Iterator[Step]:
        """The steps as they are undone: the buyer's money first, whatever is away; then the last
        one first.
        """
        yield from (stage.step for stage in self.stages if stage.pivot)
        yield from (stage.step for stage in reversed(self.stages) if not stage.pivot)


def order_saga(
    name: str,
    version: int,
    *,
    before_charge: Sequence[OwnStep] = (),
    before_shipment: Sequence[OwnStep] = (),
    after_completion: Sequence[OwnStep] = (),
) -> Saga:
    """The flow of an order with steps of one's own in it.

    *name* and *version* are stored with every order: whatever changes which steps there are, or
    their order, takes the next version, and workers are given the earlier one as well until its
    orders are over. Before the charge, and before the shipment, a step may refuse the order; after
    completion nothing undoes it any more.

    Raises:
        ValueError: a step's name is none, or two have the same.
    """
    return Saga(
        name,
        version,
        (
            *(Stage(OrderState.CHARGING, step) for step in before_charge),
            Stage(OrderState.CHARGING, ChargePayment(), True, OrderState.AWAITING_BUYER),
            *(Stage(OrderState.SHIPPING, step) for step in before_shipment),
            Stage(OrderState.SHIPPING, ArrangeShipment()),
            *(Stage(OrderState.FINISHING, step) for step in after_completion),
        ),
    )


ORDER_SAGA: Final = order_saga("order", 2)
"""What follows a placed order in a shop that adds nothing. The name is not for others."""

_WITHOUT_BUYERS: Final = Saga(
    "order",
    1,
    tuple(attrs.evolve(stage, awaiting=None) for stage in ORDER_SAGA.stages),
)
"""The one before, in which no buyer is waited for: orders that were placed under it end so."""
_OURS: Final = (ORDER_SAGA, _WITHOUT_BUYERS)
_NOBODY_WAITS: Final = Cause("payment-declined", "the payment needs more of its buyer")


class Definitions:
    """The definitions that a process knows: new orders are placed under the *current* one, and
    those of *earlier* ones end as they began. The shop's own ones are always among them.

    Raises:
        ValueError: two have the same name and version, or one calls itself by the shop's own name.
    """

    def __init__(self, current: Saga = ORDER_SAGA, *earlier: Saga) -> None:
        others = [one for one in (current, *earlier) if one not in _OURS]
        if any(one.name == ORDER_SAGA.name for one in others):
            raise ValueError(f"{ORDER_SAGA.name} is the shop's own saga: give yours another name")
        self.current: Final = current
        self._by_id: dict[tuple[str, int], Saga] = {
            (d.name, d.version): d for d in (*_OURS, *others)
        }
        if len(self._by_id) < len(others) + len(_OURS):
            raise ValueError("two definitions of a saga have the same name and version")
        self.known: Final = frozenset(self._by_id)

    def of(self, saga: OrderSaga) -> Saga:
        """The definition that *saga* was begun under.

        Raises:
            DefinitionUnknown: it is not known here.
        """
        try:
            return self._by_id[saga.definition, saga.version]
        except KeyError:
            raise DefinitionUnknown(saga.definition, saga.version) from None

    @property
    def own_steps(self) -> Iterator[OwnStep]:
        """The steps of all definitions that are none of the shop's own."""
        return (step for definition in self._by_id.values() for step in definition.own_steps)


OURS: Final = Definitions()
"""What a shop knows that adds no step of its own."""


@attrs.frozen
class Begin:
    """The outcome of having been placed, or of a step that needs no further call."""


def next_call(saga: OrderSaga, definition: Saga = ORDER_SAGA) -> tuple[Step, StepCommand] | None:
    """The outside call to make now, and whose it is; ``None``: none (the saga is over, or is to be
    settled without).
    """
    if saga.state is OrderState.COMPENSATING:
        for step in definition.undone_in_order:
            if (command := step.undo_command(saga)) is not None:
                return step, command
        return None
    stage = _stage(saga, definition)
    command = stage.step.next_command(saga) if stage else None
    return (stage.step, command) if stage and command else None


def next_command(saga: OrderSaga, definition: Saga = ORDER_SAGA) -> StepCommand | None:
    """The outside call to make now."""
    call = next_call(saga, definition)
    return call[1] if call else None


def placed(
    saga: OrderSaga, action: Action | None, definition: Saga = ORDER_SAGA
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """The saga of an order as it is placed, and what is to be written with it.

    Where its payment was prepared with an *action*, and nothing comes before the charge, its buyer
    acts first: the intent of the charge is written down at once, for it may follow at any time.
    """
    first = next((stage for stage in definition.stages if stage.step.applies(saga)), None)
    if action is None or first is None or first.awaiting is None:
        return saga, ()
    begun = attrs.evolve(first.step.begin(saga), state=first.awaiting)
    return begun, (AskBuyer(action), RecordEvent(Fact.PAYMENT_ACTION_REQUIRED))


def advance(
    saga: OrderSaga, outcome: object, definition: Saga = ORDER_SAGA
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """The saga after *outcome*, and what is to be written with it in one transaction.

    An outcome that no step knows is *unknown*: the saga stays, and the same call is repeated. A
    final saga never changes.
    """
    if saga.state.is_final:
        return saga, ()
    if saga.state is OrderState.PLACED:
        return (
            _turn_back(saga, BY_BUYER, (), definition)
            if saga.cancel_requested
            else _enter(saga, 0, (), definition)
        )
    if saga.state is OrderState.COMPENSATING:
        return _undo(saga, outcome, definition)
    stage = _stage(saga, definition)
    if stage is None:
        raise DefinitionUnknown(saga.definition, saga.version)
    following = definition.stages.index(stage) + 1
    match stage.step.settle(saga, outcome):
        case Stay(stayed, commands):
            return stayed, commands
        case Awaits(asked, commands) if stage.awaiting:
            return attrs.evolve(asked, state=stage.awaiting), commands
        case Awaits(asked, _):
            return _turn_back(asked, _NOBODY_WAITS, (), definition)
        case Failed(refused, _, commands) if saga.state.is_completed:
            return _enter(refused, following, commands, definition)
        case Failed(failed, cause, commands):
            return _turn_back(failed, cause, commands, definition)
        case Done(done, commands) if done.cancel_requested and stage.pivot:
            return _turn_back(done, BY_BUYER, commands, definition)
        case Done(done, commands):
            return _enter(done, following, commands, definition)


def _stage(saga: OrderSaga, definition: Saga) -> Stage | None:
    """The stage that *saga* is at: of those of its state the last that has begun."""
    found: Stage | None = None
    for stage in definition.stages:
        if saga.state in (stage.state, stage.awaiting) and (
            found is None or stage.step.operation in saga.calls
        ):
            found = stage
    return found


def _enter(
    saga: OrderSaga, index: int, commands: tuple[Command, ...], definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    stage = next((s for s in definition.stages[index:] if s.step.applies(saga)), None)
    state = stage.state if stage else OrderState.COMPLETED
    if state.is_completed and not saga.state.is_completed:
        commands += definition.completed
    begun = stage.step.begin(saga) if stage else saga
    return attrs.evolve(begun, state=state), commands


def _turn_back(
    saga: OrderSaga, cause: Cause, commands: tuple[Command, ...], definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """Stock is freed at once: the intent of every refund is durable with it."""
    saga = attrs.evolve(saga, state=OrderState.COMPENSATING, cause=cause)
    for step in definition.undone_in_order:
        begun = step.begin_undo(saga)
        saga, commands = begun.saga, commands + begun.commands
    return _finish_if_undone(saga, commands + definition.released, definition)


def _undo(
    saga: OrderSaga, outcome: object, definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """Hand *outcome* to the step that is being undone: they are undone one at a time."""
    call = next_call(saga, definition)
    if call is None:
        return _finish_if_undone(saga, (), definition)
    verdict = call[0].settle_undo(saga, outcome)
    if isinstance(verdict, Stay):
        return verdict.saga, verdict.commands
    return _finish_if_undone(verdict.saga, verdict.commands, definition)


def _finish_if_undone(
    saga: OrderSaga, commands: tuple[Command, ...], definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    if next_call(saga, definition) is not None:
        return saga, commands
    return attrs.evolve(saga, state=OrderState.CANCELLED), commands + definition.cancelled
