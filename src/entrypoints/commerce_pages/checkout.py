"""Placing an order."""

import asyncio
from collections.abc import Mapping
from typing import Final

import attrs

from commerce_core.cart import CartView
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.money import Money
from commerce_http.web.answers import request_trace
from commerce_http.web.auth import BUYER
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_pages.cart import own_shopper
from commerce_pages.web.forms import Form, FormState
from commerce_pages.web.names import request_key, request_name
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit

#: What the sandbox does with each of its cards.
SANDBOX_CARDS: Final[Mapping[str, str]] = {
    "4242424242424242": "pays at once",
    "4000000000000259": "is slow: the first call times out, a repeat two seconds later pays",
    "4000000000000077": "is decided two seconds later: pays",
    "4000000000007726": "is charged; a refund of it takes a moment",
    "4000000000005126": "is charged; a refund of it comes back after three days",
    "4000000000005563": "is charged; a refund of it is refused",
    "4000000000003220": "asks you at your bank first",
    "4000000000000002": "is declined",
    "4000000000009995": "has not enough funds",
    "4000000000000119": "pays, but the answer is lost",
    "4000008400001629": "asks you at your bank first, and is declined",
}
_ADDRESS: Final = {
    "name": "name", "line1": "line1", "line2": "line2", "city": "city", "region": "region",
    "postal_code": "postalCode", "country": "country",
}  # fmt: skip
#: The setting whose sandbox takes cards as they are.
_PAYMENT: Final = "PAYMENT_URLS"
#: What the form says beside the order itself.
_BESIDE: Final = ("requestName", "shownTotal")


@attrs.frozen(kw_only=True)
class CheckoutPage:
    """What is bought at what price, and the cards that the sandbox offers. *name* is that of the
    request: sent twice, it makes one order. *before* is the total that was shown last, if it was
    another one.
    """

    cart: CartView
    name: str
    cards: Mapping[str, str]
    takes_cards: bool
    before: str | None = None

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return self.cart.quote.total


@page("GET", "/shop/checkout", part="shop", who=BUYER)
def checkout_page(visit: Visit, desk: Desk) -> Answer:
    """Address, payment and total."""
    address = visit.holder.address
    values = (
        {f"shippingAddress.{sent}": getattr(address, kept) for kept, sent in _ADDRESS.items()}
        if address
        else {}
    )
    view = _page(desk.shop.carts.view(own_shopper(visit)), desk)
    return desk.pages.draw(
        "shop/checkout.html", visit, view=view, form=FormState(values=values), words=None
    )


@page("POST", "/shop/checkout", part="shop", who=BUYER)
async def place_order(visit: Visit, desk: Desk) -> Answer:
    """Place the order of the form. The same form again leads to the order that it has placed."""
    try:
        command = _command(visit.form, desk.currency)
        key = request_key(visit.form)
        wanted = desk.shop.checkout.request(visit.holder, command, key, request_trace())
        placed = await asyncio.wrap_future(desk.shop.checkout.submit(wanted))
    except CommerceError as error:
        return await desk.executor.do(Runs.WORK, _shown_again, visit, desk, error)
    return redirect(f"/shop/orders/{placed.key.order_id}")


def _command(form: Form, currency: str) -> PlaceOrder:
    """What *form* orders; the kind of payment is the only one that a form takes."""
    fields = dict(form.fields)
    if fields.get("paymentInfo.cardNo"):
        fields["paymentInfo.paymentType"] = "card"
    return Form(fields).read(PlaceOrder, currency, whole=("cartVersion",), but=_BESIDE)


def _shown_again(visit: Visit, desk: Desk, error: CommerceError) -> Answer:
    """The page at the prices of now, with the total that was shown before if it was another."""
    view = _page(desk.shop.carts.view(own_shopper(visit)), desk, visit.form["shownTotal"])
    return desk.pages.draw(
        "shop/checkout.html",
        visit,
        status=status_of(type(error)),
        view=view,
        form=FormState.refused(visit.form, error),
        words=words_of(error),
    )


def _page(cart: CartView, desk: Desk, shown: str = "") -> CheckoutPage:
    total = cart.quote.total
    return CheckoutPage(
        cart=cart,
        name=request_name(),
        cards=SANDBOX_CARDS,
        takes_cards=_PAYMENT in desk.shop.deployment.sandboxes,
        before=shown if shown and shown != f"{total.amount} {total.currency}" else None,
    )
