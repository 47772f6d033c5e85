"""Asking for refunds, and reading them."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId, is_id
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import (
    Order,
    OrderKey,
    OrderNotFound,
    OrderRepository,
    OrderState,
    OrderView,
)
from commerce_core.refunds.commands import RefundOrder
from commerce_core.refunds.errors import (
    NotCompleted,
    NotPaid,
    RefundKeyReused,
    RefundNotFound,
    RefundTooLarge,
)
from commerce_core.refunds.model import LineSum, Origin, Refund, RefundAccount, RefundedLine
from commerce_core.refunds.ports import RefundRepository
from commerce_core.refunds.service.wishes import (
    amount_of,
    check_wish,
    digest_of,
    missing_pieces,
    of_seller,
    wished_lines,
)

_MISSING: Final = "there is no such order"


@attrs.frozen(kw_only=True)
class Requester:
    """Who asks for a refund, and the *request* by its idempotency key: the same one again opens no
    second refund. A seller's is for that seller's lines alone.
    """

    origin: Origin
    actor: str
    request: str

    @property
    def cause(self) -> str:
        """What a refund comes of that is asked for so."""
        return f"{self.origin.value}:{self.actor}:{self.request}"

    @property
    def seller_id(self) -> SellerId | None:
        """Whose lines are meant; ``None``: whosever."""
        return SellerId(self.actor) if self.origin is Origin.SELLER else None


@attrs.frozen(kw_only=True)
class OrderRefunds:
    """The refunds of an order, by number."""

    order: Order
    refunds: Sequence[Refund]


@attrs.frozen
class Reader:
    """Who reads refunds: a buyer those of the own orders, a seller what concerns the own lines;
    without either, all of them.
    """

    buyer_id: BuyerId | None = None
    seller_id: SellerId | None = None


OF_THE_SHOP: Final = Reader()


class Refunds:
    """Takes wishes for refunds, each for money that was captured and is not given back yet."""

    def __init__(
        self, database: Database, orders: OrderRepository, repo: RefundRepository, clock: Clock
    ) -> None:
        self._db = database
        self._orders = orders
        self._repo = repo
        self._clock = clock

    def request(self, order_id: str, command: RefundOrder, by: Requester) -> OrderRefunds:
        """Have money of a completed order go back; the one refund as it stands now, with its order.
        Its money, and its pieces, are reserved at once: no more than was captured, and no more of
        any line than was ordered, is ever promised, however many ask at a time. Idempotent by
        request.

        Raises:
            OrderNotFound: there is no such order, or none of the seller's goods is in it.
            NotPaid: nothing of its money is here.
            NotCompleted: it is under way.
            RefundTooLarge: less is left.
            RefundKeyReused: the request has asked for another refund of the order.
            Invalid: the amount is in another currency, a line is not in the order or not the
                seller's, or what is asked for comes to nothing.
        """
        if not is_id(order_id):
            raise OrderNotFound(_MISSING)
        return retry_transaction(self._db, lambda: self._request(OrderId(order_id), command, by))

    def of_views(self, views: Sequence[OrderView]) -> Mapping[OrderId, Sequence[Refund]]:
        """The refunds of each of the orders that *views* show, by number. Only completed ones have
        any: for others nothing is read.
        """
        found: dict[OrderId, list[Refund]] = {view.order.id: [] for view in views}
        completed = [
            OrderKey(view.order.buyer_id, view.order.id)
            for view in views
            if view.state.is_completed
        ]
        if completed:
            with self._db.snapshot() as tx:
                for refund in self._repo.of_orders(tx, completed):
                    found[refund.key.order_id].append(refund)
        return found

    def listed(self, order_id: str, reader: Reader = OF_THE_SHOP) -> OrderRefunds:
        """The refunds of an order that *reader* may see.

        Raises:
            OrderNotFound: there is no such order, or it is not the reader's.
        """
        if not is_id(order_id):
            raise OrderNotFound(_MISSING)
        with self._db.snapshot() as tx:
            view = self._view(tx, OrderId(order_id), reader.seller_id)
            order = view.order
            found = self._repo.of_orders(tx, [OrderKey(order.buyer_id, order.id)])
        if reader.buyer_id not in (None, order.buyer_id):
            raise OrderNotFound(_MISSING)
        if reader.seller_id is not None:
            own = of_seller(order, reader.seller_id)
            found = [part for refund in found if (part := refund.part_of(own)) is not None]
        return OrderRefunds(order=order, refunds=found)

    def details(self, order_id: str, no: int, reader: Reader = OF_THE_SHOP) -> OrderRefunds:
        """Refund *no* of an order, if *reader* may see it.

        Raises:
            OrderNotFound: there is no such order, or it is not the reader's.
            RefundNotFound: it has no such refund.
        """
        found = self.listed(order_id, reader)
        for refund in found.refunds:
            if refund.no == no:
                return attrs.evolve(found, refunds=[refund])
        raise RefundNotFound("the order has no such refund")

    def _view(
        self, tx: Transaction, order_id: OrderId, seller_id: SellerId | None = None
    ) -> OrderView:
        key = self._orders.keys_of(tx, [order_id]).get(order_id)
        view = self._orders.load(tx, [key]).get(order_id) if key else None
        if view is None or (seller_id is not None and not of_seller(view.order, seller_id)):
            raise OrderNotFound(_MISSING)
        return view

    def _request(self, order_id: OrderId, command: RefundOrder, by: Requester) -> OrderRefunds:
        with self._db.begin() as tx:
            view = self._view(tx, order_id, by.seller_id)
            order = view.order
            check_wish(order, command, by.seller_id)
            key = OrderKey(order.buyer_id, order.id)
            account = self._repo.account(tx, key, order.total.currency)
            if known := self._repo.by_cause(tx, key, by.cause):
                if known.digest != digest_of(command):
                    raise RefundKeyReused("this key was used for another refund of the order")
                return OrderRefunds(order=order, refunds=[known])
            _check_state(view)
            if account.captured.minor == 0:
                raise NotPaid("nothing was captured for the order")
            lines = self._reserved_lines(tx, order, command, account)
            amount = amount_of(command, [line for _, line in lines], order.total.currency)
            no = self._repo.reserve(tx, key, amount)
            if no is None:
                raise RefundTooLarge(account.left)
            refund = self._opened(order, no, amount, command, by)
            refund = attrs.evolve(refund, lines=tuple(line for _, line in lines))
            self._repo.insert(tx, refund)
            tx.commit()
        return OrderRefunds(order=order, refunds=[refund])

    def _reserved_lines(
        self, tx: Transaction, order: Order, command: RefundOrder, account: RefundAccount
    ) -> list[tuple[LineSum, RefundedLine]]:
        if command.amount is not None:
            return []
        key = OrderKey(order.buyer_id, order.id)
        shared = self._repo.line_sums(tx, key)
        lines = wished_lines(order, command, shared)
        if lacking := missing_pieces(order, lines):
            raise RefundTooLarge(account.left, lacking)
        if not self._repo.reserve_lines(tx, key, lines):
            raise RefundTooLarge(account.left)
        return lines

    def _opened(
        self, order: Order, no: int, amount: Money, command: RefundOrder, by: Requester
    ) -> Refund:
        now = self._clock.now()
        return Refund(
            key=OrderKey(order.buyer_id, order.id),
            no=no,
            origin=by.origin,
            cause=by.cause,
            digest=digest_of(command),
            actor=by.actor,
            reason=storable_text(command.reason),
            amount=amount,
            gateway=order.handle.gateway,
            account=order.handle.account,
            created_at=now,
            updated_at=now,
            next_at=now,
        )


def _check_state(view: OrderView) -> None:
    """Only what is completed is never undone any more: elsewhere the saga gives all of it back, if
    anything, and would do so beside this refund.
    """
    if view.state.is_completed:
        return
    if view.state is OrderState.SHIPPING:
        raise NotCompleted("the order is paid and under way: wait until it is completed")
    raise NotPaid("nothing is to be given back but what goes back by itself")
