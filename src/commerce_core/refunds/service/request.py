"""Asking for refunds, and reading them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, OrderId, is_id
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import (
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
from commerce_core.refunds.model import Origin, Refund
from commerce_core.refunds.ports import RefundRepository

_MISSING: Final = "there is no such order"


@attrs.frozen(kw_only=True)
class Requester:
    """Who asks for a refund, and the *request* by its idempotency key: the same one again opens no
    second refund.
    """

    origin: Origin
    actor: str
    request: str

    @property
    def cause(self) -> str:
        """What a refund comes of that is asked for so."""
        return f"{self.origin.value}:{self.actor}:{self.request}"


class Refunds:
    """Takes wishes for refunds, each for money that was captured and is not given back yet."""

    def __init__(
        self, database: Database, orders: OrderRepository, repo: RefundRepository, clock: Clock
    ) -> None:
        self._db = database
        self._orders = orders
        self._repo = repo
        self._clock = clock

    def request(self, order_id: str, command: RefundOrder, by: Requester) -> Refund:
        """Have money of a completed order go back; the refund as it stands now. Its money is
        reserved at once: no more than was captured is ever promised, however many ask at a time.
        Idempotent by request.

        Raises:
            OrderNotFound: there is no such order.
            NotPaid: nothing of its money is here.
            NotCompleted: it is under way.
            RefundTooLarge: less is left.
            RefundKeyReused: the request has asked for another refund of the order.
            Invalid: the amount is in another currency.
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

    def listed(self, order_id: str, buyer_id: BuyerId | None = None) -> Sequence[Refund]:
        """The refunds of an order, by number; with a *buyer_id* only of this buyer's.

        Raises:
            OrderNotFound: there is no such order, or it is not this buyer's.
        """
        if not is_id(order_id):
            raise OrderNotFound(_MISSING)
        with self._db.snapshot() as tx:
            key = self._key_of(tx, OrderId(order_id))
            if buyer_id not in (None, key.buyer_id):
                raise OrderNotFound(_MISSING)
            return self._repo.of_orders(tx, [key])

    def details(self, order_id: str, no: int, buyer_id: BuyerId | None = None) -> Refund:
        """Refund *no* of an order; with a *buyer_id* only of this buyer's.

        Raises:
            OrderNotFound: there is no such order, or it is not this buyer's.
            RefundNotFound: it has no such refund.
        """
        for refund in self.listed(order_id, buyer_id):
            if refund.no == no:
                return refund
        raise RefundNotFound("the order has no such refund")

    def _key_of(self, tx: Transaction, order_id: OrderId) -> OrderKey:
        key = self._orders.keys_of(tx, [order_id]).get(order_id)
        if key is None:
            raise OrderNotFound(_MISSING)
        return key

    def _request(self, order_id: OrderId, command: RefundOrder, by: Requester) -> Refund:
        with self._db.begin() as tx:
            key = self._key_of(tx, order_id)
            view = self._orders.load(tx, [key])[order_id]
            currency = view.order.total.currency
            if command.amount.currency != currency:
                raise Invalid.at("/amount", f"must be in {currency}")
            account = self._repo.account(tx, key, currency)
            if known := self._repo.by_cause(tx, key, by.cause):
                if known.digest != _digest(command):
                    raise RefundKeyReused("this key was used for another refund of the order")
                return known
            _check_state(view)
            if account.captured.minor == 0:
                raise NotPaid("nothing was captured for the order")
            no = self._repo.reserve(tx, key, command.amount)
            if no is None:
                raise RefundTooLarge(account.left)
            refund = self._opened(view, no, command, by)
            self._repo.insert(tx, refund)
            tx.commit()
        return refund

    def _opened(self, view: OrderView, no: int, command: RefundOrder, by: Requester) -> Refund:
        order, now = view.order, self._clock.now()
        return Refund(
            key=OrderKey(order.buyer_id, order.id),
            no=no,
            origin=by.origin,
            cause=by.cause,
            digest=_digest(command),
            actor=by.actor,
            reason=storable_text(command.reason),
            amount=command.amount,
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


def _digest(command: RefundOrder) -> str:
    asked = [command.amount.minor, command.amount.currency, command.reason]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
