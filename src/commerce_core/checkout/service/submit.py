"""Asking for an order: what a request says, and the way that it takes until it is placed."""

import hashlib
import json
from concurrent.futures import Future

import attrs

from commerce_core.accounts import Account, Buyer
from commerce_core.checkout.commands import PlaceOrder
from commerce_core.checkout.model import Placed
from commerce_core.checkout.service.decide import Decision, Draft
from commerce_core.checkout.service.prepare import (
    CheckoutRequest,
    Preparation,
    PreparedPayment,
    PreviewedRequest,
)
from commerce_core.kernel.batching import Batcher, GroupFunction
from commerce_core.kernel.ids import BuyerId, IdFactory, OrderId


class Checkout:
    """What a buyer's request does. Without a payment call it refuses; without a placed order nobody
    is charged.

    Args:
        orders: previews, prepares and places requests.
        preview: what would become of drafts right now.
        preparation: of payments, for those who place their orders themselves.
        ids: the ids of orders.
    """

    def __init__(
        self,
        orders: Batcher[CheckoutRequest, Placed],
        preview: GroupFunction[Draft, Decision],
        preparation: Preparation,
        ids: IdFactory,
    ) -> None:
        self._orders = orders
        self._preview = preview
        self._preparation = preparation
        self._ids = ids

    def request(
        self,
        buyer: Account | Buyer,
        command: PlaceOrder,
        idem_key: str | None = None,
        trace: str | None = None,
    ) -> CheckoutRequest:
        """The request of *command*. *trace* is kept with the order and its messages, for whoever
        follows a request through the processes.
        """
        draft = Draft(
            order_id=OrderId(self._ids.new()),
            buyer_id=BuyerId(buyer.id),
            cart_id=command.cart_id,
            cart_version=command.cart_version,
            amount=command.amount,
            idem_key=idem_key,
            digest=request_digest(command),
            email=buyer.email,
            address=command.shipping_address or buyer.address,
            metadata=command.metadata,
        )
        return CheckoutRequest(draft=draft, payment=command.payment_info, trace=trace)

    def submit(self, request: CheckoutRequest) -> "Future[Placed]":
        """Place the order of *request*; its future raises what :meth:`place` does.
        Idempotent by the cart, by the key and by the request itself.

        Raises:
            Overloaded: too many orders wait; nothing was stored.
        """
        return self._orders.submit(request)

    def prepare(self, request: CheckoutRequest) -> Placed | PreparedPayment:
        """Everything up to the placement, on the caller's thread: replayed, checked, and prepared
        at the gateway of its payment. No money moves. For those who place it in a transaction of
        their own.

        Raises:
            NotFound, Conflict: as :meth:`place`.
            Invalid: the payment cannot be taken as it is given.
            Unavailable: the gateway is down; nothing was stored.
        """
        (decision,) = self._preview([request.draft])
        if isinstance(decision, Exception):
            raise decision
        (answer,) = self._preparation.prepare_many([PreviewedRequest(request, decision)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def place(
        self, buyer: Account | Buyer, command: PlaceOrder, idem_key: str | None = None
    ) -> Placed:
        """Place an order, or find the one that the same cart or the same key has placed before.
        Idempotent by both.

        Raises:
            CartNotFound: no such cart of this buyer.
            CartMerged, CartChanged, CartEmpty, ItemUnavailable, AmountMismatch, OutOfStock,
            IdempotencyKeyReused: see there;
                nothing was reserved and nobody was charged.
        """
        return self.submit(self.request(buyer, command, idem_key)).result()


def request_digest(command: PlaceOrder) -> str:
    """The digest that distinguishes requests under the same key; of a card only its last four
    digits go in, and never its code.
    """
    address = command.shipping_address
    parts = [
        command.cart_id,
        command.amount.minor,
        command.amount.currency,
        command.payment_info.digest_parts() if command.payment_info else None,
        attrs.astuple(address) if address else None,
        command.cart_version,
    ]
    if command.metadata is not None:
        parts.append(json.dumps(command.metadata, sort_keys=True))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
