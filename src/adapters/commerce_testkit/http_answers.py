"""From the JSON of the HTTP contract to what people see."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commerce_core.kernel.money import Money
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

Json = Mapping[str, Any]


def money(data: Json) -> Money:
    """``{"amount": "15.99", "currency": "USD"}``."""
    return Money.parse(data["amount"], data["currency"])


def profile(data: Json) -> Profile:
    """An account."""
    address: Json | None = data.get("address")
    return Profile(
        name=data["name"], role=data["role"], country=address["country"] if address else None
    )


def goods(data: Json) -> Goods:
    """An item."""
    price: Json | None = data.get("price")
    forms = data.get("variants") or ()
    return Goods(
        item_id=data["itemId"],
        status=data["status"],
        version=data["version"],
        price=money(price) if price else None,
        stock=data.get("stock"),
        forms=tuple(_form(form) for form in forms),
        details=data,
    )


def _form(data: Json) -> Form:
    return Form(
        variant_id=data["variantId"],
        options=data["options"],
        price=money(data["price"]),
        stock=data["stock"],
    )


def picture(data: Json) -> Picture:
    """A picture of an item."""
    return Picture(
        image_id=data["imageId"],
        variant_id=data["variantId"],
        status=data["status"],
        sizes=tuple(data["sizes"]),
    )


def import_report(data: Json) -> ImportReport:
    """What became of a file."""
    return ImportReport(
        import_id=data["importId"],
        created=data["created"],
        changed=data["changed"],
        unchanged=data["unchanged"],
        failed=data["failed"],
        refused=tuple((error["line"], error["pointer"]) for error in data["errors"]),
    )


def findings(data: Json) -> SearchPage:
    """A page of a search."""
    hits = tuple(
        SearchHit(
            item_id=hit["itemId"],
            name=hit["name"],
            price=money(hit["price"]),
            in_stock=hit["inStock"],
            highlights=hit["highlights"],
        )
        for hit in data["items"]
    )
    facets = data["facets"]
    return SearchPage(
        hits=hits,
        total=data["total"]["count"],
        categories={value["value"]: value["count"] for value in facets["category"]},
        brands={value["value"]: value["count"] for value in facets["brand"]},
        did_you_mean=data["didYouMean"],
        next_cursor=data["nextCursor"],
    )


def basket(data: Json) -> Basket:
    """A cart."""
    lines = tuple(
        BasketLine(
            item_id=line["itemId"],
            variant_id=line["variantId"],
            quantity=line["quantity"],
            unit_price=money(line["unitPrice"]),
            line_total=money(line["lineTotal"]),
            problems=tuple(problem["code"] for problem in line["problems"]),
            metadata=line["metadata"],
        )
        for line in data["lines"]
    )
    return Basket(
        cart_id=data["cartId"],
        version=data["version"],
        lines=lines,
        total=money(data["total"]),
        metadata=data["metadata"],
        coupons={c["code"]: c["problem"] and c["problem"]["code"] for c in data["coupons"]},
    )


def ordered(data: Json) -> OrderDetails:
    """An order as its buyer or a seller is shown it."""
    payment: Json = data.get("payment") or {}
    shipment: Json = data.get("shipment") or {}
    ending: Json = data.get("cancellation") or {}
    return OrderDetails(
        order_id=data["orderId"],
        status=data["status"],
        total=money(data["total"]),
        lines=tuple((line["itemId"], line["quantity"]) for line in data["lines"]),
        payment_status=payment.get("status"),
        last4=payment.get("last4"),
        tracking_number=shipment.get("trackingNumber"),
        address=data.get("shippingAddress"),
        metadata=data.get("metadata"),
        line_metadata=tuple(line["metadata"] for line in data["lines"]),
        timeline=tuple(
            _timeline_entry(seq, entry) for seq, entry in enumerate(data.get("timeline") or (), 1)
        ),
        cancelled_because=ending.get("code"),
        cart_of_lines=ending.get("cartId"),
    )


def _timeline_entry(seq: int, entry: Json) -> TimelineStep:
    return TimelineStep(seq=seq, what=entry["type"], at=datetime.fromisoformat(entry["at"]))


def wish(data: Json) -> Wish:
    """An entry of a wishlist."""
    return Wish(
        item_id=data["itemId"],
        variant_id=data["variantId"],
        price=money(data["price"]),
        price_when_added=money(data["priceWhenAdded"]),
        in_stock=data["inStock"],
        problems=tuple(problem["code"] for problem in data["problems"]),
    )


def told_of(answer: Json) -> SeenNotification:
    """A notification of a person."""
    return SeenNotification(
        notification_id=answer["notificationId"],
        kind=answer["kind"],
        subject=answer["subject"],
        title=answer["title"],
        is_read=answer["readAt"] is not None,
    )


def tip(data: Json) -> Tip:
    """Something recommended."""
    reason: Json = data["reason"]
    return Tip(item_id=data["itemId"], kind=reason["kind"], because=reason.get("itemId"))
