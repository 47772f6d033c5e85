"""Items: onboarding, changing, putting on sale, counting stock; and their details for anyone."""

from typing import Any

import attrs
from msgspec import UNSET, UnsetType

from commerce_core.accounts import Account, Role
from commerce_core.catalog import (
    MOST_PIECES,
    ItemKeyReused,
    ItemNotFound,
    ItemPatch,
    ItemStatus,
    ItemType,
    ItemView,
    NewItem,
    OwnItemFilter,
    SkuTaken,
    StockReceipt,
    VariantInStock,
)
from commerce_core.catalog import (
    Variant as CoreVariant,
)
from commerce_core.catalog.service.items import Items
from commerce_core.inventory import ReferenceReused, StockShort
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.search.service.find import item_token
from commerce_http.web.answers import Money, Reply, Shape, Timestamp, money
from commerce_http.web.auth import ANYONE, SELLER
from commerce_http.web.callers import Caller
from commerce_http.web.errors import IfMatchRequired
from commerce_http.web.etags import etag_of, known_tag, versions_named
from commerce_http.web.operations import IdempotencyKey, IfMatch, IfNoneMatch, Runs, operation
from commerce_http.web.query import page_size


def _some_pieces(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
    if not 1 <= value <= MOST_PIECES:
        raise ValueError(f"must be between 1 and {MOST_PIECES}")


@attrs.frozen(kw_only=True)
class ListOwnItems:
    """Which of the seller's own items, and which page of the list. ``stockBelow``: those of which
    some form has fewer free pieces.
    """

    status: ItemStatus | None = None
    stock_below: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(_some_pieces),
        metadata={"schema": {"minimum": 1, "maximum": MOST_PIECES}},
    )
    cursor: str | None = None
    size: int = page_size(20)

    @property
    def wanted(self) -> OwnItemFilter:
        """The filters."""
        return OwnItemFilter(status=self.status, stock_below=self.stock_below)


class Variant(Shape):
    """One of the forms in which an item is sold."""

    variant_id: str
    options: dict[str, Any]
    price: Money
    stock: int
    images: list[str]
    gtins: list[str]
    weight: int | None


class Item(Shape, kw_only=True):
    """An item: a simple one has ``price`` and ``stock``, the other kind ``variants``."""

    item_id: str
    sku: str
    type: str
    name: str
    description: str
    brand: str
    category: str
    tags: list[str]
    images: list[str]
    gtins: list[str]
    specifications: dict[str, Any]
    attributes: dict[str, Any]
    tax_class: str
    weight: int | None
    metadata: dict[str, Any]
    price: Money | UnsetType = UNSET
    stock: int | UnsetType = UNSET
    variants: list[Variant]
    status: str
    seller_id: str
    version: int
    created_at: Timestamp
    updated_at: Timestamp


class OwnItemPage(Shape):
    """A page of a seller's own items."""

    items: list[Item]
    next_cursor: str | None


class StockLevel(Shape):
    """How many pieces are free."""

    item_id: str
    variant_id: str | None
    stock: int


_NEW = {
    "sku": "TV-4K-001",
    "name": "42-inch 4K Smart TV",
    "brand": "ViewLux",
    "category": "electronics",
    "price": 349.99,
    "quantity": 8,
    "specifications": {"hdmi_ports": 3},
}
_WRITTEN = {
    "ETag": "Version and availability.",
    "X-Search-Token": "Shown to `GET /items`, a search waits for this write.",
}
_PLACED = {"Location": "The item.", **_WRITTEN}


@operation(
    "POST",
    "/items",
    who=SELLER,
    answer=Item,
    status=201,
    problems=(SkuTaken, ItemKeyReused),
    example=_NEW,
    headers=_PLACED,
)
def onboard_item(
    command: NewItem, caller: Account, idempotency_key: IdempotencyKey, items: Items
) -> Reply:
    """Take an item into the catalogue: with `price` and `quantity`, or with `variants`."""
    view = items.onboard(SellerId(caller.id), command, idempotency_key)
    return _written(view, {"Location": f"/items/{view.item.id}"})


@operation(
    "GET",
    "/items/{item_id}",
    who=ANYONE,
    answer=Item,
    problems=(ItemNotFound,),
    also={304: "It is the one of If-None-Match."},
    runs=Runs.KEY_READ,
    public=True,
    headers={"ETag": _WRITTEN["ETag"]},
)
def item_details(
    item_id: str, caller: Caller | None, if_none_match: IfNoneMatch, items: Items
) -> Reply:
    """An item on sale; its seller sees it whatever its status."""
    view = items.details(
        item_id, SellerId(caller.id) if caller and caller.role is Role.SELLER else None
    )
    etag = _etag(view)
    if known := known_tag(if_none_match, etag):
        return Reply(status=304, headers={"ETag": known})
    return Reply(body=item_shape(view), headers={"ETag": etag})


@operation(
    "GET",
    "/accounts/me/items",
    who=SELLER,
    answer=OwnItemPage,
    problems=(BadCursor,),
    runs=Runs.KEY_READ,
)
def own_items(query: ListOwnItems, caller: Account, items: Items) -> OwnItemPage:
    """The seller's own items, whatever their status, newest first.

    With `stockBelow` a page may have fewer items than `size`, or none: the list goes on as long as
    there is a `nextCursor`.
    """
    found = items.own(SellerId(caller.id), query.wanted, query.cursor, query.size)
    return OwnItemPage(
        items=[item_shape(view) for view in found.items], next_cursor=found.next_cursor
    )


@operation(
    "PATCH",
    "/items/{item_id}",
    who=SELLER,
    answer=Item,
    problems=(ItemNotFound, IfMatchRequired, StaleVersion, SkuTaken, VariantInStock),
    media=("application/merge-patch+json", "application/json"),
    example={"price": "329.99", "brand": "ViewLux"},
    headers=_WRITTEN,
)
def change_item(
    command: ItemPatch, item_id: str, caller: Account, if_match: IfMatch, items: Items
) -> Reply:
    """JSON Merge Patch of the seller's own item.

    `If-Match` names the version that it is meant for, by an ETag (`"3.17"`), a version (`"3"`), a
    list of either, or `*`; one
    that is no such thing matches nothing: 412. Stock changes by receipts alone.
    """
    if if_match is None:
        raise IfMatchRequired("say with If-Match which version is to be changed")
    seller_id = SellerId(caller.id)
    view = items.change(seller_id, item_id, command, _version(if_match, seller_id, item_id, items))
    return _written(view)


@operation(
    "POST",
    "/items/{item_id}/publication",
    who=SELLER,
    answer=Item,
    problems=(ItemNotFound,),
    headers=_WRITTEN,
)
def publish_item(item_id: str, caller: Account, items: Items) -> Reply:
    """Put the seller's own item on sale."""
    view = items.publish(SellerId(caller.id), item_id)
    return _written(view)


@operation(
    "DELETE",
    "/items/{item_id}/publication",
    who=SELLER,
    answer=Item,
    problems=(ItemNotFound,),
    headers=_WRITTEN,
)
def withdraw_item(item_id: str, caller: Account, items: Items) -> Reply:
    """Take the seller's own item off sale; what is ordered already is delivered."""
    view = items.withdraw(SellerId(caller.id), item_id)
    return _written(view)


@operation(
    "POST",
    "/items/{item_id}/stock-receipts",
    who=SELLER,
    answer=StockLevel,
    status=201,
    problems=(ItemNotFound, StockShort, ReferenceReused),
    example={"quantity": 10, "reference": "delivery-2207"},
    headers={"X-Search-Token": _WRITTEN["X-Search-Token"]},
)
def receive_stock(command: StockReceipt, item_id: str, caller: Account, items: Items) -> Reply:
    """Count pieces in, or with a minus out. The same reference again changes nothing; with another
    quantity it is refused.
    """
    view = items.receive(SellerId(caller.id), item_id, command)
    body = StockLevel(
        item_id=view.item.id,
        variant_id=command.variant_id,
        stock=view.available_as(command.variant_id),
    )
    return Reply(body=body, headers={"X-Search-Token": _token(view)})


def item_shape(view: ItemView) -> Item:
    """*view* in a response."""
    item = view.item
    simple = item.type is ItemType.SIMPLE
    return Item(
        item_id=item.id,
        sku=item.sku,
        type=item.type.value,
        name=item.name,
        description=item.description,
        brand=item.brand,
        category=item.category,
        tags=list(item.tags),
        images=list(item.images),
        gtins=list(item.gtins),
        specifications=dict(item.specifications),
        attributes=dict(item.attributes),
        tax_class=item.tax_class,
        weight=item.weight,
        metadata=dict(item.metadata),
        price=money(item.price) if simple else UNSET,
        stock=view.stock if simple else UNSET,
        variants=[] if simple else [_variant_shape(variant, view) for variant in item.variants],
        status=item.status.value,
        seller_id=item.seller_id,
        version=item.version,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def _variant_shape(variant: CoreVariant, view: ItemView) -> Variant:
    return Variant(
        variant_id=variant.variant_id or "",
        options=dict(variant.options),
        price=money(variant.price),
        stock=view.available(variant.sku_id),
        images=list(variant.images),
        gtins=list(variant.gtins),
        weight=variant.weight,
    )


def _version(if_match: str, seller_id: SellerId, item_id: str, items: Items) -> int:
    """The one version that a change is meant for: where several are named, or any, the present one
    if it is among them.
    """
    named = versions_named(if_match)
    if named is not None and len(named) <= 1:
        return next(iter(named), -1)
    present = items.details(item_id, seller_id).item.version
    return present if named is None or present in named else -1


def _written(view: ItemView, headers: dict[str, str] | None = None) -> Reply:
    return Reply(
        body=item_shape(view),
        headers={"ETag": _etag(view), "X-Search-Token": _token(view), **(headers or {})},
    )


def _etag(view: ItemView) -> str:
    """It covers the item, and whether its forms can be had."""
    return etag_of(view.item.version, view.document_version - view.item.version)


def _token(view: ItemView) -> str:
    return item_token(view.item.id, view.document_version)
