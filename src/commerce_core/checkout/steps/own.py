"""A step of a shop's own: what it does and undoes is its class, everything around it is here."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import attrs

from commerce_core.checkout.model import (
    BY_BUYER,
    FOR_PERSON,
    CallStatus,
    Cause,
    Operation,
    OrderSaga,
    RecordEvent,
    StepCommand,
    call_key,
)
from commerce_core.checkout.ports import Party
from commerce_core.checkout.steps.step import (
    CallRequest,
    Done,
    Failed,
    Outside,
    Stay,
    Step,
    Verdict,
)
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.redaction import message_of
from commerce_core.orders import Fact, Order

#: What a step says goes into the order's timeline: so much of it.
_MOST_ENTRIES: Final = 20

#: Names that an entry of the timeline has already.
_TAKEN: Final = ("step", "outcome")

Detail: TypeAlias = Mapping[str, str | int | bool | None]
"""What a step says beside its outcome: up to 20 entries, each text cut at 500 characters; none of
them is called ``step`` or ``outcome``.
"""


def _no_taken_name(_: object, _attribute: "attrs.Attribute[Detail]", detail: Detail) -> None:
    if taken := [name for name in _TAKEN if name in detail]:
        raise ValueError(
            f"no detail of a step may be called {taken[0]}: its entry has that already"
        )


@attrs.frozen
class Accepted:
    """The step is done; *detail* is kept, and shown in the order's timeline.

    Raises:
        ValueError: one of *detail* is called ``step`` or ``outcome``.
    """

    detail: Detail = attrs.field(
        factory=dict[str, str | int | bool | None], validator=_no_taken_name
    )


@attrs.frozen
class Refused:
    """The step can never be done. Before completion the order is undone, and its buyer sees
    *code* and *detail*; afterwards it is only noted.
    """

    code: str
    detail: str


@attrs.frozen
class Wait:
    """A later fact decides, or a person: then the order is flagged for review until an operator
    resolves it. Either way the step is called again, under the same key, every few minutes.
    """

    reason: str
    for_person: bool = False


@attrs.frozen
class Undone:
    """What the step did is taken back, and will never be done; or it never was."""


@attrs.frozen
class StepUnknown:
    """It may or may not have happened, or happens later: the same call is repeated."""

    reason: str


StepOutcome: TypeAlias = Accepted | Refused | Wait | StepUnknown


def no_answer(error: Exception) -> StepUnknown:
    """What is known of a call that ended in *error*: nothing, for it may have happened (rule 4)."""
    return StepUnknown(storable_text(message_of(error)))


@attrs.frozen(kw_only=True)
class StepRequest:
    """The request that a step handles.

    *key* is the same on every repeat and differs between doing and undoing: the called party has
    to treat a repeated key as the same request. *answer* is the detail of its result, if
    anything.
    """

    order: Order
    saga: OrderSaga
    key: str
    answer: Mapping[str, Any] | None


class OwnStep(Step):
    """Derive from it, set ``name``, and write :meth:`do`; with something to take back, also
    :meth:`undo`.

    Attributes:
        name: small letters, digits and underscores, 40 at most. It is stored with orders, and names
            the step in keys, timelines, logs and metrics: never give it another meaning.
        answers_at_once: no call of it waits for anybody, so that it needs no time limit.
    """

    name: str
    answers_at_once: bool = False

    @abstractmethod
    def do(self, request: StepRequest, /) -> StepOutcome:
        """Do it, outside, with no transaction open. What it raises, and what takes too long, is
        *unknown*.

        It is repeated under the same key until it is known what became of it: it must be idempotent
        by ``request.key``.
        """

    def undo(self, request: StepRequest, /) -> Undone | StepUnknown:
        """Take back what :meth:`do` may have done, and see to it that a request of it which is
        still under way does nothing any more. Idempotent; repeated until it is ``Undone``.
        """
        raise NotImplementedError(f"{self.name} has nothing to undo")

    def applies(self, saga: OrderSaga) -> bool:
        """Whether the order needs the step. Pure, and the same at any time."""
        return True

    @property
    def has_undo(self) -> bool:
        """Whether there is anything to take back: a step that writes no :meth:`undo` has not."""
        return type(self).undo is not OwnStep.undo

    # --- what the saga makes of it

    @property
    def operation(self) -> Operation:
        return Operation(self.name)

    def party(self, saga: OrderSaga) -> Party:
        return Party(self.name, None, is_step=True)

    def begin(self, saga: OrderSaga) -> OrderSaga:
        return saga.with_intent(self.operation)

    def next_command(self, saga: OrderSaga) -> StepCommand | None:
        return None if saga.cancel_requested else _command(self.operation)

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        verdict = self._settled(saga, outcome)
        if saga.cancel_requested and not isinstance(verdict, Failed):
            return Failed(verdict.saga, BY_BUYER, verdict.commands)
        return verdict

    def _settled(self, saga: OrderSaga, outcome: object) -> Verdict:
        operation, before = self.operation, saga.status(self.operation)
        match outcome:
            case Accepted():
                bounded = _bounded(outcome.detail)
                done = saga.with_result(operation, CallStatus.OK, bounded)
                return Done(done, (self._answered("accepted", bounded),))
            case Refused():
                code, detail = storable_text(outcome.code), storable_text(outcome.detail)
                refused = saga.with_result(operation, CallStatus.REFUSED, {"code": code})
                return Failed(
                    refused, Cause(code, detail), (self._answered("refused", {"code": code}),)
                )
            case Wait():
                why = {"reason": storable_text(outcome.reason), FOR_PERSON: outcome.for_person}
                recorded = () if before is CallStatus.WAITING else (self._answered("waiting", {}),)
                return Stay(saga.with_result(operation, CallStatus.WAITING, why), recorded)
            case _ if before is CallStatus.WAITING:
                return Stay(saga)
            case _:
                return Stay(saga.with_result(operation, CallStatus.UNKNOWN))

    def begin_undo(self, saga: OrderSaga) -> Done:
        begun = saga.call(self.operation) is not None
        return Done(saga.with_intent(self.operation.undo) if begun and self.has_undo else saga)

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        undoing = saga.status(self.operation.undo)
        if undoing is None or undoing is CallStatus.OK:
            return None
        return _command(self.operation.undo)

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        undoing = self.operation.undo
        if isinstance(outcome, Undone):
            return Done(saga.with_result(undoing, CallStatus.OK), (self._answered("undone", {}),))
        return Stay(saga.with_result(undoing, CallStatus.UNKNOWN))

    def perform(self, request: CallRequest, outside: Outside) -> object:
        saga, doing = request.saga, request.saga.calls[self.operation]
        undoes = request.command.operation == self.operation.undo
        step_request = StepRequest(
            order=request.order,
            saga=saga,
            key=call_key(saga.key, saga.calls[self.operation.undo] if undoes else doing),
            answer=doing.response,
        )
        call = self.undo if undoes else self.do
        if self.answers_at_once:
            return call(step_request)
        return outside.in_time(self.name, lambda: call(step_request))

    def _answered(self, outcome: str, bounded: Detail) -> RecordEvent:
        return RecordEvent(Fact.STEP_ANSWERED, {**bounded, "step": self.name, "outcome": outcome})


def _command(operation: Operation) -> StepCommand:
    return StepCommand(str(operation), operation)


def _bounded(bounded: Detail) -> dict[str, str | int | bool | None]:
    entries = list(bounded.items())[:_MOST_ENTRIES]
    return {
        storable_text(name): storable_text(value) if isinstance(value, str) else value
        for name, value in entries
    }
