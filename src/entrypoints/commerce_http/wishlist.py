"""Wishlists of buyers."""

import attrs

from commerce_core.catalog import ItemNotFound
from commerce_core.kernel.ids import BuyerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.wishlist import AddToWishlist, NotOnWishlist, WishlistFull, WishlistView
from commerce_core.wishlist.service import Wishlists
from commerce_http.web.answers import Money, Reply, Shape, Timestamp, money
from commerce_http.web.auth import BUYER
from commerce_http.web.callers import Caller
from commerce_http.web.operations import Runs, operation
from commerce_http.web.query import page_size

_DETAILS = {"withdrawn": "cannot be bought any more"}


@attrs.frozen(kw_only=True)
class WhichVariant:
    """Which entry of an item is meant, where several variants of it are on the list."""

    variant_id: str | None = None


@attrs.frozen(kw_only=True)
class ListWishlist:
    """Which page of the list."""

    cursor: str | None = None
    size: int = page_size(20)


class WishlistProblem(Shape):
    """What has become of an item on the list: ``withdrawn``."""

    code: str
    detail: str


class WishlistEntry(Shape):
    """An item on the list at the price of now. ``variantId`` is null where the item itself is
    meant; its price is then the lowest of its variants that can be bought, or of all where none
    can.
    """

    item_id: str
    variant_id: str | None
    name: str
    image: str | None
    price: Money
    price_when_added: Money
    in_stock: bool
    added_at: Timestamp
    problems: list[WishlistProblem]


class WishlistPage(Shape):
    """A page of the list, newest first."""

    items: list[WishlistEntry]
    next_cursor: str | None


@operation(
    "GET",
    "/wishlist",
    who=BUYER,
    answer=WishlistPage,
    problems=(BadCursor,),
    runs=Runs.KEY_READ,
)
def wishlist(query: ListWishlist, caller: Caller, wishlists: Wishlists) -> WishlistPage:
    """The caller's wishlist, newest first, at the prices of now."""
    page = wishlists.page(BuyerId(caller.id), query.cursor, query.size)
    return WishlistPage(
        items=[entry_shape(view) for view in page.items], next_cursor=page.next_cursor
    )


@operation(
    "PUT",
    "/wishlist/items/{item_id}",
    who=BUYER,
    answer=WishlistEntry,
    status=201,
    also={200: "It was on the list already."},
    problems=(ItemNotFound, WishlistFull),
    body_limit=1 << 14,
    example={},
)
def put_on_wishlist(
    item_id: str, command: AddToWishlist | None, caller: Caller, wishlists: Wishlists
) -> Reply:
    """Put an item on the wishlist, or one variant of it. No body is needed. Repeating it changes
    nothing.
    """
    variant_id = command.variant_id if command else None
    view, is_new = wishlists.add(BuyerId(caller.id), item_id, variant_id)
    return Reply(body=entry_shape(view), status=201 if is_new else 200)


@operation(
    "GET",
    "/wishlist/items/{item_id}",
    who=BUYER,
    answer=WishlistEntry,
    problems=(NotOnWishlist,),
    runs=Runs.KEY_READ,
)
def wishlist_entry(
    item_id: str, query: WhichVariant, caller: Caller, wishlists: Wishlists
) -> WishlistEntry:
    """Whether an item is on the wishlist: its newest entry, or that of `variantId`."""
    return entry_shape(wishlists.entry(BuyerId(caller.id), item_id, query.variant_id))


@operation("DELETE", "/wishlist/items/{item_id}", who=BUYER, status=204)
def take_off_wishlist(
    item_id: str, query: WhichVariant, caller: Caller, wishlists: Wishlists
) -> None:
    """Take an item off the wishlist, all of its entries or that of `variantId`. Repeating it
    changes nothing.
    """
    wishlists.remove(BuyerId(caller.id), item_id, query.variant_id)


def entry_shape(view: WishlistView) -> WishlistEntry:
    """*view* in a response."""
    entry = view.entry
    return WishlistEntry(
        item_id=entry.key.item_id,
        variant_id=entry.key.variant_id,
        name=view.name,
        image=view.image,
        price=money(view.price),
        price_when_added=money(entry.price),
        in_stock=view.in_stock,
        added_at=entry.added_at,
        problems=[WishlistProblem(code, _DETAILS[code]) for code in view.problems],
    )
