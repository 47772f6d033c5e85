"""The promises of the order repository and of the sellers' list."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders.model import Order, TimelineEntry
from commerce_core.orders.views import OrderFilter, OrderPosition, OrderView, SellerOrder


@attrs.frozen
class OrderKey:
    """An order's whole key: ordering tables are keyed by buyer first."""

    buyer_id: BuyerId
    order_id: OrderId


@attrs.frozen
class TimelineCursor:
    """A place in an order's timeline: everything up to entry *seq* is known (0: nothing)."""

    key: OrderKey
    seq: int


@attrs.frozen
class KeptNumber:
    """A *number* as it is kept: the order that it leads to, and what that order itself says that
    its number is (``None``: nothing, or there is no such order).
    """

    number: str
    key: OrderKey
    of_order: str | None


@attrs.frozen
class PaidOrder:
    """An order, and the account at the gateway that its payment is of."""

    key: OrderKey
    account: str


class OrderRepository(Protocol):
    """Orders, their timelines, and how they are read."""

    @abstractmethod
    def insert(self, tx: Transaction, orders: Sequence[Order]) -> None:
        """Write down new orders, and which order each number leads to. Not idempotent.

        Raises:
            OrderExists: a buyer has used a cart, idempotency key or id before, or somebody's order
                has the number, whatever the isolation level; the caller rolls back.
        """

    @abstractmethod
    def append(self, tx: Transaction, entries: Mapping[OrderKey, Sequence[TimelineEntry]]) -> None:
        """Add to timelines. Not idempotent.

        Raises:
            Conflict: an order has an entry of that number; the caller rolls back.
        """

    @abstractmethod
    def load(self, tx: Transaction, keys: Sequence[OrderKey]) -> Mapping[OrderId, OrderView]:
        """The orders of *keys*, each with its whole timeline, ascending; unknown ones are missing.

        State and shipment are what the saga store says. The entry ``OrderCancelled`` tells of the
        cancellation: its detail has ``code``, ``detail`` and ``cartId``.
        """

    @abstractmethod
    def placed_with(
        self,
        tx: Transaction,
        idem_keys: Sequence[tuple[BuyerId, str]],
        carts: Sequence[tuple[BuyerId, CartId]],
    ) -> Sequence[Order]:
        """The orders that were placed with one of the idempotency keys or from one of the carts,
        each once.
        """

    @abstractmethod
    def history(
        self,
        tx: Transaction,
        buyer_id: BuyerId,
        wanted: OrderFilter,
        before: OrderPosition | None,
        limit: int,
    ) -> Sequence[OrderView]:
        """Up to *limit* orders of a buyer that are *wanted* and behind *before* (``None``: from the
        newest), newest first: by when they were placed, then by id.
        """

    @abstractmethod
    def timelines_after(
        self, tx: Transaction, cursors: Sequence[TimelineCursor]
    ) -> Mapping[OrderId, Sequence[TimelineEntry]]:
        """What stands behind each cursor, ascending; orders with nothing new are missing."""

    @abstractmethod
    def keys_of(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[OrderId, OrderKey]:
        """Whose the orders are, for operators and followers of events; unknown ones are missing."""

    @abstractmethod
    def under_way(self, tx: Transaction, buyer_id: BuyerId) -> bool:
        """Whether a buyer has an order whose saga is not over."""

    @abstractmethod
    def blank(
        self, tx: Transaction, buyer_id: BuyerId, after: OrderId | None, limit: int
    ) -> Mapping[OrderId, Sequence[SellerId]]:
        """Take contact, address, idempotency key and metadata (of the lines, too) out of up to
        *limit* orders of a buyer by id behind *after*; those orders, changed or not, each with the
        sellers of its goods. Idempotent.
        """

    @abstractmethod
    def numbered(self, tx: Transaction, numbers: Sequence[str]) -> Mapping[str, OrderKey]:
        """The orders that *numbers* lead to; numbers that no order has are missing. Asks the
        database nothing for no numbers.
        """

    @abstractmethod
    def numbers(self, tx: Transaction, after: str | None, limit: int) -> Sequence[KeptNumber]:
        """Up to *limit* numbers behind *after* (``None``: from the first), ascending as the
        database sorts them.
        """


class OrderHandles(Protocol):
    """Which orders are paid with which payments at gateways."""

    @abstractmethod
    def paid_with(
        self, tx: Transaction, references: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], PaidOrder]:
        """The order that is paid with each of *references* (a gateway, and its own name for the
        payment); those of no order are missing. Asks the database nothing for none.
        """


class SellerOrders(Protocol):
    """What sellers see of orders: a projection, keyed by seller, that follows the events."""

    @abstractmethod
    def put(
        self, tx: Transaction, rows: Sequence[tuple[SellerId, int, SellerOrder]], at: datetime
    ) -> None:
        """Write *(seller, number of the timeline entry, order)*, recorded *at*; a row that is known
        with a later entry stays. Idempotent.
        """

    @abstractmethod
    def history(
        self,
        tx: Transaction,
        seller_id: SellerId,
        wanted: OrderFilter,
        before: OrderPosition | None,
        limit: int,
    ) -> Sequence[SellerOrder]:
        """Up to *limit* orders of a seller that are *wanted* and behind *before* (``None``: from
        the newest), newest first: by when they were placed, then by id.

        ``updated_since`` goes by when the list recorded an order, which is later than
        ``updated_at``: a reader that goes on from its last position misses none.
        """

    @abstractmethod
    def load(self, tx: Transaction, seller_id: SellerId, order_id: OrderId) -> SellerOrder | None:
        """One of a seller's orders."""

    @abstractmethod
    def blank(self, tx: Transaction, orders: Sequence[tuple[SellerId, OrderId]]) -> None:
        """Take the metadata that a buyer gave out of the lines of *orders*; unknown ones are passed
        over. Idempotent.
        """
