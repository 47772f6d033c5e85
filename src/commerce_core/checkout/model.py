"""The saga of an order as a value: where it stands, and what is known of each call to the outside."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

import attrs

from commerce_core.kernel.ids import CartId
from commerce_core.orders import Fact, OrderKey, OrderState, OrderView, Shipment


class Operation(StrEnum):
    """What an outside call is for."""

    CHARGE = "charge"
    REFUND = "refund"
    SHIP = "ship"
    UNSHIP = "unship"


class CallStatus(StrEnum):
    """What is known of an outside call. INTENT and UNKNOWN mean: it may or may not have happened."""

    INTENT = "INTENT"
    UNKNOWN = "UNKNOWN"
    OK = "OK"
    REFUSED = "REFUSED"
    FENCED = "FENCED"

    @property
    def is_open(self) -> bool:
        """Whether it may still turn out either way."""
        return self in (CallStatus.INTENT, CallStatus.UNKNOWN)


@attrs.frozen(kw_only=True)
class OutsideCall:
    """One call to a gateway or carrier, written down before its first byte goes out and continued only where it began."""

    operation: Operation
    gateway: str
    account: str
    digest: str
    status: CallStatus = CallStatus.INTENT
    subject_no: int = 1
    attempt: int = 1
    response: Mapping[str, Any] | None = None


def call_key(key: OrderKey, call: OutsideCall) -> str:
    """The idempotency key of *call*: a pure function of what is stored, equal on every repeat and on every path (acceptance 9)."""
    return f"{key.order_id}:{call.operation.value}:{call.subject_no}:{call.attempt}"


@attrs.frozen
class Cause:
    """Why an order is undone, as a code and for a person."""

    code: str
    detail: str


BY_BUYER = Cause("cancelled-by-buyer", "the buyer cancelled the order")


@attrs.frozen(kw_only=True)
class OrderSaga:
    """Everything that decides what happens next to one order. No fence, no lease, no clock: those are the runner's."""

    key: OrderKey
    definition: str
    version: int
    gateway: str
    account: str
    carrier: str
    digest: str
    state: OrderState = OrderState.PLACED
    cancel_requested: bool = False
    cause: Cause | None = None
    calls: Mapping[Operation, OutsideCall] = attrs.field(factory=dict[Operation, OutsideCall])
    trace: str | None = None
    """What its order came of; decides nothing."""

    def call(self, operation: Operation) -> OutsideCall | None:
        """What is known of *operation*; ``None``: it was never intended."""
        return self.calls.get(operation)

    def status(self, operation: Operation) -> CallStatus | None:
        """The status of *operation*; ``None``: it was never intended."""
        call = self.calls.get(operation)
        return call.status if call else None

    def intending(self, operation: Operation) -> "OrderSaga":
        """The saga with the intent of *operation* written down; unchanged where it is already."""
        if operation in self.calls:
            return self
        outside = operation in (Operation.SHIP, Operation.UNSHIP)
        gateway, account = (self.carrier, "") if outside else (self.gateway, self.account)
        call = OutsideCall(operation=operation, gateway=gateway, account=account, digest=self.digest)
        return attrs.evolve(self, calls={**self.calls, operation: call})

    def knowing(self, operation: Operation, status: CallStatus, response: Mapping[str, Any] | None = None) -> "OrderSaga":
        """The saga with what was learnt of *operation*."""
        call = attrs.evolve(self.intending(operation).calls[operation], status=status, response=response)
        return attrs.evolve(self, calls={**self.calls, operation: call})


@attrs.frozen(kw_only=True)
class Timing:
    """How long a runner waits for what.

    ``lease`` frees the sagas of a runner that died; ``call`` is the longest that a gateway or carrier may take; ``retry``
    is the pause before the first repeat, doubled each time up to ``longest_retry``.

    Raises:
        ValueError: the lease is not at least three times the longest call, or a duration is not positive.
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


# --- what a step decides ------------------------------------------------------------------------------------------------


class Verb(StrEnum):
    """The calls that a saga can ask for."""

    CONFIRM = "confirm"
    FENCE = "fence"
    REFUND = "refund"
    BOOK = "book"
    UNBOOK = "unbook"


@attrs.frozen
class Tell:
    """Write *fact* into the timeline and publish it."""

    fact: Fact
    detail: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    cause: str | None = None


@attrs.frozen
class ReleaseStock:
    """Free what is held for the order."""


@attrs.frozen
class CommitStock:
    """Let what is held for the order leave the shop."""


@attrs.frozen
class GiveBackCart:
    """Put the order's lines back into a cart of its buyer."""


@attrs.frozen
class OpenRefund:
    """Write down what is owed back to the buyer."""

    capture_ref: str
    reason: str


@attrs.frozen
class RecordShipment:
    """Write down the carrier's booking."""

    shipment: Shipment


Command = Tell | ReleaseStock | CommitStock | GiveBackCart | OpenRefund | RecordShipment


@attrs.frozen
class Placed:
    """An order that exists: *replayed* when an earlier request had placed it. *cart_id* names its cart.

    ``view`` is the order as it was placed, known to the request that placed it: it need not be read again to be told.
    """

    key: OrderKey
    cart_id: CartId
    replayed: bool
    view: OrderView | None = None
