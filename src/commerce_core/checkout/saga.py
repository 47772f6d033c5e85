"""The flow of an order, as a pure function: *given this saga and this outcome, the next saga and
what to write*.

The rules are those that the explicit-state model of the order saga explores; nothing here does I/O
or knows the time.
"""

from typing import Final

import attrs

from commerce_core.checkout.model import (
    BY_BUYER,
    Cause,
    Command,
    CommitStock,
    GatewayCommand,
    OrderSaga,
    RecordEvent,
    ReleaseStock,
    RestoreCart,
)
from commerce_core.checkout.steps.arrange_shipment import ArrangeShipment
from commerce_core.checkout.steps.charge_payment import ChargePayment
from commerce_core.checkout.steps.step import Done, Failed, Stay, Step
from commerce_core.orders import Fact, OrderState


@attrs.frozen
class Stage:
    """A state of the saga in which one step is tried. A *pivot* may still be turned back by a
    cancellation accepted before it.
    """

    state: OrderState
    step: Step
    pivot: bool = False


@attrs.frozen
class Saga:
    """A definition: what follows a placed order, in order, under a name and version that stored
    sagas remember.
    """

    name: str
    version: int
    stages: tuple[Stage, ...]
    completed: tuple[Command, ...]
    released: tuple[Command, ...]
    cancelled: tuple[Command, ...]


ORDER_SAGA: Final = Saga(
    name="order",
    version=1,
    stages=(
        Stage(OrderState.CHARGING, ChargePayment(), pivot=True),
        Stage(OrderState.SHIPPING, ArrangeShipment()),
    ),
    completed=(CommitStock(), RecordEvent(Fact.ORDER_COMPLETED)),
    released=(ReleaseStock(), RecordEvent(Fact.INVENTORY_RELEASED)),
    cancelled=(RestoreCart(), RecordEvent(Fact.ORDER_CANCELLED)),
)


@attrs.frozen
class Begin:
    """The outcome of having been placed: nothing was asked yet."""


def ask(saga: OrderSaga, definition: Saga = ORDER_SAGA) -> GatewayCommand | None:
    """The outside call to make now; ``None``: none (the saga is over, or only has to be begun)."""
    if saga.state is OrderState.COMPENSATING:
        return next(
            (verb for s in definition.stages if (verb := s.step.ask_undo(saga)) is not None), None
        )
    stage = _stage(saga, definition)
    return stage.step.ask(saga) if stage else None


def advance(
    saga: OrderSaga, outcome: object, definition: Saga = ORDER_SAGA
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """The saga after *outcome*, and what is to be written with it in one transaction.

    An outcome that no step knows is *unknown*: the saga stays, and the same is asked again. A final
    saga never changes.
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
    index, stage = next((i, s) for i, s in enumerate(definition.stages) if s.state is saga.state)
    match stage.step.settle(saga, outcome):
        case Stay(stayed):
            return stayed, ()
        case Failed(failed, cause, commands):
            return _turn_back(failed, cause, commands, definition)
        case Done(done, commands) if done.cancel_requested and stage.pivot:
            return _turn_back(done, BY_BUYER, commands, definition)
        case Done(done, commands):
            return _enter(done, index + 1, commands, definition)


def _stage(saga: OrderSaga, definition: Saga) -> Stage | None:
    return next((s for s in definition.stages if s.state is saga.state), None)


def _enter(
    saga: OrderSaga, index: int, commands: tuple[Command, ...], definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    stage = next((s for s in definition.stages[index:] if s.step.applies(saga)), None)
    if stage is None:
        return attrs.evolve(saga, state=OrderState.COMPLETED), commands + definition.completed
    return attrs.evolve(stage.step.begin(saga), state=stage.state), commands


def _turn_back(
    saga: OrderSaga, cause: Cause, commands: tuple[Command, ...], definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """Stock is freed at once: the intent of every refund is durable with it."""
    saga = attrs.evolve(saga, state=OrderState.COMPENSATING, cause=cause)
    for stage in definition.stages:
        begun = stage.step.begin_undo(saga)
        saga, commands = begun.saga, commands + begun.commands
    return _finish_if_undone(saga, commands + definition.released, definition)


def _undo(
    saga: OrderSaga, outcome: object, definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    """Hand *outcome* to the step whose undo is being asked for: they are undone one at a time."""
    stage = next((s for s in definition.stages if s.step.ask_undo(saga) is not None), None)
    if stage is None:
        return _finish_if_undone(saga, (), definition)
    verdict = stage.step.settle_undo(saga, outcome)
    if isinstance(verdict, Stay):
        return verdict.saga, ()
    return _finish_if_undone(verdict.saga, verdict.commands, definition)


def _finish_if_undone(
    saga: OrderSaga, commands: tuple[Command, ...], definition: Saga
) -> tuple[OrderSaga, tuple[Command, ...]]:
    if ask(saga, definition) is not None:
        return saga, commands
    return attrs.evolve(saga, state=OrderState.CANCELLED), commands + definition.cancelled
