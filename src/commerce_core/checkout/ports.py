"""The promises of rules at checkout, of orders' numbers and of the saga store. A saga's state
changes only under the newest fence; what the outside says is kept whatever the fence.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import attrs

from commerce_core.catalog import Offer
from commerce_core.checkout.model import OpenRefund, OrderSaga, OutsideCall
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import NextAction, OrderKey, Shipment
from commerce_core.pricing import Quote


@attrs.frozen(kw_only=True)
class ProposedLine:
    """*quantity* pieces of an item in one of its forms, each at ``offer.price``."""

    offer: Offer
    quantity: int
    metadata: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class ProposedOrder:
    """An order as it would be placed: the buyer has agreed to ``quote.total``."""

    order_id: OrderId
    buyer_id: BuyerId
    email: str
    lines: tuple[ProposedLine, ...]
    address: Address | None
    quote: Quote
    metadata: Mapping[str, Any]


class CheckoutRule(Protocol):
    """Who may have which order. A shop has any number of rules; all have to agree.

    One whose ``answers_at_once`` is true reads nothing but the order: it is called where a whole
    group is decided, in a transaction. Any other may call an outside service: it is called before,
    with no transaction open, and given up after the call time-out.
    """

    @abstractmethod
    def check(self, order: ProposedOrder, /) -> None:
        """Return if *order* may be placed. Idempotent, and without effect: it may be called several
        times, also about orders that are not placed in the end.

        Raises:
            CheckoutRefused: it may not; best a class of the rule's own, with a code of its own.
            Unavailable: it cannot be said now.
        """


#: Characters of an order's number.
LONGEST_NUMBER: Final = 64


class OrderNumbers(Protocol):
    """What people call orders by, in place of an id: ``2026-000123``.

    One whose ``answers_at_once`` is true waits for nothing but the shop's own database: it is
    called once for a whole group of orders. Any other may call an outside service: it is called for
    one order at a time, by several threads, and given up after the call time-out. No transaction is
    open either way.
    """

    @abstractmethod
    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        """A number for each of *orders* (at least one), in their order: one that no other order of
        the shop has been given by any process. 1 to 64 printable characters, no blank first or
        last.

        Each order's payment is prepared, and nothing may follow all the same: it may be refused in
        the end, and its number stays unused. A retry requests another order. May be called
        from several threads at the same time.

        Raises:
            Unavailable: none can be had now, for none of *orders*.
        """


@attrs.frozen(kw_only=True)
class ClaimedSaga:
    """A saga claimed by a runner: no other write counts while *fence* is the newest. *seq* is
    its last timeline entry, *next_run_at* when it was due.
    """

    saga: OrderSaga
    fence: int
    claims: int
    seq: int
    next_run_at: datetime


@attrs.frozen
class Party:
    """An outside party that is called: a gateway with its account, a carrier (``account=None``), or
    the service of a custom step.
    """

    name: str
    account: str | None
    is_step: bool = False


@attrs.frozen(kw_only=True)
class Away:
    """Gateways, each with its account, and carriers that do not answer: what waits for them is not
    to be claimed.
    """

    gateways: frozenset[tuple[str, str]] = frozenset()
    carriers: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class SagaWrite:
    """What a runner makes of a saga: written only if the fence, the state and the cancel flag are
    still as it read them. Where somebody has made it due meanwhile, it stays due then.

    ``attention=None`` leaves the flag as it is.
    """

    read: ClaimedSaga
    saga: OrderSaga
    seq: int
    claims: int
    lease_until: datetime | None
    next_run_at: datetime
    last_error: str | None = None
    attention: bool | None = None


@attrs.frozen(kw_only=True)
class SagaRow:
    """A saga as an operator sees it."""

    saga: OrderSaga
    fence: int
    claims: int
    seq: int
    attention: bool
    last_error: str | None
    created_at: datetime
    updated_at: datetime
    next_run_at: datetime
    lease_until: datetime | None


@attrs.frozen
class AlarmBounds:
    """An unfinished saga is alarmed if it is flagged, was claimed so often without progress, or was
    placed before some moment.
    """

    claims: int
    created_before: datetime


@attrs.frozen(kw_only=True)
class SagaFilter:
    """Which sagas are meant: those in a *state*, alarmed ones, unfinished ones that were placed
    before *open_before*; ``None``: whichever.
    """

    state: str | None = None
    alarm: AlarmBounds | None = None
    open_before: datetime | None = None


@attrs.frozen(kw_only=True)
class BacklogStats:
    """How it stands with the unfinished sagas of one state: how many, since when the oldest order
    waits, and how many need attention.
    """

    count: int
    oldest: datetime
    alarmed: int


@attrs.frozen(kw_only=True)
class OwedRefund:
    """A capture on a cancelled order, and what of it is not refunded yet."""

    key: OrderKey
    capture_ref: str
    amount: Money


@attrs.frozen(kw_only=True)
class MoneyFact:
    """What a gateway says happened: *kind* is ``capture`` or ``refund``, *ref* its own name for
    it.
    """

    key: OrderKey
    ref: str
    kind: str
    amount: Money


NOBODY_AWAY: Final = Away()


class SagaStore(Protocol):
    """Sagas, their calls, and the facts about money and parcels."""

    @abstractmethod
    def insert(self, tx: Transaction, sagas: Sequence[OrderSaga], seq: int, at: datetime) -> None:
        """Begin sagas, due at once, unclaimed and unflagged, with the calls that are intended and
        *seq* timeline entries written. Not idempotent.
        """

    @abstractmethod
    def claim_due(
        self,
        tx: Transaction,
        definitions: Collection[tuple[str, int]],
        now: datetime,
        lease_until: datetime,
        limit: int,
        away: Away = NOBODY_AWAY,
    ) -> Sequence[ClaimedSaga]:
        """Take up to *limit* unfinished sagas that are due and that nobody holds a lease on, the
        longest due first, of the *definitions* (names and versions) known. Those of others are left
        as they are.

        A lease holds at its end too. One that ends later than any that was taken before *now* could
        was taken by a clock that was wrong, and is void.

        Those that wait for a party that is *away* are left alone: a gateway's but for placed orders
        that are cancelled, for those that are being shipped and for those that are completed, a
        carrier's that are being shipped.
        Each claim raises the fence and the count of claims, and notes that the time is up of a
        buyer who should have acted until *now*. A saga that was claimed five times
        without progress is taken alone, so that it cannot spoil its neighbours.
        """

    @abstractmethod
    def take_over(self, tx: Transaction, key: OrderKey, now: datetime) -> ClaimedSaga | None:
        """Raise the fence of an unfinished saga that nobody holds a lease on; ``None``: it is over,
        it is held, or there is none.

        Whoever held it before writes nothing any more. No lease is taken: what is decided is
        written in the same transaction.
        """

    @abstractmethod
    def reread(self, tx: Transaction, keys: Sequence[OrderKey]) -> Mapping[OrderId, ClaimedSaga]:
        """The sagas as they are now, with whatever fence they have. Changes nothing."""

    @abstractmethod
    def write(
        self, tx: Transaction, writes: Sequence[SagaWrite], at: datetime
    ) -> Sequence[OrderId]:
        """Write states and calls; the orders for which the guard held. The others are left as they
        were. A last error that is not written again is forgotten.
        """

    @abstractmethod
    def record_facts(self, tx: Transaction, facts: Sequence[MoneyFact], at: datetime) -> None:
        """Keep what a gateway says happened. No fence. Idempotent by order, reference and kind."""

    @abstractmethod
    def open_refunds(
        self, tx: Transaction, refunds: Mapping[OrderKey, OpenRefund]
    ) -> Mapping[OrderKey, int]:
        """Keep what is owed to buyers; the number of each refund within its order. Idempotent by
        order and capture.
        """

    @abstractmethod
    def refund_calls(
        self, tx: Transaction, refunds: Mapping[OrderKey, int]
    ) -> Mapping[OrderKey, OutsideCall]:
        """The latest attempt at the refund of that number of each order; those that were never
        intended are missing.
        """

    @abstractmethod
    def write_calls(
        self, tx: Transaction, calls: Mapping[OrderKey, OutsideCall], at: datetime
    ) -> None:
        """Keep calls that no saga decides on: new attempts are inserted, known ones get their
        status and response. Idempotent.
        """

    @abstractmethod
    def record_shipments(
        self, tx: Transaction, shipments: Mapping[OrderKey, Shipment], at: datetime
    ) -> None:
        """Keep bookings, covering every line of their order. Idempotent."""

    @abstractmethod
    def ask_buyers(self, tx: Transaction, asked: Mapping[OrderKey, NextAction]) -> None:
        """Keep what buyers have to do, in place of what they had to do before."""

    @abstractmethod
    def bring_back(self, tx: Transaction, key: OrderKey, returned: Mapping[str, str]) -> bool:
        """Keep what the buyer has brought back from acting; whether the order waits for that."""

    @abstractmethod
    def forget_actions(self, tx: Transaction, keys: Sequence[OrderKey]) -> None:
        """Forget what buyers had to do. Idempotent."""

    @abstractmethod
    def stray_actions(self, tx: Transaction, limit: int) -> Sequence[OrderKey]:
        """Orders for which something is kept for their buyers to do, and that wait for nobody."""

    @abstractmethod
    def request_cancel(self, tx: Transaction, key: OrderKey, at: datetime) -> bool:
        """Note that the buyer wants the order undone, if it is not paid yet, and let its saga run
        at *at*; whether it is noted now. Idempotent. Raises no fence.
        """

    @abstractmethod
    def make_due(
        self, tx: Transaction, keys: Sequence[OrderKey], at: datetime
    ) -> Sequence[OrderId]:
        """Let unfinished sagas run at *at*, whatever they were waiting for, their claims counted
        from none; the orders that it applied to. Leaves leases alone.
        """

    @abstractmethod
    def recall(self, tx: Transaction, beyond: datetime, at: datetime, limit: int) -> int:
        """Let up to *limit* unfinished sagas run at *at* whose next run lies after *beyond*; how
        many.
        """

    @abstractmethod
    def waits_beyond(self, tx: Transaction, moment: datetime) -> bool:
        """Whether the next run of an unfinished saga lies after *moment*."""

    @abstractmethod
    def rows(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[SagaRow]:
        """The sagas of *keys* as an operator sees them; unknown ones are missing."""

    @abstractmethod
    def facts(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[MoneyFact]:
        """What gateways said happened to the orders."""

    @abstractmethod
    def alarmed(
        self, tx: Transaction, claims: int, created_before: datetime, limit: int
    ) -> Sequence[SagaRow]:
        """Unfinished sagas that are flagged, were claimed *claims* times without progress, or are
        older than *created_before*.
        """

    @abstractmethod
    def page(
        self, tx: Transaction, which: SagaFilter, after: OrderId | None, limit: int
    ) -> Sequence[SagaRow]:
        """The sagas that are meant, by order id, newest first, behind *after*."""

    @abstractmethod
    def census(
        self, tx: Transaction, claims: int, created_before: datetime, at_most: int | None
    ) -> Mapping[str, BacklogStats]:
        """The unfinished sagas by state, counted up to *at_most* in all. What needs attention is
        decided as in :meth:`alarmed`.
        """

    @abstractmethod
    def unknown_definitions(
        self, tx: Transaction, known: Collection[tuple[str, int]], at_most: int
    ) -> Mapping[tuple[str, int], int]:
        """The unfinished sagas of definitions that are not among those *known*, by name and
        version, counted up to *at_most* in all.
        """

    @abstractmethod
    def gateways_in_use(self, tx: Transaction) -> Sequence[tuple[str, str]]:
        """The gateways and accounts that unfinished orders are paid with; those that cost nothing
        name none.
        """

    @abstractmethod
    def carriers_in_use(self, tx: Transaction) -> Sequence[str]:
        """The carriers that unfinished orders are sent with."""

    @abstractmethod
    def owed_refunds(self, tx: Transaction, limit: int) -> Sequence[OwedRefund]:
        """Captures on cancelled orders that refunds do not sum up to yet and no saga works on: a
        charge that landed after all was undone.

        By order and currency refunds count towards the earliest captures; each amount is what is
        still missing of its capture.
        """
