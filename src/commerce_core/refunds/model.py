"""A refund: who wants it, what of an order's money it gives back, and how far it has come."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderKey
from commerce_core.payment import (
    PaymentUnknown,
    Refunded,
    RefundOutcome,
    RefundPending,
    RefundRefused,
)

#: The pause before the second try; it is doubled up to the longest.
_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_MOST_DOUBLINGS: Final = 10
#: How often at most, and at least, a gateway is asked that carries a refund out later.
_SOONEST: Final = timedelta(minutes=1)
_LATEST: Final = timedelta(hours=1)
#: What was given back may come back for so long; it is looked at after an hour, then always when it
#: is twice as old, and once a day at least.
WATCHED_FOR: Final = timedelta(days=30)
_FIRST_WATCH: Final = timedelta(hours=1)
_LONGEST_WATCH: Final = timedelta(days=1)
#: A refund that is open for so long is for a person.
OPEN_FOR: Final = timedelta(days=1)


class Origin(StrEnum):
    """Who wants the money to go back."""

    UNDO = "undo"
    """The saga of an order that is undone."""
    LATE_CAPTURE = "late-capture"
    """Nobody: it was captured after the order was cancelled."""
    OPERATOR = "operator"
    SELLER = "seller"
    GATEWAY = "gateway"
    """Whoever made it at the gateway itself: it was found in the gateway's books."""


class RefundState(StrEnum):
    """How far a refund has come."""

    REQUESTED = "requested"
    """Its money is reserved, and nothing was sent yet."""
    SENT = "sent"
    """It may have been sent; what became of it is not known."""
    PENDING = "pending"
    """The gateway has it, and carries it out later."""
    DONE = "done"
    REFUSED = "refused"
    """The gateway does not carry it out: a person decides."""
    FAILED = "failed"
    """It was done, and the money came back: it is owed again, and a person decides."""

    @property
    def is_open(self) -> bool:
        """Whether it is still carried out."""
        return self in (RefundState.REQUESTED, RefundState.SENT, RefundState.PENDING)


@attrs.frozen(kw_only=True)
class RefundedLine:
    """*quantity* pieces of line *line_no* of an order (0: its shipping), and what of its money they
    come to.
    """

    line_no: int
    quantity: int
    amount: Money


@attrs.frozen(kw_only=True)
class LineSum:
    """What refunds share of one line: of its *ordered* pieces and its *total* so many, and so much,
    are given back or promised. Minor units of the order's currency.
    """

    line_no: int
    ordered: int
    total: int
    quantity: int = 0
    given: int = 0

    @property
    def left(self) -> int:
        """How many pieces can still be given back."""
        return self.ordered - self.quantity


@attrs.frozen(kw_only=True)
class Refund:
    """One refund of an order; *no* counts from 1 within it.

    Attributes:
        cause: what it comes of, unique within its order: the same cause opens no second one.
        digest: of what was asked for, so that a repeated request is known from another one.
        actor: the account that decided, or ``system``.
        account: the account at the *gateway* that the money was paid to.
        lines: what it is for; empty where it is for an amount. One that was claimed shows none.
        attempt: raised after a refusal; each attempt has a key of its own.
        intended_at: when this attempt was first written down as sent: the age of its key counts
            from there.
        ref: the gateway's own name for it.
        failure: why it is refused, has failed or does not get on, as the gateway says.
        attention: whether a person has to look at it.
        next_at: when it is looked after next; ``None``: not by itself.
        fence: raised with each claim; who has an older one changes nothing.
    """

    key: OrderKey
    no: int
    origin: Origin
    cause: str
    digest: str
    actor: str
    reason: str
    amount: Money
    gateway: str
    account: str
    created_at: datetime
    updated_at: datetime
    lines: tuple[RefundedLine, ...] = ()
    state: RefundState = RefundState.REQUESTED
    attempt: int = 1
    intended_at: datetime | None = None
    ref: str | None = None
    failure: str | None = None
    attention: bool = False
    done_at: datetime | None = None
    next_at: datetime | None = None
    tries: int = 0
    fence: int = 0

    @property
    def call_key(self) -> str:
        """The idempotency key of this attempt: a pure function of what is stored."""
        return f"{self.key.order_id}:refund:{self.no}:{self.attempt}"

    @property
    def since(self) -> datetime:
        """When this attempt began."""
        return self.intended_at or self.updated_at

    def again(self, at: datetime) -> "Refund":
        """The refund as a person has it tried again: what is over in vain in a new attempt, under a
        key of its own; what is under way at once.
        """
        if self.state.is_open:
            return attrs.evolve(self, next_at=at)
        if self.state is RefundState.DONE:
            return self
        return attrs.evolve(
            self, state=RefundState.REQUESTED, attempt=self.attempt + 1, intended_at=None,
            ref=None, failure=None, attention=False, done_at=None, next_at=at, tries=0,
            updated_at=at,
        )  # fmt: skip

    def part_of(self, line_nos: Collection[int]) -> "Refund | None":
        """What of the refund is for lines of these numbers, with what they come to; ``None``:
        nothing is.
        """
        own = tuple(line for line in self.lines if line.line_no in line_nos)
        amount = Money.total((line.amount for line in own), self.amount.currency)
        return attrs.evolve(self, lines=own, amount=amount) if own else None

    def sent(self, at: datetime) -> "Refund":
        """The refund as it is before its first byte goes out."""
        return attrs.evolve(
            self, state=RefundState.SENT, intended_at=self.intended_at or at, updated_at=at
        )

    def after(self, outcome: RefundOutcome, now: datetime, *, overdue: bool = False) -> "Refund":
        """The refund once the gateway has said *outcome*; *overdue*: nothing may be sent any more,
        and it was only looked up.
        """
        match outcome:
            case Refunded(ref=ref, amount=amount) if amount == self.amount:
                return self._done(ref, now)
            case RefundPending(ref=ref, ask_at=ask_at) if self.state is not RefundState.DONE:
                return self._pending(ref, ask_at, now)
            case RefundRefused(code=code, detail=detail, ref=ref):
                return self._refused(f"{code}: {detail}", ref, now)
            case _ if self.state is RefundState.DONE:
                return self._watched(now)
            case PaymentUnknown(reason=reason, retry_after=asked_for):
                return self._unknown(reason, now, overdue=overdue, asked_for=asked_for)
            case _:
                return self._unknown("another amount went back", now, overdue=True)

    def _done(self, ref: str, now: datetime) -> "Refund":
        if self.state is RefundState.DONE:
            return self._watched(now)
        return attrs.evolve(
            self, state=RefundState.DONE, ref=storable_text(ref), failure=None, attention=False,
            done_at=now, next_at=now + _FIRST_WATCH, tries=0, updated_at=now,
        )  # fmt: skip

    def _watched(self, now: datetime) -> "Refund":
        age = now - (self.done_at or now)
        pause = min(max(age, _FIRST_WATCH), _LONGEST_WATCH)
        later = now + pause if age < WATCHED_FOR else None
        return attrs.evolve(self, next_at=later, tries=0)

    def _pending(self, ref: str, ask_at: datetime | None, now: datetime) -> "Refund":
        at = min(max(ask_at or now, now + _SOONEST), now + _LATEST)
        changed = self.state is not RefundState.PENDING
        return attrs.evolve(
            self, state=RefundState.PENDING, ref=storable_text(ref), tries=0, next_at=at,
            attention=self._is_late(now), updated_at=now if changed else self.updated_at,
        )  # fmt: skip

    def _refused(self, failure: str, ref: str | None, now: datetime) -> "Refund":
        was_done = self.state is RefundState.DONE
        return attrs.evolve(
            self, state=RefundState.FAILED if was_done else RefundState.REFUSED,
            ref=storable_text(ref) if ref else self.ref, failure=storable_text(failure),
            attention=True, next_at=None, tries=0, updated_at=now,
        )  # fmt: skip

    def _unknown(
        self, reason: str, now: datetime, *, overdue: bool, asked_for: timedelta | None = None
    ) -> "Refund":
        own = min(_PAUSE * (1 << min(self.tries, _MOST_DOUBLINGS)), _LONGEST_PAUSE)
        pause = max(own, min(asked_for or own, _LATEST))
        return attrs.evolve(
            self, tries=self.tries + 1, next_at=now + (_LATEST if overdue else pause),
            attention=overdue or self._is_late(now), failure=storable_text(reason),
        )  # fmt: skip

    def _is_late(self, now: datetime) -> bool:
        return now - self.since >= OPEN_FOR


@attrs.frozen
class RefundPosition:
    """A place in the list of refunds that a person has to look at."""

    at: datetime
    order_id: str
    no: int


@attrs.frozen(kw_only=True)
class RefundStats:
    """Since when the refund waits that is due the longest (``None``: none is due), and how many
    refunds a person has to look at.
    """

    due_since: datetime | None
    listed: int


@attrs.frozen(kw_only=True)
class RefundAccount:
    """What an order's refunds share: what was *captured*, and what of it is *given* back or
    reserved for a refund. Both in minor units of the order's currency.
    """

    captured: Money
    given: Money

    @property
    def left(self) -> Money:
        """What can still be given back."""
        return self.captured - self.given


@attrs.frozen(kw_only=True)
class RefundSums:
    """What is counted of an order's refunds, beside what its refunds and the gateway's facts say:
    *given* is counted, *refunds* what the refunds sum to, all in minor units.
    """

    key: OrderKey
    currency: str
    captured: int
    given: int
    refunds: int
