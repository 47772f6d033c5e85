"""From what services answer to what people see, and from what they ask to what services are
asked.
"""

from collections.abc import Mapping
from typing import Any, Final

from commerce_core.accounts import Account
from commerce_core.cart import CartView
from commerce_core.catalog import ItemImport, ItemType, ItemView
from commerce_core.images import ItemImage
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_core.notifications import Notification
from commerce_core.orders import OrderView, SellerOrder
from commerce_core.recommendations import Recommendation
from commerce_core.search import Query, ResultPage, Sort
from commerce_core.wishlist import WishlistView
from commerce_testkit.seen import Picture, SeenNotification, Tip, Wish
from commerce_testkit.shop import (
    Basket,
    BasketLine,
    Form,
    Goods,
    ImportReport,
    OrderDetails,
    Profile,
    SearchHit,
    SearchPage,
    TimelineStep,
)

_DETAILS: Final = (
    "name",
    "sku",
    "description",
    "brand",
    "category",
    "specifications",
    "attributes",
    "metadata",
    "weight",
)
_LISTS: Final = ("tags", "images", "gtins")


def profile(account: Account) -> Profile:
    """An account."""
    return Profile(
        name=account.name,
        role=account.role.value,
        country=account.address.country if account.address else None,
    )


def goods(view: ItemView) -> Goods:
    """An item with its stock."""
    item = view.item
    details: dict[str, Any] = {name: getattr(item, name) for name in _DETAILS}
    details |= {name: list(getattr(item, name)) for name in _LISTS}
    simple = item.type is ItemType.SIMPLE
    forms = () if simple else tuple(
        Form(variant_id=v.variant_id or "", options=v.options, price=v.price,
            stock=view.available(v.sku_id)) for v in item.variants
    )  # fmt: skip
    return Goods(
        item_id=item.id,
        status=item.status.value,
        version=item.version,
        price=item.price if simple else None,
        stock=view.stock if simple else None,
        forms=forms,
        details=details | {"sellerId": item.seller_id},
    )


def picture(image: ItemImage) -> Picture:
    """*image* as a person sees it."""
    return Picture(
        image_id=image.id,
        variant_id=image.variant_id or None,
        status=image.status.value,
        sizes=tuple(shown.size.value for shown in image.renditions),
    )


def import_report(job: ItemImport) -> ImportReport:
    """What became of a file."""
    done = job.progress
    return ImportReport(
        import_id=job.id,
        created=done.created,
        changed=done.changed,
        unchanged=done.unchanged,
        failed=done.failed,
        refused=tuple((error.line, error.pointer) for error in job.errors),
    )


def query(parameters: Mapping[str, str | tuple[str, ...]], currency: str) -> Query:
    """A search by the contract's parameters."""
    many = {name: (text,) if isinstance(text, str) else text for name, text in parameters.items()}
    one = {name: values[0] for name, values in many.items()}

    def price(name: str) -> int | None:
        return Money.parse(one[name], currency).minor if name in one else None

    def named(prefix: str) -> dict[str, tuple[str, ...]]:
        return {n.removeprefix(prefix): v for n, v in many.items() if n.startswith(prefix)}

    return Query(
        term=one.get("term", ""),
        categories=many.get("category", ()),
        brands=many.get("brand", ()),
        seller_id=SellerId(one["seller"]) if "seller" in one else None,
        price_min=price("priceMin"),
        price_max=price("priceMax"),
        in_stock={"true": True, "false": False}.get(one.get("inStock", "")),
        attributes=named("attributes."),
        metadata=named("metadata."),
        sort=Sort(one.get("sort", "relevance")),
        cursor=one.get("cursor"),
        size=int(one.get("size", "20")),
    )


def findings(page: ResultPage) -> SearchPage:
    """A page of a search."""
    hits = tuple(
        SearchHit(
            item_id=h.item_id,
            name=h.name,
            price=h.price,
            in_stock=h.in_stock,
            highlights=h.highlights,
        )
        for h in page.hits
    )
    return SearchPage(
        hits=hits,
        total=page.total,
        categories={value.value: value.count for value in page.facets.categories},
        brands={value.value: value.count for value in page.facets.brands},
        did_you_mean=page.did_you_mean,
        next_cursor=page.next_cursor,
    )


def basket(view: CartView) -> Basket:
    """A cart."""
    lines = tuple(
        BasketLine(
            item_id=shown.line.item_id,
            variant_id=shown.line.variant_id,
            quantity=shown.line.quantity,
            unit_price=shown.unit_price,
            line_total=shown.unit_price * shown.line.quantity,
            problems=tuple(problem.code.value for problem in shown.problems),
            metadata=shown.line.metadata,
        )
        for shown in view.lines
    )
    return Basket(
        cart_id=view.cart.id,
        version=view.cart.version,
        lines=lines,
        total=view.quote.total,
        metadata=view.cart.metadata,
        coupons=dict.fromkeys(view.quote.applied) | {r.code: r.reason for r in view.quote.refused},
    )


def ordered(view: OrderView) -> OrderDetails:
    """An order as its buyer sees it."""
    order, ending = view.order, view.cancellation
    return OrderDetails(
        order_id=order.id,
        status=view.status.value,
        total=order.total,
        lines=tuple((line.item_id, line.quantity) for line in order.lines),
        payment_status=view.payment_status,
        last4=order.handle.last4,
        tracking_number=view.shipment.tracking_number if view.shipment else None,
        address=_address(order.address) if order.address else None,
        metadata=order.metadata,
        line_metadata=tuple(line.metadata for line in order.lines),
        timeline=tuple(
            TimelineStep(seq=entry.seq, what=entry.fact.value, at=entry.at)
            for entry in view.timeline
        ),
        cancelled_because=ending.code if ending else None,
        cart_of_lines=ending.cart_id if ending else None,
    )


def _address(address: Address) -> Mapping[str, Any]:
    return {
        "name": address.name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
    }


def sold(order: SellerOrder) -> OrderDetails:
    """An order as a seller sees it: the own lines."""
    return OrderDetails(
        order_id=order.order_id,
        status=order.status.value,
        total=order.total,
        lines=tuple((line.item_id, line.quantity) for line in order.lines),
        line_metadata=tuple(line.metadata for line in order.lines),
    )


def wish(view: WishlistView) -> Wish:
    """An entry of a wishlist."""
    return Wish(
        item_id=view.entry.key.item_id,
        variant_id=view.entry.key.variant_id,
        price=view.price,
        price_when_added=view.entry.price,
        in_stock=view.in_stock,
        problems=view.problems,
    )


def told_of(n: Notification) -> SeenNotification:
    """A notification of a person."""
    return SeenNotification(
        notification_id=n.id,
        kind=n.kind.value,
        subject=n.subject,
        title=n.title or "",
        is_read=n.read_at is not None,
    )


def tip(found: Recommendation) -> Tip:
    """Something recommended."""
    return Tip(item_id=found.offer.item_id, kind=found.kind.value, because=found.because)
