"""Carts of buyers and guests."""

import asyncio
from typing import Any

import attrs

from commerce_core.accounts import TooManyRequests
from commerce_core.cart import (
    CartLine as CoreCartLine,
)
from commerce_core.cart import (
    CartView,
    ChangeCart,
    LineView,
    Problem,
    SetQuantity,
    TooManyLines,
    TotalTooLarge,
)
from commerce_core.cart.service import CartChange, Carts, GuestTokens, Shopper, guest_id
from commerce_core.catalog import ItemNotFound
from commerce_core.kernel.ids import BuyerId
from commerce_http.web.answers import Money, Reply, Shape, money
from commerce_http.web.auth import BUYER_OR_GUEST, cart_cookie
from commerce_http.web.callers import Caller
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.guests import Guests
from commerce_http.web.operations import CallersOrigin, CartToken, Runs, operation


class LineProblem(Shape):
    """What has become of a line: ``price-changed``, ``sold-out``, ``withdrawn``, or
    ``total-too-large`` of the dearest.
    """

    code: str
    detail: str


class CartProblem(LineProblem):
    """What has become of a line, and of which. ``left-out``: of something that did not fit when
    carts were merged.
    """

    item_id: str
    variant_id: str | None


class CartLine(Shape):
    """A line at the price of now."""

    item_id: str
    variant_id: str | None
    name: str
    image: str | None
    quantity: int
    unit_price: Money
    line_total: Money
    metadata: dict[str, Any]
    problems: list[LineProblem]


class CouponProblem(Shape):
    """Why a coupon code takes nothing off: ``coupon-unknown``, or a code of the shop's own."""

    code: str
    detail: str


class Coupon(Shape):
    """A coupon code of the cart: whether it counts, and if not, why."""

    code: str
    applied: bool
    problem: CouponProblem | None


class Cart(Shape):
    """A cart. ``total`` is the amount that a checkout agrees to; ``problems`` are those of all
    lines.
    """

    cart_id: str
    version: int
    lines: list[CartLine]
    subtotal: Money
    shipping: Money
    tax: Money
    discount: Money
    total: Money
    coupons: list[Coupon]
    metadata: dict[str, Any]
    problems: list[CartProblem]


@attrs.frozen(kw_only=True)
class _Visit:
    """Whose cart is meant, and what its guest is to remember."""

    shopper: Shopper
    guest_token: str | None = None
    is_new: bool = False

    def reply(self, view: CartView | None) -> Reply:
        """The cart; a guest gets the token with it."""
        return Reply(
            body=cart_shape(view) if view else None,
            headers={"X-Cart-Token": self.guest_token} if self.guest_token else {},
            cookies=(cart_cookie(self.guest_token),) if self.guest_token and self.is_new else (),
        )


_CART_HEADERS = {
    "X-Cart-Token": "A guest's token: show it with the next request.",
    "Set-Cookie": "The same for browsers, when it is new.",
}


@operation("GET", "/cart", who=BUYER_OR_GUEST, answer=Cart, headers=_CART_HEADERS)
async def own_cart(
    caller: Caller | None,
    cart_token: CartToken,
    carts: Carts,
    guest_tokens: GuestTokens,
    executor: BlockingExecutor,
) -> Reply:
    """The cart with prices of now.

    A guest's token sent by a logged-in buyer: its lines are merged first.
    """
    visit = _visit(caller, cart_token, guest_tokens)
    takes_over = visit.shopper.guest_id is not None
    return visit.reply(
        await executor.do(Runs.WORK if takes_over else Runs.KEY_READ, carts.view, visit.shopper)
    )


@operation(
    "PATCH",
    "/cart",
    who=BUYER_OR_GUEST,
    answer=Cart,
    problems=(ItemNotFound, TooManyLines, TotalTooLarge, TooManyRequests),
    body_limit=1 << 18,
    example={"itemId": "01912d4e-7b1a-7c3e-9f00-000000000001", "quantity": 2},
    headers=_CART_HEADERS,
)
async def set_quantity(
    command: ChangeCart | SetQuantity,
    caller: Caller | None,
    cart_token: CartToken,
    origin: CallersOrigin,
    carts: Carts,
    guest_tokens: GuestTokens,
    guests: Guests,
) -> Reply:
    """Have so many pieces of an item in the cart; 0 takes the line out. More than there is: a
    problem of the line.

    With `lines`, so many pieces of each of a list: all of them, or none where one is refused.
    `metadata` beside `itemId` is merged into that of the line, beside `lines` or alone into that of
    the cart (JSON Merge Patch). `coupons` are all coupon codes that the cart is to have.
    """
    visit = _visit(caller, cart_token, guest_tokens)
    if visit.guest_token is not None:
        await guests.admit(visit.guest_token, origin)
    view = await asyncio.wrap_future(carts.submit(CartChange.of(visit.shopper, command)))
    return visit.reply(view)


@operation("DELETE", "/cart", who=BUYER_OR_GUEST, status=204, headers=_CART_HEADERS)
async def empty_cart(
    caller: Caller | None, cart_token: CartToken, carts: Carts, guest_tokens: GuestTokens
) -> Reply:
    """Empty the cart."""
    visit = _visit(caller, cart_token, guest_tokens)
    emptied = asyncio.wrap_future(carts.submit(CartChange(shopper=visit.shopper, empty=True)))
    await emptied
    return visit.reply(None)


def _visit(caller: Caller | None, cart_token: str | None, guest_tokens: GuestTokens) -> _Visit:
    if caller is not None:
        guest = guest_id(cart_token) if cart_token else None
        return _Visit(
            shopper=Shopper(buyer_id=BuyerId(caller.id), guest_id=guest, address=caller.address)
        )
    token = cart_token or guest_tokens.new()
    return _Visit(
        shopper=Shopper(buyer_id=guest_id(token)), guest_token=token, is_new=cart_token is None
    )


def cart_shape(view: CartView) -> Cart:
    """*view* in a response."""
    lines = [_line_shape(line) for line in view.lines]
    quote = view.quote
    return Cart(
        cart_id=view.cart.id,
        version=view.cart.version,
        lines=lines,
        subtotal=money(quote.subtotal),
        shipping=money(quote.shipping),
        tax=money(quote.tax),
        discount=money(quote.discount),
        total=money(quote.total),
        coupons=_coupons_shape(view) if view.cart.coupons else [],
        metadata=dict(view.cart.metadata),
        problems=[
            CartProblem(
                code=p.code, detail=p.detail, item_id=line.item_id, variant_id=line.variant_id
            )
            for line in lines
            for p in line.problems
        ]
        + [_left_out(line) for line in view.cart.left_out],
    )


def _coupons_shape(view: CartView) -> list[Coupon]:
    refused = {r.code: CouponProblem(r.reason, r.detail) for r in view.quote.refused}
    return [
        Coupon(code=code, applied=code not in refused, problem=refused.get(code))
        for code in view.cart.coupons
    ]


def _left_out(line: CoreCartLine) -> CartProblem:
    detail = f"{line.quantity} pieces did not fit into the cart"
    return CartProblem(
        code=Problem.LEFT_OUT.value, detail=detail, item_id=line.item_id, variant_id=line.variant_id
    )


def _line_shape(view: LineView) -> CartLine:
    line, offer = view.line, view.offer
    return CartLine(
        item_id=line.item_id,
        variant_id=line.variant_id,
        name=view.name,
        image=offer.image if offer else None,
        quantity=line.quantity,
        unit_price=money(view.unit_price),
        line_total=money(view.unit_price * line.quantity),
        metadata=dict(line.metadata),
        problems=[LineProblem(code=p.code.value, detail=p.detail) for p in view.problems],
    )
