"""A seller's own items: the list, one of them, offering a new one, and changing it."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from commerce_core.catalog import (
    ItemNotFound,
    ItemPatch,
    ItemStatus,
    ItemType,
    ItemView,
    NewItem,
    StockReceipt,
)
from commerce_core.kernel.errors import CommerceError, StaleVersion
from commerce_core.kernel.ids import SellerId
from commerce_http.catalog.items import ListOwnItems
from commerce_http.web.auth import SELLER
from commerce_http.web.errors import status_of
from commerce_http.web.query import QueryReader
from commerce_pages.web.forms import Form, FormState
from commerce_pages.web.names import request_key, request_name
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit

STATUSES: Final[Mapping[ItemStatus, str]] = {
    ItemStatus.DRAFT: "draft",
    ItemStatus.ACTIVE: "on sale",
    ItemStatus.WITHDRAWN: "withdrawn",
}
#: Texts of an item that a form changes: what they are called there.
TEXTS: Final[Mapping[str, str]] = {
    "name": "Name", "brand": "Brand", "category": "Category", "description": "Description",
}  # fmt: skip
#: Forms of an item whose prices stand in one form of a page.
MOST_PRICES: Final = 40
_EMPTIED: Final = ("brand", "category", "description")


@attrs.frozen(kw_only=True)
class Difference:
    """A field that somebody has changed meanwhile, as it is now and as it was typed."""

    field: str
    now: str
    typed: str


@attrs.frozen(kw_only=True)
class OwnItemPage:
    """An item as its seller sees it. *name* is that of the next stock receipt: sent twice, it
    counts once.
    """

    view: ItemView
    name: str
    values: Mapping[str, str]
    differences: Sequence[Difference] = ()
    statuses: Mapping[ItemStatus, str] = STATUSES
    texts: Mapping[str, str] = TEXTS

    @property
    def is_simple(self) -> bool:
        """Whether it is sold in one form."""
        return self.view.item.type is ItemType.SIMPLE

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Its forms, to choose one of them."""
        named = [variant.variant_id or "" for variant in self.view.item.variants]
        return [(name, name) for name in named]

    @property
    def prices_fit(self) -> bool:
        """Whether the prices of all its forms stand in the form of the page."""
        return len(self.view.item.variants) <= MOST_PRICES


@page("GET", "/sell/items", part="sell", who=SELLER)
def own_items(visit: Visit, desk: Desk) -> Answer:
    """The seller's items, newest first, with what is in stock of them."""
    wanted: ListOwnItems = QueryReader(ListOwnItems, desk.currency).read(visit.query)
    found = desk.shop.items.own(
        SellerId(visit.holder.id), wanted.wanted, wanted.cursor, wanted.size
    )
    return desk.pages.draw(
        "sell/items.html",
        visit,
        views=found.items,
        next_page=visit.going_on(found.next_cursor),
        wanted=wanted,
        statuses=STATUSES,
    )


@page("GET", "/sell/offer", part="sell", who=SELLER)
def offer_page(visit: Visit, desk: Desk) -> Answer:
    """Where to offer a new item."""
    return _offered(visit, desk)


@page("POST", "/sell/offer", part="sell", who=SELLER)
def offer(visit: Visit, desk: Desk) -> Answer:
    """Take the item of the form into the catalogue. The same form again leads to the item that it
    has made.
    """
    try:
        new = visit.form.read(NewItem, desk.currency, whole=("quantity",), but=("requestName",))
        made = desk.shop.items.onboard(SellerId(visit.holder.id), new, request_key(visit.form))
    except CommerceError as error:
        return _offered(visit, desk, error)
    return redirect(f"/sell/items/{made.item.id}")


@page("GET", "/sell/items/{item_id}", part="sell", who=SELLER)
def own_item(visit: Visit, desk: Desk) -> Answer:
    """One item of the seller's own, whatever its status."""
    return _shown(visit, desk)


@page("POST", "/sell/items/{item_id}", part="sell", who=SELLER)
def change_item(visit: Visit, desk: Desk) -> Answer:
    """Change texts and prices of the version that was shown."""
    item_id = visit.named("item_id")
    seller = SellerId(visit.holder.id)
    try:
        version = desk.shop.items.details(item_id, seller).item.version
        if visit.form["version"] != str(version):
            raise StaleVersion(f"the item is at version {version}")
        patch = visit.form.read(ItemPatch, desk.currency, but=("version",), emptied=_EMPTIED)
        desk.shop.items.change(seller, item_id, patch, version)
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/sell/items/{item_id}")


@page("POST", "/sell/items/{item_id}/stock", part="sell", who=SELLER)
def count_stock(visit: Visit, desk: Desk) -> Answer:
    """Count pieces in, or with a minus out. The same reference again changes nothing."""
    item_id = visit.named("item_id")
    try:
        receipt = visit.form.read(StockReceipt, desk.currency, whole=("quantity",))
        desk.shop.items.receive(SellerId(visit.holder.id), item_id, receipt)
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/sell/items/{item_id}")


@page("POST", "/sell/items/{item_id}/publish", part="sell", who=SELLER)
def publish_item(visit: Visit, desk: Desk) -> Answer:
    """Put it on sale. Repeating it changes nothing."""
    item_id = visit.named("item_id")
    desk.shop.items.publish(SellerId(visit.holder.id), item_id)
    return redirect(f"/sell/items/{item_id}")


@page("POST", "/sell/items/{item_id}/withdraw", part="sell", who=SELLER)
def withdraw_item(visit: Visit, desk: Desk) -> Answer:
    """Take it off sale. Repeating it changes nothing."""
    item_id = visit.named("item_id")
    desk.shop.items.withdraw(SellerId(visit.holder.id), item_id)
    return redirect(f"/sell/items/{item_id}")


def _offered(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    return desk.pages.draw(
        "sell/offer.html",
        visit,
        status=status_of(type(error)) if error else 200,
        form=FormState.refused(visit.form, error) if error else FormState(),
        name=request_name(),
        currency=desk.currency,
        words=words_of(error) if error else None,
    )


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    seller = SellerId(visit.holder.id)
    view = desk.shop.items.details(visit.named("item_id"), seller)
    if view.item.seller_id != seller:
        raise ItemNotFound("there is no such item")
    values = _values(view)
    stale = isinstance(error, StaleVersion)
    return desk.pages.draw(
        "sell/item.html",
        visit,
        status=status_of(type(error)) if error else 200,
        view=OwnItemPage(
            view=view,
            name=request_name(),
            values=values,
            differences=_differences(values, visit.form) if stale else (),
        ),
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )


def _values(view: ItemView) -> Mapping[str, str]:
    """What stands in the fields of the form that changes an item."""
    item = view.item
    texts = {name: str(getattr(item, name)) for name in TEXTS}
    if item.type is ItemType.SIMPLE:
        return {**texts, "price": item.price.amount}
    prices = {
        f"variants.{place}.price": variant.price.amount
        for place, variant in enumerate(item.variants)
    }
    return {**texts, **prices}


def _differences(values: Mapping[str, str], form: Form) -> list[Difference]:
    """The fields in which *form* is not what stands there now."""
    return [
        Difference(field=TEXTS.get(name, "Price"), now=now, typed=form[name])
        for name, now in values.items()
        if name in form.fields and form[name] != now
    ]
