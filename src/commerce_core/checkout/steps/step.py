"""What a step is: which call it makes, and what an answer means. Pure: a saga in, a verdict out."""

from abc import abstractmethod
from typing import Protocol

import attrs

from commerce_core.checkout.model import Cause, Command, GatewayCommand, OrderSaga


@attrs.frozen
class Done:
    """The step is through."""

    saga: OrderSaga
    commands: tuple[Command, ...] = ()


@attrs.frozen
class Failed:
    """The step can never be through: everything is undone."""

    saga: OrderSaga
    cause: Cause
    commands: tuple[Command, ...] = ()


@attrs.frozen
class Stay:
    """Not known yet: the same is asked again later."""

    saga: OrderSaga


Verdict = Done | Failed | Stay


class Step(Protocol):
    """A step and its undo. Neither knows its neighbours."""

    @abstractmethod
    def applies(self, saga: OrderSaga) -> bool:
        """Whether there is anything to do for it; a step that there is not is passed over."""

    @abstractmethod
    def begin(self, saga: OrderSaga) -> OrderSaga:
        """The saga with the intent of the step's call written down."""

    @abstractmethod
    def ask(self, saga: OrderSaga) -> GatewayCommand:
        """The call to make now."""

    @abstractmethod
    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        """What *outcome* of that call means."""

    @abstractmethod
    def begin_undo(self, saga: OrderSaga) -> Done:
        """The saga with the intents of what must be undone written down, if the step had been begun
        at all.
        """

    @abstractmethod
    def ask_undo(self, saga: OrderSaga) -> GatewayCommand | None:
        """The call that undoes the step; ``None``: there is nothing (left) to undo."""

    @abstractmethod
    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        """What *outcome* of that call means."""
