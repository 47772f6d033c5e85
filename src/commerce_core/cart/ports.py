"""The promise of the cart repository."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commerce_core.cart.model import Cart, CartAge, ReturnedLines
from commerce_core.kernel.ids import BuyerId, CartId, OrderId
from commerce_core.kernel.transaction import Transaction


class CartRepository(Protocol):
    """Carts of buyers and guests. The database itself keeps one open cart a buyer at most."""

    @abstractmethod
    def open_of(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> Mapping[BuyerId, Cart]:
        """The open carts of buyers; who has none is missing."""

    @abstractmethod
    def load(
        self, tx: Transaction, keys: Sequence[tuple[BuyerId, CartId]]
    ) -> Mapping[CartId, Cart]:
        """Carts whatever their status; unknown ones and other buyers' are missing."""

    @abstractmethod
    def count_of(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> Mapping[BuyerId, int]:
        """How many carts each buyer has ever had, whatever their status; who never had one is
        missing. It never shrinks, but for guests who are forgotten altogether.
        """

    @abstractmethod
    def insert(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        """Write down new carts. Not idempotent.

        Raises:
            Conflict: a buyer has an open cart already; the caller rolls back.
        """

    @abstractmethod
    def update(self, tx: Transaction, changes: Sequence[tuple[int, Cart]]) -> Sequence[CartId]:
        """Write open carts, each only over the version that is given with it; the ones that were
        written.
        """

    @abstractmethod
    def consume(
        self, tx: Transaction, carts: Sequence[tuple[BuyerId, CartId, int]]
    ) -> Sequence[CartId]:
        """Let open carts become orders, each only at the version given; the ones that did. Its
        version grows once more.
        """

    @abstractmethod
    def give_back(
        self, tx: Transaction, returned: Sequence[ReturnedLines], now: datetime
    ) -> Mapping[OrderId, CartId]:
        """Put lines into the open cart of each buyer, or a new one (the first order's
        ``new_cart_id``): quantities add up, metadata is joined, the cart's own counting. The cart
        by order.

        A line that the cart has keeps its place and its price; others come behind. The cart's
        coupons stay as they are; a new one gets the order's. It is a change of the cart, *now*.
        Several orders of one buyer share the cart. What goes beyond the bounds of a cart is noted
        in ``left_out``.
        Not idempotent: the caller records in the same transaction that it was done.
        """

    @abstractmethod
    def by_key(
        self, tx: Transaction, after: tuple[BuyerId, CartId] | None, limit: int
    ) -> Sequence[CartAge]:
        """Up to *limit* carts by buyer and id behind *after*, without lines."""

    @abstractmethod
    def of_buyer(
        self, tx: Transaction, buyer_id: BuyerId, after: CartId | None, limit: int
    ) -> Sequence[Cart]:
        """Up to *limit* carts of a buyer by id behind *after* (``None``: from the first), whatever
        their status.
        """

    @abstractmethod
    def blank(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        """Write lines, what was left out, metadata and coupons of carts that are not open any more.
        Their version stays: no holder changed them. Idempotent.
        """

    @abstractmethod
    def drop_guests(self, tx: Transaction, guests: Sequence[BuyerId], before: datetime) -> int:
        """Forget the carts of *guests*; how many went.

        All of a guest or none: none if one was changed since *before* or became an order, for the
        names of carts are counted. Idempotent.
        """

    @abstractmethod
    def empty_idle(
        self,
        tx: Transaction,
        carts: Sequence[tuple[BuyerId, CartId]],
        before: datetime,
        now: datetime,
    ) -> int:
        """Take the lines out of open carts that nobody changed since *before*; how many.

        It is a change: each gets its next version. Idempotent.
        """
