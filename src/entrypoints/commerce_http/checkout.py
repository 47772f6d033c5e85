"""Placing an order."""

import asyncio
import re
from typing import Final

import structlog

from commerce_core.cart.service import CartChange, Carts, Shopper, guest_id
from commerce_core.checkout import (
    AmountMismatch,
    CartChanged,
    CartEmpty,
    CartMerged,
    CartNotFound,
    CheckoutRefused,
    CheckoutUnavailable,
    IdempotencyKeyReused,
    ItemUnavailable,
    OrderNumberUnavailable,
    OutOfStock,
    PlaceOrder,
)
from commerce_core.checkout.service.submit import Checkout
from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.ids import BuyerId
from commerce_core.orders import OrderKey, OrderView
from commerce_core.orders.service import Orders
from commerce_core.payment import PaymentUnavailable
from commerce_core.refunds.service import Refunds
from commerce_http.orders.shapes import Order, order_shape
from commerce_http.orders.watch import TimelineWatch, TooManyWatching
from commerce_http.web.answers import Reply, request_trace
from commerce_http.web.auth import BUYER
from commerce_http.web.callers import Caller
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import CartToken, IdempotencyKey, Prefer, Runs, operation

#: Seconds that a client may wait for the end of an order.
LONGEST_WAIT: Final = 10
_WAIT: Final = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,6})"?\s*(?=$|[,;])', re.IGNORECASE)

_EXAMPLE: Final = {
    "cartId": "01912d4e-7b1a-7c3e-9f00-000000000002",
    "amount": {"amount": "699.98", "currency": "USD"},
    "paymentInfo": {
        "paymentType": "card",
        "cardNo": "4242424242424242",
        "expiry": "12/30",
        "cvc": "123",
    },
    "shippingAddress": {
        "name": "Ada",
        "line1": "1 Main Street",
        "city": "Springfield",
        "postalCode": "12345",
        "country": "US",
    },
}


@operation(
    "POST",
    "/checkout",
    who=BUYER,
    answer=Order,
    status=201,
    problems=(
        CartNotFound,
        OutOfStock,
        ItemUnavailable,
        AmountMismatch,
        CartChanged,
        CartEmpty,
        CartMerged,
        IdempotencyKeyReused,
        CheckoutRefused,
        PaymentUnavailable,
        CheckoutUnavailable,
        OrderNumberUnavailable,
        TooManyWatching,
    ),
    example=_EXAMPLE,
    body_limit=1 << 18,
    headers={
        "Location": "The order.",
        "Preference-Applied": "How long was waited for the end at most.",
    },
)
async def place_order(
    command: PlaceOrder,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    prefer: Prefer,
    cart_token: CartToken,
    checkout: Checkout,
    carts: Carts,
    orders: Orders,
    refunds: Refunds,
    watch: TimelineWatch,
    executor: BlockingExecutor,
) -> Reply:
    """Place an order: goods are held at once, the payment follows. The amount must be what the cart
    costs.

    The same cart, or the same `Idempotency-Key`, again answers with the order that it has placed,
    as it stands now. A declined card is no error of the request: the order ends CANCELLED, and its
    lines are back in a cart.
    """
    if preferred_wait(prefer) is not None:
        watch.check(
            BuyerId(caller.id)
        )  # before anything is stored: who waits for too many orders has to come again
    order_request = checkout.request(caller, command, idempotency_key, request_trace())
    try:
        placed = await asyncio.wrap_future(checkout.submit(order_request))
    except CartNotFound:
        if cart_token is None:
            raise
        await _take_over(caller, cart_token, carts)
        placed = await asyncio.wrap_future(checkout.submit(order_request))
    structlog.contextvars.bind_contextvars(order_id=placed.key.order_id)
    headers = {"Location": f"/orders/{placed.key.order_id}"}
    waited = await _wait(placed.key, prefer, watch)
    if waited is not None:
        headers["Preference-Applied"] = f"wait={waited}"
    if placed.view is not None and waited is None:
        return Reply(body=order_shape(placed.view), headers=headers)
    view = await executor.do(
        Runs.KEY_READ, orders.details, placed.key.buyer_id, placed.key.order_id
    )
    if not placed.replayed and waited is None:
        view = OrderView.as_placed(view.order)
    back = await executor.do(Runs.KEY_READ, refunds.of_views, [view])
    return Reply(body=order_shape(view, back[view.order.id]), headers=headers)


async def _take_over(caller: Caller, cart_token: str, carts: Carts) -> None:
    """A guest's cart that is shown here for the first time goes over into the buyer's, which is
    named then as the one to use.
    """
    shopper = Shopper(
        buyer_id=BuyerId(caller.id), guest_id=guest_id(cart_token), address=caller.address
    )
    await asyncio.wrap_future(carts.submit(CartChange(shopper=shopper)))


async def _wait(key: OrderKey, prefer: str | None, watch: TimelineWatch) -> int | None:
    """Wait for the end of an order as long as is preferred; how long that is at most, or ``None``
    if no wait was preferred or to be had.
    """
    seconds = preferred_wait(prefer)
    if seconds is None:
        return None
    try:
        watch.enter(key.buyer_id)
    except (Overloaded, TooManyWatching):  # the order is placed: it is shown as it is
        return None
    try:
        await watch.until_over(key, seconds)
    finally:
        watch.leave(key.buyer_id)
    return seconds


def preferred_wait(prefer: str | None) -> int | None:
    """The seconds of ``wait`` in a Prefer header (RFC 7240), ten at most; preferences of other
    kinds are passed over.
    """
    found = _WAIT.search(prefer) if prefer else None
    return min(int(found[1]), LONGEST_WAIT) if found else None
