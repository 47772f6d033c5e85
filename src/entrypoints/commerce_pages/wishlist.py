"""What a buyer wants to have one day."""

import asyncio

from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange
from commerce_core.kernel.errors import CommerceError, Invalid
from commerce_core.kernel.ids import BuyerId
from commerce_http.web.auth import BUYER
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_http.web.query import QueryReader
from commerce_http.wishlist import ListWishlist
from commerce_pages.cart import own_shopper
from commerce_pages.web.forms import Form
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit


@page("GET", "/shop/wishlist", part="shop", who=BUYER)
def wishlist_page(visit: Visit, desk: Desk) -> Answer:
    """The list, newest first, at the prices of now."""
    return _shown(visit, desk)


@page("POST", "/shop/wishlist", part="shop", who=BUYER)
def put_on_wishlist(visit: Visit, desk: Desk) -> Answer:
    """Put an item on the list, or one form of it. Repeating it changes nothing."""
    try:
        desk.shop.wishlists.add(BuyerId(visit.holder.id), *_meant(visit))
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect("/shop/wishlist")


@page("POST", "/shop/wishlist/remove", part="shop", who=BUYER)
def take_off_wishlist(visit: Visit, desk: Desk) -> Answer:
    """Take one off the list. Repeating it changes nothing."""
    desk.shop.wishlists.remove(BuyerId(visit.holder.id), *_meant(visit))
    return redirect("/shop/wishlist")


@page("POST", "/shop/wishlist/cart", part="shop", who=BUYER)
async def move_to_cart(visit: Visit, desk: Desk) -> Answer:
    """Put one piece into the cart, if none is in it yet, and take it off the list. Of an item that
    is sold in several forms one has to be chosen first.
    """
    item_id, variant_id = _meant(visit)
    do, shopper = desk.executor.do, own_shopper(visit)
    try:
        cart = await do(Runs.WORK, desk.shop.carts.view, shopper)
        held = [(one.line.item_id, one.line.variant_id) for one in cart.lines]
        if (item_id, variant_id) not in held:
            one_piece = _one_of(visit).read(SetQuantity, desk.currency, whole=("quantity",))
            await asyncio.wrap_future(desk.shop.carts.submit(CartChange.of(shopper, one_piece)))
    except Invalid:
        return redirect(f"/shop/items/{item_id}")
    except CommerceError as error:
        return await do(Runs.WORK, _shown, visit, desk, error)
    buyer = BuyerId(visit.holder.id)
    await do(Runs.WORK, desk.shop.wishlists.remove, buyer, item_id, variant_id)
    return redirect("/shop/cart")


def _meant(visit: Visit) -> tuple[str, str | None]:
    """The item of a form, and which form of it."""
    return visit.form["itemId"], visit.form["variantId"] or None


def _one_of(visit: Visit) -> Form:
    return Form({**visit.form.fields, "quantity": "1"})


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    query = b"" if error else visit.query
    wanted: ListWishlist = QueryReader(ListWishlist, desk.currency).read(query)
    found = desk.shop.wishlists.page(BuyerId(visit.holder.id), wanted.cursor, wanted.size)
    return desk.pages.draw(
        "shop/wishlist.html",
        visit,
        status=status_of(type(error)) if error else 200,
        entries=found.items,
        next_page=None if error else visit.going_on(found.next_cursor),
        words=words_of(error) if error else None,
    )
