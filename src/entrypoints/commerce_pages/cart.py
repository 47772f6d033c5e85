"""The cart of a buyer or a guest."""

import asyncio

from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper, guest_id
from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.ids import BuyerId
from commerce_http.web.auth import BUYER_OR_GUEST, cart_cookie
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect, shared_cookies
from commerce_pages.web.visits import Visit


@page("GET", "/shop/cart", part="shop", who=BUYER_OR_GUEST)
def cart_page(visit: Visit, desk: Desk) -> Answer:
    """What is in the cart, each problem beside its line."""
    view = desk.shop.carts.view(visit.shopper) if visit.shopper else None
    return desk.pages.draw("shop/cart.html", visit, view=view, form=FormState(), words=None)


@page("POST", "/shop/cart", part="shop", who=BUYER_OR_GUEST)
async def set_quantity(visit: Visit, desk: Desk) -> Answer:
    """Have so many pieces of an item in the cart. The same again changes nothing."""
    shopper, cookies = visit.shopper, list[str]()
    try:
        command = visit.form.read(SetQuantity, desk.currency, whole=("quantity",))
        if shopper is None or visit.caller is None:
            token = visit.cart_token or desk.shop.guest_tokens.new()
            await desk.guests.admit(token, visit.origin)
            shopper = shopper or Shopper(buyer_id=guest_id(token))
            cookies = shared_cookies(visit, cart_cookie(token))
        change = CartChange.of(shopper, command)
        await asyncio.wrap_future(desk.shop.carts.submit(change))
    except CommerceError as error:
        return await _shown_again(visit, desk, error)
    return redirect("/shop/cart", cookies)


async def _shown_again(visit: Visit, desk: Desk, error: CommerceError) -> Answer:
    view = (
        await desk.executor.do(Runs.WORK, desk.shop.carts.view, visit.shopper)
        if visit.shopper
        else None
    )
    return desk.pages.draw(
        "shop/cart.html",
        visit,
        status=status_of(type(error)),
        view=view,
        form=FormState.refused(visit.form, error),
        words=words_of(error),
    )


def own_shopper(visit: Visit) -> Shopper:
    """The cart of a buyer who is logged in."""
    return visit.shopper or Shopper(buyer_id=BuyerId(visit.holder.id))
