"""The promise of the repository of refunds."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_core.payment import Entry
from commerce_core.refunds.model import (
    LineSum,
    Refund,
    RefundAccount,
    RefundedLine,
    RefundPosition,
    RefundStats,
    RefundSums,
)


class FoundRefunds(Protocol):
    """Takes what a gateway's books have beside what the shop has sent."""

    @abstractmethod
    def take(self, tx: Transaction, key: OrderKey, account: tuple[str, str], line: Entry) -> bool:
        """Whether the refund *line* of the completed order *key*, at *account* (a gateway, and its
        account), is none that is under way: then it is written down as one that is done, as far as
        so much is left of what was captured. One that is under way is looked after at once.
        Idempotent.
        """


class RefundRepository(Protocol):
    """Refunds by order and number, and what is left of each order's money."""

    @abstractmethod
    def account(self, tx: Transaction, key: OrderKey, currency: str) -> RefundAccount:
        """What was captured of an order in *currency*, as the facts about it say now, and what of
        it is given back or reserved. Whoever else asks for the same order waits until *tx* is over.
        """

    @abstractmethod
    def reserve(self, tx: Transaction, key: OrderKey, amount: Money) -> int | None:
        """Reserve *amount* of what :meth:`account` showed, and the number of the refund that it is
        for: one more than the order has. ``None``: less is left; nothing changes. The database
        itself refuses what is more than was captured. Not idempotent.
        """

    @abstractmethod
    def line_sums(self, tx: Transaction, key: OrderKey) -> Mapping[int, LineSum]:
        """What refunds of an order share of its lines, by line number; lines that none was for are
        missing. After :meth:`account` nobody changes it until *tx* is over.
        """

    @abstractmethod
    def reserve_lines(
        self, tx: Transaction, key: OrderKey, lines: Sequence[tuple[LineSum, RefundedLine]]
    ) -> bool:
        """Reserve pieces of lines (each once, with what is shared of it so far); whether all of
        them were. Otherwise the caller rolls back. The database itself refuses what is more than
        was ordered or paid. Not idempotent.
        """

    @abstractmethod
    def insert(self, tx: Transaction, refund: Refund) -> None:
        """Write a new refund down. Not idempotent.

        Raises:
            StaleRead: the order has one of this cause or number; the caller rolls back.
        """

    @abstractmethod
    def by_cause(self, tx: Transaction, key: OrderKey, cause: str) -> Refund | None:
        """The refund of an order that comes of *cause*."""

    @abstractmethod
    def of_orders(self, tx: Transaction, keys: Sequence[OrderKey]) -> Sequence[Refund]:
        """The refunds of the orders, by order and number. Asks the database nothing for none."""

    @abstractmethod
    def is_due(self, tx: Transaction, now: datetime) -> bool:
        """Whether any is to be looked after by *now*."""

    @abstractmethod
    def claim(
        self, tx: Transaction, now: datetime, until: datetime, limit: int
    ) -> Sequence[Refund]:
        """Take up to *limit* that are due, the longest due first, each with its fence raised; each
        is due again at *until*. No two transactions take the same one.
        """

    @abstractmethod
    def save(self, tx: Transaction, refund: Refund, until: datetime) -> bool:
        """Write how it stands that is claimed *until* then, if its fence is still the newest;
        whether it was. Where somebody has made it due meanwhile, it stays due then.
        """

    @abstractmethod
    def stats(self, tx: Transaction, now: datetime, at_most: int) -> RefundStats:
        """Figures by *now*; those that a person has to look at are counted up to *at_most*."""

    @abstractmethod
    def gateways_in_use(self, tx: Transaction) -> Sequence[tuple[str, str]]:
        """The gateways and accounts at which refunds are open."""

    @abstractmethod
    def make_due(self, tx: Transaction, keys: Sequence[OrderKey], at: datetime) -> None:
        """Have those refunds of the orders looked after at *at* that are looked after at all, and
        would be later. Nothing for no orders.
        """

    @abstractmethod
    def record_fact(self, tx: Transaction, refund: Refund, kind: str, at: datetime) -> None:
        """Keep what the gateway says of the money of *refund*, under its reference: ``refund`` or
        ``refund-failed``. Idempotent.
        """

    @abstractmethod
    def revive(self, tx: Transaction, key: OrderKey, no: int, at: datetime) -> Refund | None:
        """Have a refund tried again at *at*, as :meth:`Refund.again` says, under a new fence; as it
        was before. ``None``: there is none.
        """

    @abstractmethod
    def listed(
        self, tx: Transaction, before: RefundPosition | None, limit: int
    ) -> Sequence[Refund]:
        """Up to *limit* that a person has to look at, the latest first, behind *before*."""

    @abstractmethod
    def sums(self, tx: Transaction, after: OrderKey | None, limit: int) -> Sequence[RefundSums]:
        """Up to *limit* orders that ever had a refund, by key, behind *after*."""

    @abstractmethod
    def after(
        self, tx: Transaction, place: tuple[str, str, int] | None, limit: int
    ) -> Sequence[Refund]:
        """Up to *limit* of all by buyer, order and number, behind *place* (``None``: from the
        first).
        """
