"""The promise of a payment gateway."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page
from commerce_core.kernel.transaction import Transaction
from commerce_core.payment.errors import PaymentUnavailable
from commerce_core.payment.model import (
    BookEntry,
    Capabilities,
    Charge,
    ChargeOutcome,
    Delivery,
    Entry,
    Handle,
    KeptNotice,
    Notice,
    NoticePosition,
    NoticeState,
    NoticeStats,
    PaymentInfo,
    Prepared,
    RefundOutcome,
)

#: Names the gateway that takes a payment, of its type and the total. Pure: the same payment always
#: goes to the same gateway. It may raise ``Invalid`` for what is not taken at all.
Route: TypeAlias = Callable[[PaymentInfo, Money], str]


class PaymentGateway(Protocol):
    """Takes one call at a time, over a network. Never called while a transaction is open.

    A time-out, a lost connection and every unexpected answer are ``PaymentUnknown``, never a
    refusal.
    """

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do. No call to the outside."""

    @abstractmethod
    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        """Create the one object that the order can be paid with. No money moves, and none can
        without :meth:`confirm`; with an action the buyer has to act before that.

        Idempotent by order id.

        Raises:
            Invalid: the payment cannot be taken as it is given (pointers below ``/paymentInfo``).
            PaymentUnavailable: the gateway cannot be reached.
        """

    @abstractmethod
    def confirm(self, charge: Charge) -> ChargeOutcome:
        """Charge. The same key again changes nothing that is decided; a handle is charged at most
        once whatever the key. ``NeedsBuyer``: the buyer has to act; what is brought back comes with
        the next call. ``Pending``: the gateway decides by itself.

        Raises:
            ValueError: the key is blank.
        """

    @abstractmethod
    def fetch(self, handle: Handle) -> ChargeOutcome:
        """Its state. Changes nothing; ``NeedsBuyer`` while its buyer has to act, ``Pending`` while
        the gateway decides, else ``PaymentUnknown`` while the handle was neither charged, refused
        nor cancelled.
        """

    @abstractmethod
    def cancel(self, handle: Handle) -> ChargeOutcome:
        """The fence: after ``Voided`` it can never charge. ``Captured``: it was charged before.
        What was declined is voided too: a decline is no fence, for the buyer may try again.
        Idempotent.
        """

    @abstractmethod
    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        """Give *amount* back. The same *key* again gives the same answer, or how it stands now;
        never more than was captured. ``RefundPending``: it is carried out later. ``RefundRefused``:
        never, under this key.

        Raises:
            ValueError: *key* is blank.
        """

    @abstractmethod
    def find_refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        """How the refund stands that was sent so. Changes nothing. One that was done and has failed
        since, perhaps days later, is ``RefundRefused``; ``PaymentUnknown``: there is none (yet).
        """

    @abstractmethod
    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        """Handles prepared before *before* that were neither charged, refused nor cancelled, with
        the order each is for.
        """

    @abstractmethod
    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        """What the gateway's own books show for the orders. Changes nothing."""

    @abstractmethod
    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        """The lines of the books of *since* and later, before *until*, each once over the pages
        that cursors lead through (``None``: the first one), in an order of the books' own. A page
        may be empty and lead on; none has more than some hundred lines.

        Changes nothing. What is booked meanwhile may be among them or not, and a line may be
        written up to an hour after the moment it bears.

        Raises:
            PaymentUnavailable: the gateway cannot be reached.
        """


def pages_of(
    gateway: PaymentGateway, since: datetime, until: datetime
) -> Iterator[Sequence[Entry]]:
    """What a gateway's books have of that time, page by page; no page is empty.

    Raises:
        PaymentUnavailable: a page leads to itself: its books would be read for ever.
    """
    cursor: str | None = None
    while True:
        page = gateway.entries(since, until, cursor)
        if page.items:
            yield page.items
        if page.next_cursor is None:
            return
        if page.next_cursor == cursor:
            raise PaymentUnavailable("a page of the gateway's books leads to itself")
        cursor = page.next_cursor


class NoticeReader(Protocol):
    """Reads what a gateway sends by itself. A gateway that does has one as its attribute
    ``notices``.
    """

    @abstractmethod
    def read(self, delivery: Delivery, now: datetime) -> Sequence[Notice]:
        """What *delivery* says at *now* about payments; nothing, if it is authentic and about
        something else. Pure: no call, no clock. The signature is that of the bytes as they were
        received, compared in constant time, and no more than five minutes old or ahead.

        Raises:
            NotAuthentic: the gateway has not signed it so, or it is nothing that it sends.
        """


def notices_of(gateway: object) -> NoticeReader | None:
    """What reads the notices of *gateway*; ``None``: it sends none."""
    return getattr(gateway, "notices", None)


class NoticeRepository(Protocol):
    """Notices by gateway and the gateway's own id, each kept once."""

    @abstractmethod
    def insert(
        self, tx: Transaction, notices: Sequence[KeptNotice], raw: bytes
    ) -> Collection[tuple[str, str]]:
        """Keep *notices*, which came in the bytes *raw*; the keys of those that were new. The
        others stay as they are.
        """

    @abstractmethod
    def is_due(self, tx: Transaction, now: datetime) -> bool:
        """Whether one waits to be looked at until *now*."""

    @abstractmethod
    def take(
        self, tx: Transaction, now: datetime, until: datetime, limit: int
    ) -> Sequence[KeptNotice]:
        """Up to *limit* that wait and are due, the longest due first; each is due again at *until*.
        No two transactions take the same one.
        """

    @abstractmethod
    def save(self, tx: Transaction, notices: Sequence[KeptNotice]) -> None:
        """Write how it stands with those of *notices* that wait still. Idempotent."""

    @abstractmethod
    def revive(self, tx: Transaction, key: tuple[str, str], at: datetime) -> NoticeState | None:
        """Let one that is strange or unknown wait anew, since *at*; the state that it was in.
        ``None``: there is none.
        """

    @abstractmethod
    def listed(
        self,
        tx: Transaction,
        state: NoticeState | None,
        before: NoticePosition | None,
        limit: int,
    ) -> Sequence[KeptNotice]:
        """Up to *limit* that are strange or unknown (or of these in *state* alone), the latest
        first, behind *before*.
        """

    @abstractmethod
    def after(
        self, tx: Transaction, key: tuple[str, str] | None, limit: int
    ) -> Sequence[KeptNotice]:
        """Up to *limit* of all by key, behind *key* (``None``: from the first)."""

    @abstractmethod
    def blank(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget the bytes of up to *limit* that were received before *before*; of how many."""

    @abstractmethod
    def stats(self, tx: Transaction, at_most: int) -> NoticeStats:
        """Figures, each counted up to *at_most*."""
