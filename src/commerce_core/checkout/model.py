"""The saga of an order as a value: where it stands, and what is known of each call to the
outside.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

import attrs

from commerce_core.kernel.ids import CartId
from commerce_core.kernel.money import Money
from commerce_core.orders import Fact, OrderKey, OrderState, OrderView, Shipment
from commerce_core.payment import Action, BookEntry

_UNDO: Final = ".undo"


class Operation(str):
    """What an outside call is for, as it is stored and as keys name it. The shop's own ones stand
    here; that of any other step is its name.
    """

    __slots__ = ()

    CHARGE: ClassVar["Operation"]
    REFUND: ClassVar["Operation"]
    SHIP: ClassVar["Operation"]
    UNSHIP: ClassVar["Operation"]

    @property
    def undo(self) -> "Operation":
        """What takes it back, for a step that is none of the shop's own."""
        return Operation(self + _UNDO)

    @property
    def is_undo(self) -> bool:
        """Whether it takes back what such a step did."""
        return self.endswith(_UNDO)

    @property
    def step(self) -> str:
        """The name of the step whose call it is."""
        return self.removesuffix(_UNDO)


Operation.CHARGE = Operation("charge")
Operation.REFUND = Operation("refund")
Operation.SHIP = Operation("ship")
Operation.UNSHIP = Operation("unship")


class CallStatus(StrEnum):
    """What is known of an outside call. INTENT and UNKNOWN mean: it may or may not have
    happened. WAITING: it was answered, and a person or a later fact decides.
    """

    INTENT = "INTENT"
    UNKNOWN = "UNKNOWN"
    WAITING = "WAITING"
    OK = "OK"
    REFUSED = "REFUSED"
    VOIDED = "FENCED"

    @property
    def is_open(self) -> bool:
        """Whether it may still turn out either way."""
        return self in (CallStatus.INTENT, CallStatus.UNKNOWN)


#: What stands in place of a response where nothing was sent. Releases before this one pass it over.
_HELD_BACK: Final[Mapping[str, Any]] = {"sent": False}
#: What a waiting call's response says beside the reason.
FOR_PERSON: Final = "forPerson"
_TURNED_BACK: Final = (OrderState.COMPENSATING, OrderState.CANCELLED)


@attrs.frozen(kw_only=True)
class OutsideCall:
    """One call to a gateway or carrier, written down before its first byte goes out and continued
    only where it began.

    ``amount`` is what a charge has captured (``None`` until it has) or what a refund is to give
    back. ``intended_at`` is when this attempt was written down: the age of its key counts from
    there. The saga has no clock, whoever writes has.
    """

    operation: Operation
    gateway: str
    account: str
    digest: str
    status: CallStatus = CallStatus.INTENT
    subject_no: int = 1
    attempt: int = 1
    response: Mapping[str, Any] | None = None
    amount: Money | None = None
    intended_at: datetime | None = attrs.field(default=None, eq=False)

    @property
    def is_held_back(self) -> bool:
        """Whether it is intended and was surely not sent yet: its party is left alone."""
        return self.status is CallStatus.INTENT and self.response == _HELD_BACK

    def hold_back(self) -> "OutsideCall":
        """The intent, of which it is known that it was not sent."""
        return attrs.evolve(self, response=_HELD_BACK) if self.status is CallStatus.INTENT else self

    def resume(self) -> "OutsideCall":
        """The intent of what was held back, as if it was written down now: its key has not been
        used yet.
        """
        return attrs.evolve(self, response=None, intended_at=None)

    def intended(self, at: datetime) -> "OutsideCall":
        """The call with its intent written down at *at*, unless it was before."""
        return self if self.intended_at else attrs.evolve(self, intended_at=at)

    def again(self, amount: Money | None = None) -> "OutsideCall":
        """The intent of one more attempt, under a key of its own; without *amount* for the same
        one.
        """
        return attrs.evolve(
            self,
            status=CallStatus.INTENT,
            attempt=self.attempt + 1,
            response=None,
            amount=amount or self.amount,
            intended_at=None,
        )


def call_key(key: OrderKey, call: OutsideCall) -> str:
    """The idempotency key of *call*: a pure function of what is stored, equal on every repeat and
    on every path (acceptance 9).
    """
    return f"{key.order_id}:{call.operation}:{call.subject_no}:{call.attempt}"


@attrs.frozen
class Cause:
    """Why an order is undone, as a code and for a person."""

    code: str
    detail: str


BY_BUYER = Cause("cancelled-by-buyer", "the buyer cancelled the order")
ABANDONED = Cause("payment-abandoned", "the buyer did not complete the payment in time")


@attrs.frozen
class GivenBack:
    """What the gateway's books show as refunded of an order's money, by anybody."""

    entries: tuple[BookEntry, ...]

    def of(self, currency: str) -> int:
        """The sum in *currency*, in minor units."""
        return Money.total((entry.amount for entry in self.entries), currency).minor


@attrs.frozen
class TryAnew:
    """Nothing came of a call however often it was repeated: its key leads nowhere, so that the next
    attempt has its own.
    """


@attrs.frozen(kw_only=True)
class OrderSaga:
    """Everything that decides what happens next to one order. No fence, no lease, no clock: those
    are the runner's.
    """

    key: OrderKey
    definition: str
    version: int
    gateway: str
    account: str
    carrier: str
    digest: str
    total: Money
    state: OrderState = OrderState.PLACED
    cancel_requested: bool = False
    cause: Cause | None = None
    calls: Mapping[Operation, OutsideCall] = attrs.field(factory=dict[Operation, OutsideCall])
    time_up: bool = False
    """Whether the time is over that its buyer had to act: a runner says so when it claims it."""
    buyer_until: datetime | None = attrs.field(default=None, eq=False)
    """When that time is over, while the buyer has to act."""
    action: Action | None = attrs.field(default=None, eq=False, repr=False)
    """What the buyer has to do, while that is so."""
    returned: Mapping[str, str] | None = attrs.field(default=None, eq=False, repr=False)
    """What the buyer has brought back from doing it; only the gateway knows what to make of it."""
    trace: str | None = None
    """What its order came of; decides nothing."""

    @property
    def is_given_up(self) -> bool:
        """Whether the fence follows: the buyer has cancelled, or did not act in time."""
        return self.cancel_requested or self.time_up

    def call(self, operation: Operation) -> OutsideCall | None:
        """What is known of *operation*; ``None``: it was never intended."""
        return self.calls.get(operation)

    def status(self, operation: Operation) -> CallStatus | None:
        """The status of *operation*; ``None``: it was never intended."""
        call = self.calls.get(operation)
        return call.status if call else None

    @property
    def captured(self) -> Money:
        """What its charge has taken; nothing while that is not known."""
        charge = self.calls.get(Operation.CHARGE)
        if charge is None or charge.status is not CallStatus.OK:
            return Money.zero(self.total.currency)
        # A release before this one kept no amount: it was the total.
        return charge.amount or self.total

    @property
    def waiting(self) -> OutsideCall | None:
        """The call of a step that waits for a person or a later fact; ``None``: none does."""
        if self.state in _TURNED_BACK:
            return None
        return next((c for c in self.calls.values() if c.status is CallStatus.WAITING), None)

    @property
    def needs_person(self) -> bool:
        """Whether it is flagged for review whatever becomes of it: another amount was captured than
        the order's total, or a step waits for a person.
        """
        if self.status(Operation.CHARGE) is CallStatus.OK and self.captured != self.total:
            return True
        waiting = self.waiting
        return waiting is not None and bool((waiting.response or {}).get(FOR_PERSON))

    def with_intent(self, operation: Operation, amount: Money | None = None) -> "OrderSaga":
        """The saga with the intent of *operation* written down; unchanged where it is already."""
        if operation in self.calls:
            return self
        if operation in (Operation.CHARGE, Operation.REFUND):
            party, account = self.gateway, self.account
        elif operation in (Operation.SHIP, Operation.UNSHIP):
            party, account = self.carrier, ""
        else:
            party, account = operation.step, ""
        call = OutsideCall(
            operation=operation, gateway=party, account=account, digest=self.digest, amount=amount
        )
        return attrs.evolve(self, calls={**self.calls, operation: call})

    def with_result(
        self,
        operation: Operation,
        status: CallStatus,
        response: Mapping[str, Any] | None = None,
        amount: Money | None = None,
    ) -> "OrderSaga":
        """The saga with the outcome of *operation*; without *amount* the call's stays as it
        is.
        """
        before = self.with_intent(operation).calls[operation]
        return self.with_call(
            attrs.evolve(before, status=status, response=response, amount=amount or before.amount)
        )

    def with_call(self, call: OutsideCall) -> "OrderSaga":
        """The saga with *call* in place of what was known of its operation."""
        return attrs.evolve(self, calls={**self.calls, call.operation: call})


@attrs.frozen(kw_only=True)
class Timing:
    """How long a runner waits for what.

    ``lease`` frees the sagas of a runner that died; ``call`` is the longest that a gateway or
    carrier may take; ``retry`` is the pause before the first repeat, doubled each time up to
    ``longest_retry``.

    Raises:
        ValueError: the lease is not at least three times the longest call, or a duration is not
            positive.
    """

    lease: timedelta = timedelta(seconds=30)
    call: timedelta = timedelta(seconds=8)
    retry: timedelta = timedelta(seconds=1)
    longest_retry: timedelta = timedelta(minutes=5)

    def __attrs_post_init__(self) -> None:
        if min(self.lease, self.call, self.retry, self.longest_retry) <= timedelta(0):
            raise ValueError("a duration must be positive")
        if self.lease < 3 * self.call:
            raise ValueError("the lease must be at least three times the longest call")

    def pause(self, claims: int) -> timedelta:
        """The pause before the next try of something that was tried *claims* times in vain."""
        return min(self.retry * (1 << min(claims, 16)), self.longest_retry)


# --- what a step decides --------------------------------------------------------------------------


@attrs.frozen(order=True)
class StepCommand:
    """A call that a step makes: its *verb* for logs, traces and metrics, and the *operation*
    under whose key it is made (``None``: it needs none).
    """

    verb: str
    operation: Operation | None = attrs.field(order=False)

    CONFIRM: ClassVar["StepCommand"]
    LOOK: ClassVar["StepCommand"]
    VOID: ClassVar["StepCommand"]
    REFUND: ClassVar["StepCommand"]
    BOOK: ClassVar["StepCommand"]
    UNBOOK: ClassVar["StepCommand"]


StepCommand.CONFIRM = StepCommand("confirm", Operation.CHARGE)
StepCommand.LOOK = StepCommand("look", None)
StepCommand.VOID = StepCommand("fence", None)
StepCommand.REFUND = StepCommand("refund", Operation.REFUND)
StepCommand.BOOK = StepCommand("book", Operation.SHIP)
StepCommand.UNBOOK = StepCommand("unbook", Operation.UNSHIP)


@attrs.frozen
class RecordEvent:
    """Write *fact* into the timeline and publish it."""

    fact: Fact
    detail: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.frozen
class ReleaseStock:
    """Free what is held for the order."""


@attrs.frozen
class CommitStock:
    """Let what is held for the order leave the shop."""


@attrs.frozen
class RestoreCart:
    """Put the order's lines back into a cart of its buyer."""


@attrs.frozen
class AskBuyer:
    """Keep what the buyer has to do, for the buyer alone, and until when."""

    action: Action


@attrs.frozen
class OpenRefund:
    """Write down what is owed back to the buyer: all of *amount*, which was captured as
    *capture_ref*.
    """

    capture_ref: str
    reason: str
    amount: Money


@attrs.frozen
class RecordShipment:
    """Write down the carrier's booking."""

    shipment: Shipment


Command = (
    RecordEvent | ReleaseStock | CommitStock | RestoreCart | AskBuyer | OpenRefund | RecordShipment
)


@attrs.frozen
class Placed:
    """An order that exists: *replayed* when an earlier request had placed it. *cart_id* names its
    cart.

    ``view`` is the order as it was placed, for the request that has just placed it. It stands here
    because whoever places an order shows it: reading it again would be one more transaction for
    each order, and a fifth to a third more processor time for the whole of a checkout (measured
    over HTTP, groups of sixteen, on SQLite). A replayed order has gone on since, and is read.
    """

    key: OrderKey
    cart_id: CartId
    replayed: bool
    view: OrderView | None = None
