"""What a step is: which call it makes, how, and what an answer means.

All but :meth:`Step.perform` is pure: a saga in, a verdict out.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import attrs

from commerce_core.checkout.model import Cause, Command, Operation, OrderSaga, StepCommand
from commerce_core.checkout.ports import Party
from commerce_core.kernel.clock import Clock
from commerce_core.orders import Order
from commerce_core.payment import PaymentGateway
from commerce_core.shipping import Carrier


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
    """Not known yet: the same call is repeated later."""

    saga: OrderSaga
    commands: tuple[Command, ...] = ()


@attrs.frozen
class Awaits:
    """The buyer has to act before it goes on."""

    saga: OrderSaga
    commands: tuple[Command, ...] = ()


Verdict = Done | Failed | Stay | Awaits


@attrs.frozen(kw_only=True)
class CallRequest:
    """The call to make for a saga that is claimed: *tries* is how often it was claimed in vain."""

    command: StepCommand
    saga: OrderSaga
    order: Order
    tries: int


#: Makes a call to a party that may hang, named first, and gives it up after the call time-out by
#: raising ``Unavailable``, which leaves unknown what became of it.
InTime: TypeAlias = Callable[[str, Callable[[], object]], object]


def without_limit(_party: str, function: Callable[[], object], /) -> object:
    """Calls *function* however long it takes: for parties that live in this process."""
    return function()


@attrs.frozen(kw_only=True)
class Outside:
    """Whom steps call: gateways and carriers by name, each of which is called in time already."""

    gateways: Mapping[str, PaymentGateway]
    carriers: Mapping[str, Carrier]
    clock: Clock
    in_time: InTime = without_limit


class Step(Protocol):
    """A step and its undo. Neither knows its neighbours."""

    @property
    @abstractmethod
    def operation(self) -> Operation:
        """What its call is for: once that is intended the step has begun."""

    @abstractmethod
    def party(self, saga: OrderSaga) -> Party:
        """Who is called, to do and to undo."""

    @abstractmethod
    def applies(self, saga: OrderSaga) -> bool:
        """Whether there is anything to do for it; a step that there is not is passed over."""

    @abstractmethod
    def begin(self, saga: OrderSaga) -> OrderSaga:
        """The saga with the intent of the step's call written down."""

    @abstractmethod
    def next_command(self, saga: OrderSaga) -> StepCommand | None:
        """The call to make now; ``None``: none, it is to be settled without."""

    @abstractmethod
    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        """What *outcome* of that call means."""

    @abstractmethod
    def begin_undo(self, saga: OrderSaga) -> Done:
        """The saga with the intents of what must be undone written down, if the step had been begun
        at all.
        """

    @abstractmethod
    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        """The call that undoes the step; ``None``: there is nothing (left) to undo."""

    @abstractmethod
    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        """What *outcome* of that call means."""

    @abstractmethod
    def perform(self, request: CallRequest, outside: Outside) -> object:
        """Make the requested call; its outcome. No transaction is open meanwhile.

        An exception is no outcome: it stays unknown whether the call happened, and the same is
        repeated under the same key.
        """
